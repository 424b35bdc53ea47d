/**
 * How a large picture is computed: the encoder's chain cut into stages, the lower ones strip by strip, the last, whose
 * maps are small, at once.
 *
 * Of a stage only the map that comes in is kept; going back, what lies inside is computed again. Cutting before a
 * rectification rather than after it costs nothing again at all, since the gradient of the convolution that ends a
 * stage needs no map. Cuts are chosen to make what is computed again, and what the cuts themselves cost, the least
 * within a budget of kept values. The plan depends on sizes alone, so that a trial continues as it began.
 */
import { composed, type Link, type MapShape, type ReceptiveField } from '../../encoders/links.ts';
import { NeckarError } from '../../errors.ts';
import { type ChainEncoder, type Chained, chainOf, sizeOf } from './chain.ts';
import { cheapestCuts, stripValues } from './cuts.ts';
import { type Output, type Window, windowsOf } from './windows.ts';

/** A layer of a stage; `rows` and `receptiveField` are seen from the map that comes into the stage. */
export interface StageLayer {
  readonly name: string;
  /** Height and width of the layer; channels of the map it is read from. */
  readonly shape: MapShape;
  readonly receptiveField: ReceptiveField;
}

/** Some links on end. */
export interface TiledStage {
  readonly links: readonly Link[];
  readonly input: MapShape;
  /** Whether that is the picture itself. */
  readonly first: boolean;
  /** The wanted layers read off here. */
  readonly layers: readonly StageLayer[];
  /** What is handed on; absent in the last stage. */
  readonly next?: { readonly shape: MapShape; readonly receptiveField: ReceptiveField };
}

/** A stage in strips. */
export interface StripStage extends TiledStage {
  readonly next: { readonly shape: MapShape; readonly receptiveField: ReceptiveField };
  /** Equally high; `own` has a key for every layer, every statistic of several layers, and `next`. */
  readonly windows: readonly Window[];
}

export interface TilingPlan {
  /** The first link of every stage. */
  readonly cuts: readonly number[];
  readonly strips: readonly StripStage[];
  readonly top: TiledStage;
}

/** Layers that one statistic reads together. */
export type LayerGroup = readonly string[];

export interface PlanOptions {
  /** All layers that are read. */
  readonly layers: readonly string[];
  /** Layers that a strip must have together. */
  readonly groups: readonly LayerGroup[];
  /** Layers of losses that need a whole map. */
  readonly whole: readonly string[];
  /** The most rows of a strip; absent: what fits. */
  readonly rows?: number;
  /** Where another picture's plan is cut, to be cut there too. */
  readonly cuts?: readonly number[];
}

/** Values per pixel of the picture that may be kept between stages: VGG's blocks 3 and 4 and two pooled maps. */
const keptPerPixel = 128;
/**
 * Values per pixel of the picture in the maps of the last stage, unless two fifths of all are less: enough for all of
 * VGG from its second pooling on, so that only its first two blocks are computed again.
 */
const topPerPixel = 215;
/** The same when losses that need whole maps ask for more, unless half of all is less. */
const wholePerPixel = 300;

/** Losses that can be tiled at any layer, for messages. */
const additiveLosses = 'content, gram, moments, mmd, bures';

/** The name of a group among a window's outputs. */
export const groupKey = (group: LayerGroup): string => group.join('×');

/**
 * A plan for a picture of the given size.
 *
 * @throws NeckarError when the encoder is no chain, and when strips of `rows` are too low
 */
export function planTiling(
  encoder: ChainEncoder,
  [height, width]: readonly [number, number],
  options: PlanOptions,
): TilingPlan {
  const chain = chainOf(encoder, options.layers, [height, width, 3]);
  const pixels = height * width;
  const linkOf = (layer: string) =>
    chain.findIndex(({ link }) => link.layers.some(({ name }) => name === layer));
  const forbidden = (cut: number): boolean =>
    options.groups.some((group) => {
      const links = group.map(linkOf);
      return Math.min(...links) < cut && cut <= Math.max(...links);
    });
  if (options.cuts !== undefined) return planAt(options.cuts, chain, encoder, options);
  const topValues = (from: number) => chain.slice(from).reduce((sum, { values }) => sum + values, 0);
  let top = Math.min(chain.length - 1, ...options.whole.map(linkOf));
  while (forbidden(top)) top--;
  const mostInTop = Math.min(topPerPixel * pixels, 0.4 * topValues(0));
  for (let cut = top; cut >= 0 && topValues(cut) <= mostInTop; cut--) if (!forbidden(cut)) top = cut;
  if (options.whole.length > 0) checkWhole(chain, top, topValues, options.whole, pixels);
  return planAt(
    cheapestCuts(chain, top, forbidden, keptPerPixel * pixels, options.rows),
    chain,
    encoder,
    options,
  );
}

function planAt(
  cuts: readonly number[],
  chain: readonly Chained[],
  encoder: ChainEncoder,
  options: PlanOptions,
): TilingPlan {
  const top = cuts.at(-1)!;
  const strips = cuts.slice(1).map((end, i) => {
    const stage = stageOf(chain, cuts[i]!, end, options.layers);
    const values = chain
      .slice(cuts[i]!, end)
      .reduce((sum, one) => sum + one.values, sizeOf(chain[end]!.input));
    return inStrips(encoder.name, stage as TiledStage & Pick<StripStage, 'next'>, values, options);
  });
  return { cuts, strips, top: stageOf(chain, top, chain.length, options.layers) };
}

/** @throws NeckarError when what has to be computed at once would not be small */
function checkWhole(
  chain: readonly Chained[],
  top: number,
  topValues: (from: number) => number,
  whole: readonly string[],
  pixels: number,
): void {
  const most = Math.min(wholePerPixel * pixels, topValues(0) / 2);
  if (topValues(top) <= most) return;
  const fitting = chain.findIndex((_, from) => topValues(from) <= most);
  const names = chain.slice(fitting).flatMap(({ link }) => link.layers.map(({ name }) => name));
  throw new NeckarError(
    `tiling: a loss that compares whole maps cannot read ${whole[0]}, from which on too much would have to be kept at once. Losses of sums over positions (${additiveLosses}) can be tiled at any layer, others from ${names[0]} on; choose deeper layers, a smaller size, or set tiling to "off".`,
  );
}

function stageOf(
  chain: readonly Chained[],
  begin: number,
  end: number,
  wanted: readonly string[],
): TiledStage {
  const layers: StageLayer[] = [];
  let receptiveField: ReceptiveField = { stride: 1, above: 0, below: 0 };
  for (const { link, input } of chain.slice(begin, end)) {
    for (const { name, above, below } of link.layers) {
      if (!wanted.includes(name)) continue;
      layers.push({
        name,
        shape: input,
        receptiveField: composed(receptiveField, { stride: 1, above, below }),
      });
    }
    if (link.next !== undefined) receptiveField = composed(receptiveField, link.next);
  }
  const links = chain.slice(begin, end).map(({ link }) => link);
  const next = chain[end];
  return {
    links,
    input: chain[begin]!.input,
    first: begin === 0,
    layers,
    ...(next !== undefined && { next: { shape: next.input, receptiveField } }),
  };
}

function inStrips(
  encoder: string,
  stage: TiledStage & Pick<StripStage, 'next'>,
  values: number,
  { groups, rows }: PlanOptions,
): StripStage {
  const outputs: Output[] = [
    ...stage.layers.map(({ name, shape, receptiveField }) => ({
      key: name,
      rows: shape[0],
      ...receptiveField,
    })),
    ...groups
      .filter(
        (group) => group.length > 1 && group.every((name) => stage.layers.some((one) => one.name === name)),
      )
      .map((group) => together(group, stage)),
    { key: 'next', rows: stage.next.shape[0], ...stage.next.receptiveField },
  ];
  const stride = stage.next.receptiveField.stride;
  const margin = Math.max(...outputs.map(({ above, below }) => above + below));
  const fitting = Math.floor(stripValues / (values / stage.input[0]));
  // Strips of which most is margin would cost more than they save.
  const height = rows ?? Math.max(fitting, 2 * margin + 4 * stride);
  const windows = windowsOf(stage.input[0], stride, height, outputs);
  if (windows === undefined) {
    const names = stage.layers.map(({ name }) => name);
    throw new NeckarError(
      `tiling.rows: strips of ${height} rows are too low for ${encoder}${names.length > 0 ? ` at ${names.join(', ')}` : ''}, where a row sees ${margin} rows around it; give at least ${leastRows(stage.input[0], stride, height, outputs)}.`,
    );
  }
  return { ...stage, windows };
}

function leastRows(rows: number, stride: number, from: number, outputs: readonly Output[]): number {
  let height = from + 1;
  while (windowsOf(rows, stride, height, outputs) === undefined) height++;
  return height;
}

/** Several layers as one output: the rows of the coarsest, with everything that any of them needs. */
function together(group: LayerGroup, stage: TiledStage): Output {
  const layers = group.map((name) => stage.layers.find((one) => one.name === name)!);
  const coarsest = layers.reduce((a, b) => (b.shape[0] < a.shape[0] ? b : a));
  const { stride } = coarsest.receptiveField;
  return {
    key: groupKey(group),
    rows: coarsest.shape[0],
    stride,
    above: Math.max(...layers.map(({ receptiveField }) => receptiveField.above)),
    below: Math.max(
      ...layers.map(({ receptiveField }) => receptiveField.below + stride - receptiveField.stride),
    ),
  };
}
