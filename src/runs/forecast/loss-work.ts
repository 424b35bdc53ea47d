/** The work of each loss in an evaluation, refreshes included, beyond that of the encoder. */
import type { EncoderOutline } from '../../encoders/encoder.ts';
import type {
  ContentSpec,
  GramSpec,
  LayerWeights,
  LossSpec,
  MrfSpec,
  StrotssSpec,
} from '../../losses/spec.ts';
import type { Extent } from './work.ts';

/** What a loss reads. */
interface Seen {
  readonly shapeOf: EncoderOutline['shapeOf'];
  readonly picture: Extent;
  readonly styles: readonly Extent[];
}

/** Going through a map's values there and back, in operations a value: some 1.5 ns where a core does 250 GFLOP/s. */
const perValue = 700;
/** Counting into bins, and sorting. */
const perCounted = 12_000;
const perSorted = 25_000;
/** A sine or a cosine with its gradient. */
const perWave = 2500;

/** Operations of one evaluation's value and gradient; what is refreshed every k-th evaluation counts one k-th. */
export function lossWork(loss: LossSpec, seen: Seen): number {
  const toward = seen.styles.length;
  switch (loss.type) {
    case 'content':
      return contentWork(loss, seen);
    case 'gram':
      return toward * gramWork(loss, seen);
    case 'moments':
      return toward * (values(loss.layers, seen) * perValue + secondMoments(loss.covariance, seen));
    case 'bures':
      return toward * (secondMoments(loss.layers, seen) + roots(loss.layers, loss.iterations, seen));
    case 'correlations':
      return toward * correlationsWork(loss, seen);
    case 'mmd':
      if (loss.kernel === 'linear') return toward * values(loss.layers, seen) * perValue;
      if (loss.kernel === 'polynomial') return toward * secondMoments(loss.layers, seen);
      return toward * projections(loss.layers, () => loss.frequencies, perWave, seen);
    case 'sliced-wasserstein':
      return (
        toward *
        projections(
          loss.layers,
          (channels) => (loss.directions === 'channels' ? channels : loss.directions),
          perValue + perSorted / loss.refreshEvery,
          seen,
        )
      );
    case 'histogram':
      return toward * values(loss.layers, seen) * (perValue + perCounted / loss.refreshEvery);
    case 'mrf':
      return mrfWork(loss, seen);
    case 'fused':
      return (
        contentWork(loss.content, seen) + toward * gramWork(loss.global, seen) + mrfWork(loss.local, seen)
      );
    case 'strotss':
      return toward * strotssWork(loss, seen);
    case 'activation':
      return values(loss.layers, seen) * perValue;
    case 'laplacian':
      return 3 * loss.pools.length * perValue * seen.picture[0] * seen.picture[1];
    case 'variation':
      return 3 * perValue * seen.picture[0] * seen.picture[1];
  }
}

interface Map {
  readonly positions: number;
  readonly channels: number;
}

function maps(layers: LayerWeights, { shapeOf, picture }: Seen): Map[] {
  return Object.entries(layers)
    .filter(([, weight]) => weight > 0)
    .map(([layer]) => {
      const [rows, columns, channels] = shapeOf(layer, ...picture);
      return { positions: rows * columns, channels };
    });
}

function sumOver(layers: LayerWeights, seen: Seen, work: (map: Map) => number): number {
  return maps(layers, seen).reduce((sum, map) => sum + work(map), 0);
}

function values(layers: LayerWeights, seen: Seen): number {
  return sumOver(layers, seen, ({ positions, channels }) => positions * channels);
}

function contentWork({ layers }: Pick<ContentSpec, 'layers'>, seen: Seen): number {
  return (values(layers, seen) * perValue) / 4;
}

/** FᵀF, and F times a matrix going back: 2·N²·M each. */
function secondMoments(layers: LayerWeights, seen: Seen): number {
  return sumOver(layers, seen, ({ positions, channels }) => positions * channels * (4 * channels + perValue));
}

function gramWork({ layers, cross }: Pick<GramSpec, 'layers' | 'cross'>, seen: Seen): number {
  const pairs = cross.map(([a, b]) => {
    const [first, second] = maps({ [a]: 1, [b]: 1 }, seen) as [Map, Map];
    const positions = Math.min(first.positions, second.positions);
    // Going back each of the two maps has a gradient.
    return positions * (6 * first.channels * second.channels + (first.channels + second.channels) * perValue);
  });
  return secondMoments(layers, seen) + pairs.reduce((sum, work) => sum + work, 0);
}

/** A matrix's square root by Newton and Schulz: three products in each step, and twice as many going back. */
function roots(layers: LayerWeights, iterations: number, seen: Seen): number {
  return sumOver(layers, seen, ({ channels }) => 3 * 3 * 2 * channels ** 3 * iterations);
}

/** Shifts of one map downwards and across, each with a Gram matrix of two different maps. */
function correlationsWork(
  { layers, shifts }: Extract<LossSpec, { type: 'correlations' }>,
  seen: Seen,
): number {
  const count = (positions: number): number => {
    if (shifts === 'long') return 2;
    if (shifts === 'dense') return 12;
    return shifts === 'octaves' ? Math.max(1, Math.floor(Math.log2(positions) / 2)) : shifts.length;
  };
  return sumOver(
    layers,
    seen,
    ({ positions, channels }) =>
      2 * count(positions) * positions * (6 * channels ** 2 + 2 * channels * perValue),
  );
}

/** Features times some directions, something done to each product, and the way back. */
function projections(
  layers: LayerWeights,
  countOf: (channels: number) => number,
  perProduct: number,
  seen: Seen,
): number {
  return sumOver(
    layers,
    seen,
    ({ positions, channels }) => positions * countOf(channels) * (4 * channels + perProduct),
  );
}

/** Each patch of the picture against each of the styles and their copies, when matches are due. */
function mrfWork(loss: Omit<MrfSpec, 'type' | 'name'>, seen: Seen): number {
  const copies = 1 + loss.rotations.length + loss.scales.length;
  const ofStyles = seen.styles.map((picture) => maps(loss.layers, { ...seen, picture }));
  const matching = maps(loss.layers, seen).reduce((sum, { positions, channels }, layer) => {
    const patches = positions / loss.stride ** 2;
    const offered = ofStyles.reduce((all, own) => all + own[layer]!.positions, 0) / loss.styleStride ** 2;
    return sum + 2 * patches * offered * copies * channels * loss.patch ** 2;
  }, 0);
  return values(loss.layers, seen) * perValue + matching / loss.refreshEvery;
}

/** Distances among samples: of the picture's to the style's and to each other. */
function strotssWork({ layers, samples }: Pick<StrotssSpec, 'layers' | 'samples'>, seen: Seen): number {
  const columns = maps(layers, seen).reduce((sum, { channels }) => sum + channels, 0);
  const drawn = Math.min(samples, seen.picture[0] * seen.picture[1]);
  return 2 * drawn ** 2 * (18 * columns + perValue / 10) + values(layers, seen) * (perValue / 2);
}
