/** Charts to SVG and CSV, without a browser and without a canvas: Vega then estimates the width of text. */
import type { Loader, Spec } from 'vega';
import type { TopLevelSpec } from 'vega-lite';
import { escapeHtml } from '../page/html.ts';
import type { Panel, Row } from './chart.ts';
import { config, faint, ground, ink, palette, rule } from './theme.ts';

/**
 * The panel as a file of its own: with its title and legend, in fixed colours, and with its description for who does not
 * see it. There is no page around it that a mark could lead into.
 */
export async function standaloneSvg(panel: Panel): Promise<string> {
  const svg = silent(lighter(await toSvg(withTitle(panel))))
    .replaceAll(/<\/?a(?: [^>]*)?>/g, '')
    .replaceAll(/ (?:cursor|pointer-events|class)="[^"]*"/g, '');
  const fonts = new Set(svg.match(/ font-family="[^"]*"/g));
  const font = fonts.size === 1 ? [...fonts][0]! : '';
  return svg
    .replaceAll(font, '')
    .replace(/^<svg /, () => `<svg role="img" aria-label="${escapeHtml(panel.description)}"${font} `);
}

/** The Vega specification a panel's own file is drawn from. */
export function compiled(panel: Panel): Promise<Spec> {
  return compile(withTitle(panel));
}

/**
 * The panel as part of a page, which writes its title and legend itself: scaffolding and series colours are the
 * page's CSS variables, so that they follow its theme, and the size is left to it.
 */
export async function inlineSvg(panel: Panel): Promise<string> {
  const spec = { ...withoutLegends(panel.spec), config: { ...config, background: null } };
  const svg = await toSvg(spec as unknown as TopLevelSpec);
  return (
    silent(lighter(svg))
      .replace(/<svg [^>]*viewBox="([^"]*)"[^>]*>/, '<svg viewBox="$1">')
      // A reader who hears the page hears the panel's description instead, and finds every link in the table of scores.
      .replaceAll('<a ', '<a tabindex="-1" ')
      .replace(/^<svg /, '<svg aria-hidden="true" focusable="false" ')
      .replaceAll(/"(#[0-9a-f]{6})"/gi, (whole, color: string) => {
        const variable = variables.get(color.toLowerCase());
        return variable === undefined ? whole : `"var(${variable})"`;
      })
  );
}

/** Without what Vega says of every mark and axis: of hundreds of marks nobody would listen to it. */
function silent(svg: string): string {
  return svg.replaceAll(/<[a-z][^>]*>/g, (tag) => tag.replaceAll(/ (role|aria-[a-z]+)="[^"]*"/g, ''));
}

/** Without what is never seen, and to a tenth of a unit: of thousands of trials, megabytes that say nothing. */
function lighter(svg: string): string {
  return svg
    .replaceAll(/<path class="foreground"[^>]* display="none"\/>/g, '')
    .replaceAll(/<path class="background"(?![^>]* (?:fill|stroke)=)[^>]*\/>/g, '')
    .replaceAll(/ opacity="1"| stroke-dasharray="1,0"/g, '')
    .replaceAll(
      / (d|transform)="([^"]*)"/g,
      (_, name: string, numbers: string) => ` ${name}="${numbers.replaceAll(/\d+\.\d+/g, tenths)}"`,
    );
}

function tenths(written: string): string {
  return String(Math.round(10 * Number(written)) / 10);
}

/** The specification with every encoding's legend switched off. */
function withoutLegends(spec: object): object {
  const entries = Object.entries(spec).map(([key, value]) => {
    if (key === 'layer') return [key, (value as object[]).map(withoutLegends)];
    if (key !== 'encoding') return [key, value];
    const channels = Object.entries(value as Record<string, object>).map(([channel, definition]) => [
      channel,
      legendChannels.has(channel) ? { ...definition, legend: null } : definition,
    ]);
    return [key, Object.fromEntries(channels)];
  });
  return Object.fromEntries(entries);
}

const legendChannels = new Set(['color', 'fill', 'shape', 'strokeDash']);

const variables = new Map<string, string>([
  [ink, '--ink'],
  [faint, '--faint'],
  [rule, '--rule'],
  [ground, '--ground'],
  ...palette.map((color, i) => [color, `--series-${i}`] as const),
]);

function withTitle({ title, subtitle, spec }: Panel): TopLevelSpec {
  return {
    ...spec,
    title: subtitle === undefined ? title : { text: title, subtitle },
    config,
  } as TopLevelSpec;
}

/** Vega waits for an optional canvas while it loads, and what waits cannot be required: it is loaded for a chart only. */
async function compile(spec: TopLevelSpec): Promise<Spec> {
  const { compile } = await import('vega-lite');
  return compile(spec).spec;
}

async function toSvg(spec: TopLevelSpec): Promise<string> {
  const vega = await import('vega');
  const loader = { ...vega.loader(), ...nothingLoaded };
  const view = new vega.View(vega.parse(await compile(spec)), { renderer: 'none', loader });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** Nothing is ever loaded; links are only ever to a place on the page. */
const nothingLoaded: Pick<Loader, 'load' | 'sanitize'> = {
  load: async () => {
    throw new Error('A chart may load nothing.');
  },
  sanitize: async (uri) => (/^#[\w-]+$/.test(uri) ? { href: uri } : { href: '#' }),
};

/** RFC 4180: a header of all keys, quoted where it must be, lines ended by CRLF. */
export function toCsv(rows: readonly Row[]): string {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [keys, ...rows.map((row) => keys.map((key) => row[key] ?? ''))];
  return lines.map((line) => `${line.map(field).join(',')}\r\n`).join('');
}

function field(value: string | number | boolean): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
