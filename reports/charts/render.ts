/** Charts to SVG, without a browser and without a canvas: Vega then estimates the width of text. */
import type { Loader, Spec, View } from 'vega';
import type { TopLevelSpec } from 'vega-lite';
import { escapeHtml } from '../../src/platform/html.ts';
import type { Panel } from './chart.ts';
import { config, faint, ground, ink, palette, rule } from './theme.ts';

/**
 * The panel as a file of its own: with its title and legend, in fixed colours, and with its description for who does not
 * see it. There is no page around it that a mark could lead into.
 */
export async function standaloneSvg(panel: Panel): Promise<string> {
  const svg = silent(lighter((await drawn(await compiled(panel))).svg))
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
  const spec = { ...withValues(withoutLegends(panel.spec)), config: { ...config, background: null } };
  const { svg, scales } = await drawn(await compile(spec as unknown as TopLevelSpec));
  return (
    silent(valuesKept(lighter(svg)))
      .replace(/<svg [^>]*viewBox="([^"]*)"[^>]*>/, (_, box: string) => `<svg viewBox="${box}"${scales}>`)
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

/** The drawing, and its continuous scales as attributes, by which a place on it is read as a number. */
async function drawn(spec: Spec): Promise<{ svg: string; scales: string }> {
  const vega = await import('vega');
  const loader = { ...vega.loader(), ...nothingLoaded };
  const view = new vega.View(vega.parse(spec), { renderer: 'none', loader });
  try {
    const svg = await view.toSVG();
    return { svg, scales: scaleAttribute(view, 'x') + scaleAttribute(view, 'y') };
  } finally {
    view.finalize();
  }
}

/** ` data-x="log 1 80 0 290"`: the type, the domain's ends, the range's ends; empty where no number is read off. */
function scaleAttribute(view: View, name: 'x' | 'y'): string {
  let scale: { type?: string; domain?(): unknown[]; range?(): unknown[] };
  try {
    scale = view.scale(name) as typeof scale;
  } catch {
    // Vega refuses to give a scale that the chart has not.
    return '';
  }
  if (scale.type !== 'linear' && scale.type !== 'log') return '';
  const [domain, range] = [scale.domain!(), scale.range!()];
  return ` data-${name}="${[scale.type, domain[0], domain.at(-1), range[0], range.at(-1)].join(' ')}"`;
}

/** The specification with every mark that leads somewhere saying what it is worth, by its quantities along x and y. */
function withValues(spec: object, inherited: object = {}): object {
  const { layer, mark, encoding: own = {} } = spec as Unit;
  const encoding = { ...inherited, ...own } as Record<string, Channel>;
  if (layer !== undefined) return { ...spec, layer: layer.map((one) => withValues(one, encoding)) };
  const type = typeof mark === 'object' ? (mark as { type: string }).type : mark;
  if (encoding.href === undefined || type === 'line' || type === 'area') return spec;
  const fields = (['x', 'y'] as const).flatMap((axis) => {
    const { type: kind, field, aggregate } = encoding[axis] ?? {};
    return kind === 'quantitative' && field !== undefined
      ? [aggregate === undefined ? field : `${aggregate}_${field}`]
      : [];
  });
  if (fields.length === 0) return spec;
  const said = fields.map((field) => `format(datum[${JSON.stringify(field)}], '.3~g')`).join(" + ', ' + ");
  return { ...spec, mark: { ...(typeof mark === 'object' ? mark : { type }), description: { expr: said } } };
}

interface Channel {
  readonly type?: string;
  readonly field?: string;
  readonly aggregate?: string;
}

interface Unit {
  readonly layer?: readonly object[];
  readonly mark?: string | object;
  readonly encoding?: object;
}

/** Vega writes a mark's description as its label; what stays of it is the value, for the script. */
function valuesKept(svg: string): string {
  return svg.replaceAll(/(<path\b[^>]*?) aria-label="([^"]*)"/g, (whole, before: string, said: string) =>
    /^[−\d.,e+\s-]+$/.test(said) ? `${before} data-value="${said}"` : whole,
  );
}

/** Nothing is ever loaded; links are only ever to a place on the page. */
const nothingLoaded: Pick<Loader, 'load' | 'sanitize'> = {
  load: async () => {
    throw new Error('A chart may load nothing.');
  },
  sanitize: async (uri) => (/^#[\w-]+$/.test(uri) ? { href: uri } : { href: '#' }),
};
