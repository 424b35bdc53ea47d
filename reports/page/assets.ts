/** The page's style and script, read from the files beside this one. */
import { readFile } from 'node:fs/promises';

/** In the order of their dependence; figures are laid out by what the command line lays them out by, too. */
const scripts = [
  'dom.js',
  'address.js',
  'theme.js',
  'table.js',
  'grid.js',
  'extremes.js',
  'pickers.js',
  'hover-card.js',
  'shown-value.js',
  'charts.js',
  'trade-off.js',
  'pan-zoom.js',
  'scrubber.js',
  'viewer-items.js',
  'viewer-controls.js',
  'viewer-address.js',
  'viewer.js',
  '../../figure/layout.js',
  '../../figure/pdf.js',
  '../../figure/latex.js',
  'zip.js',
  'figure-files.js',
  'figure.js',
  'main.js',
];
/** The last are for paper, and win over all others there. */
const styles = [
  'page.css',
  'grid.css',
  'charts.css',
  'evidence.css',
  'people.css',
  'trade-off.css',
  'extremes.css',
  'figure.css',
  'narrow.css',
  'viewer.css',
  'print.css',
];

/**
 * One script of the client's modules. A page opened from disk may not import modules, so they are joined: their
 * imports are dropped, and everything is in one function's scope. No two may therefore declare one name.
 */
export async function clientScript(): Promise<string> {
  const sources = await Promise.all(scripts.map((name) => read(`client/${name}`)));
  const body = sources.map((source) =>
    source.replace(/^import\s[^;]*;\n/gm, '').replace(/^export\s+(?=(async\s+)?function|const)/gm, ''),
  );
  return `(() => {\n'use strict';\n${body.join('\n')}})();\n`;
}

export async function styleSheet(): Promise<string> {
  return (await Promise.all(styles.map((name) => read(`styles/${name}`)))).join('\n');
}

function read(name: string): Promise<string> {
  return readFile(new URL(name, import.meta.url), 'utf8');
}
