/** The page's style and script, from the files beside this one. */
import { readFile } from 'node:fs/promises';
import { browserScript } from '../../src/platform/browser-script.ts';
import { pageStyle } from '../../src/platform/page-style.ts';

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
  'board.css',
  'narrow.css',
  'viewer.css',
  'print.css',
];

/** @param page - `main`: of a report; `board`: of a benchmark's board */
export function clientScript(page: 'main' | 'board' = 'main'): Promise<string> {
  return browserScript(import.meta.url, `./client/${page}`);
}

export async function styleSheet(): Promise<string> {
  return (await Promise.all([pageStyle(), ...styles.map((name) => read(`styles/${name}`))])).join('\n');
}

function read(name: string): Promise<string> {
  return readFile(new URL(name, import.meta.url), 'utf8');
}
