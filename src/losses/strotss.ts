/**
 * Style transfer by relaxed optimal transport and self-similarity (Kolkin, Salavon & Shakhnarovich, CVPR 2019). At n
 * seeded pixels of the picture the features of all layers, each times its layer weight, are joined to hyper-columns
 * X [n,d]; S [m,d] are those at m pixels of the style, C [n,d] the content's at the picture's pixels. With the cosine
 * distance c(x,s) = 1 − ⟨x,s⟩/(‖x‖‖s‖):
 *
 * - `<name>.content`, self-similarity: (1/n) Σ_ij |D_ij/Σ_i D_ij − D'_ij/Σ_i D'_ij| with D = c(X_i,X_j) and
 *   D' = c(C_i,C_j); its weight is α/(α + 2).
 * - `<name>.style`: ℓ_r + ℓ_m + ℓ_p/max(α, 1); its weight is 1/(α + 2).
 *   - ℓ_r, the relaxed earth mover's distance: max((1/n) Σ_i min_j c(X_i,S_j), (1/m) Σ_j min_i c(X_i,S_j)).
 *   - ℓ_m: mean |μ − μ_S| + mean |Σ − Σ_S|, means and covariances of the hyper-columns, over their entries.
 *   - ℓ_p, the palette: the relaxed earth mover's distance of the pixels' own colours, between which the distance is
 *     the root of the mean squared difference. The program decorrelates R, G and B first, by a matrix whose rows are
 *     orthonormal (utils.py, `C`), so that distances are those of R, G and B themselves.
 *
 * Weights and normalisation are those of the authors' program (α is its content weight). It differs from this in
 * that it adds the cosine distance to the colours' and has the pixels themselves as the hyper-columns' first layer.
 *
 * - `kolkin`: as above; ℓ_m depends on the scale of the encoder's features. The program optimises a Laplacian
 *   pyramid, in which no pixel moves alone; single pixels may stand out where pixels themselves are optimised.
 * - `relative`: ℓ_m over the style's own mean |μ_S| and mean |Σ_S|, each part over its own; the palette is that of
 *   both pictures at half their size (means of 2×2 pixels, read linearly in between).
 *
 * Hyper-columns of a content or style of one colour are rounding, whose directions mean nothing: below the encoder's
 * least energy self-similarity and ℓ_r count for as much less as there is less energy, and ℓ_m is relative to that energy.
 *
 * Pixels are drawn anew, and all nearest neighbours found anew, at every `refreshEvery`-th evaluation (the program:
 * at every one). In between both are held, and the minima with them. Where a picture has no more than `samples` pixels, all
 * are read. In a region (sec. 3.3 of the paper) pixels are drawn within it, `samples` times its share of the picture.
 */
import { z } from 'zod';
import { type NamedTensors, tf } from '../tensor.ts';
import { defineLoss, type OptionsOf, type SpecOf, unitsOf } from './define.ts';
import { leastStyleEnergyOf } from './flat-style.ts';
import type { LossContext, LossTerm, Reference } from './loss.ts';
import {
  activeLayers,
  conventionOption,
  type EncoderLayers,
  layerOptions,
  refreshOption,
  resolveLayered,
} from './options.ts';
import { pixelsOf, type Region, type RegionPair } from './region.ts';
import {
  type Corners,
  cornersIn,
  drawAmong,
  drawPositions,
  type Positions,
  positionsAt,
  readAllAt,
  readAt,
} from './sampling.ts';
import {
  asMatrix,
  inverseOf,
  leastEnergyOf,
  leastNorm,
  matrixCovariance,
  poolTo,
  rowProducts,
  squaredNorm,
} from './statistics.ts';
import { heldBeside, once } from './together.ts';
import { mapsOf, perValue, type Seen, valuesIn } from './work.ts';

/** The fewest pixels that are read of a region, if it and `samples` have as many: its covariances are of so many. */
const fewestSamples = 128;

const strotssOptions = {
  layers: layerOptions
    .optional()
    .describe("Layers of the hyper-columns, each times its weight. Default: the encoder's style layers."),
  convention: conventionOption({
    kolkin: 'moments and pixels as they are',
    relative: 'over the style’s own, at half the size',
  }),
  alpha: z
    .number()
    .nonnegative()
    .optional()
    .describe('α, how much the content counts against the style’s 2. Default 1.'),
  samples: z.int().min(2).max(8192).optional().describe('Pixels read of each picture. Default 1024.'),
  seed: z.int().optional().describe('Seed of the pixels. Default 0.'),
  refreshEvery: refreshOption('drawings of pixels', 10),
};

/** Fills in every default: `relative`, the encoder's style layers, α 1, 1024 pixels, seed 0, drawn anew every 10 evaluations. */
function resolveStrotss(written: OptionsOf<typeof strotssOptions>, encoder: EncoderLayers, path: string) {
  return {
    ...resolveLayered(written, 'style', encoder, path),
    alpha: written.alpha ?? 1,
    samples: written.samples ?? 1024,
    seed: written.seed ?? 0,
    refreshEvery: written.refreshEvery ?? 10,
  };
}

export type StrotssSpec = SpecOf<'strotss', typeof resolveStrotss>;

/** The terms `<name>.content` and `<name>.style`; see the file's head for their values. */
export function prepareStrotss(spec: StrotssSpec, context: LossContext): LossTerm[] {
  const layers = activeLayers(spec.layers);
  const [height, width] = context.size;
  const positions = drawn(spec, context.size, 'picture', context.region?.picture);
  const common = {
    convention: spec.convention,
    layers,
    refreshEvery: spec.refreshEvery,
    redraws: !positions.complete,
  };
  /** The least energy of a hyper-column. */
  const leastColumn = layers.reduce((sum, layer) => {
    const [, , channels] = context.encoder.shapeOf(layer, ...context.size);
    return sum + spec.layers[layer]! ** 2 * leastEnergyOf(context.encoder, channels);
  }, 0);
  /** A tenth of that in amplitude: hyper-columns are no shorter. */
  const shortest = leastColumn / 100;
  const heldCorners = (round: tf.Scalar, current: Reference): NamedTensors =>
    cornersOf(layers, current.features, positionsAt(positions, round), [height, width]);

  // Both terms read the same pixels: their features are gathered, and their gradient scattered, once.
  const read = new WeakMap<Reference, tf.Tensor2D>();
  const columnsOf = (current: Reference, held: NamedTensors): tf.Tensor2D => {
    let columns = read.get(current);
    if (columns === undefined) {
      columns = hyperColumns(spec, layers, current.features, held, context.region);
      read.set(current, columns);
    }
    return columns;
  };

  const content: LossTerm = {
    ...common,
    name: `${spec.name}.content`,
    weight: (spec.weight * spec.alpha) / (spec.alpha + 2),
    targets: (references) =>
      Object.fromEntries(layers.map((layer) => [layer, references.content.features[layer]!])),
    refresh: (current, targets, round) => {
      const held = heldCorners(round, current);
      const columns = hyperColumns(spec, layers, targets as Reference['features'], held);
      return {
        ...held,
        similarity: selfSimilarity(columns, shortest),
        presence: presenceOf(columns, leastColumn),
      };
    },
    value: (current, _targets, held) => {
      const own = selfSimilarity(columnsOf(current, held), shortest);
      const distance = tf.mul(tf.sum(tf.abs(tf.sub(own, held.similarity!))), 1 / own.shape[0]);
      return tf.mul(distance, held.presence!) as tf.Scalar;
    },
  };

  const style: LossTerm = {
    ...common,
    toward: 'style',
    name: `${spec.name}.style`,
    weight: spec.weight / (spec.alpha + 2),
    targets: (references) => {
      const [styleHeight, styleWidth] = context.styleSize;
      const stylePositions = drawn(spec, context.styleSize, 'style', context.region?.style);
      const places = positionsAt(stylePositions, tf.scalar(0));
      const size = [styleHeight, styleWidth] as const;
      const corners = cornersOf(layers, references.style.features, places, size);
      const palette = paletteOf(spec, references.style.image);
      const columns = hyperColumns(spec, layers, references.style.features, corners);
      const mean = tf.mean(columns, 0, true);
      const spread = matrixCovariance(columns);
      const targets: NamedTensors = {
        units: unitRows(columns, shortest),
        presence: presenceOf(columns, leastColumn),
        mean,
        covariance: spread,
        colors: colorsAt(palette, cornersIn(places, size, sizeOf(palette))),
      };
      if (spec.convention === 'relative') {
        const least = leastStyleEnergyOf(context.encoder, mean.size) / mean.size;
        targets.meanFactor = inverseOf(tf.mean(tf.abs(mean)), Math.sqrt(least));
        targets.covarianceFactor = inverseOf(tf.mean(tf.abs(spread)), least / Math.sqrt(mean.size));
      }
      return targets;
    },
    refresh: (current, targets, round) => {
      const held = heldCorners(round, current);
      const palette = paletteOf(spec, current.image);
      const pixels = cornersIn(positionsAt(positions, round), [height, width], sizeOf(palette));
      const columns = unitRows(hyperColumns(spec, layers, current.features, held), shortest);
      const colors = colorsAt(palette, pixels);
      const matches = nearest(columns, targets.units as tf.Tensor2D);
      const colorMatches = nearest(colors, targets.colors as tf.Tensor2D);
      return {
        ...held,
        'palette/indices': pixels.indices,
        'palette/shares': pixels.shares,
        styleOf: matches.first,
        pictureOf: matches.second,
        styleColorOf: colorMatches.first,
        pictureColorOf: colorMatches.second,
      };
    },
    value: (current, targets, held) => {
      const columns = columnsOf(current, held);
      const units = unitRows(columns, shortest);
      const apart = (own: tf.Tensor, other: tf.Tensor) =>
        tf.sub(1, tf.mul(tf.sum(tf.mul(own, other)), 1 / own.shape[0]!));
      const transport = tf.maximum(
        apart(units, tf.gather(targets.units!, held.styleOf as tf.Tensor1D)),
        apart(tf.gather(units, held.pictureOf as tf.Tensor1D), targets.units!),
      );
      const colors = valuesAt(paletteOf(spec, current.image), 'palette', held, context.region);
      const palette = tf.maximum(
        meanColorDistance(colors, tf.gather(targets.colors!, held.styleColorOf as tf.Tensor1D)),
        meanColorDistance(tf.gather(colors, held.pictureColorOf as tf.Tensor1D), targets.colors!),
      );
      const meanAbsolute = (a: tf.Tensor, b: tf.Tensor, factor?: tf.Tensor) => {
        const mean = tf.mean(tf.abs(tf.sub(a, b)));
        return factor === undefined ? mean : tf.mul(mean, factor);
      };
      const seen = tf.mul(transport, targets.presence!);
      const moments = tf.add(
        meanAbsolute(tf.mean(columns, 0, true), targets.mean!, targets.meanFactor),
        meanAbsolute(matrixCovariance(columns), targets.covariance!, targets.covarianceFactor),
      );
      const share = 1 / Math.max(spec.alpha, 1);
      return tf.add(tf.add(seen, moments), tf.mul(palette, share)) as tf.Scalar;
    },
  };
  return [content, style];
}

/**
 * How far hyper-columns [n,d] are more than rounding: their mean energy over the least, at most 1. The directions of
 * those of one colour mean nothing.
 */
function presenceOf(columns: tf.Tensor2D, least: number): tf.Tensor {
  if (least === 0) return tf.scalar(1);
  return tf.minimum(tf.mul(squaredNorm(columns), 1 / (columns.shape[0] * least)), 1);
}

/** The pixels of a picture, or of a region of it, that are read; a region's are its share of them. */
function drawn(
  { samples, seed }: StrotssSpec,
  [height, width]: readonly [number, number],
  whose: 'picture' | 'style',
  region?: Region,
): Positions {
  if (region === undefined) return drawPositions(height, width, samples, seed, 'strotss', whose);
  const count = Math.min(samples, Math.max(fewestSamples, Math.round(samples * region.share)));
  return drawAmong(pixelsOf(region.at(height, width)), width, count, seed, 'strotss', whose);
}

/** Corners of positions in the maps of all layers, as `<layer>/indices` and `<layer>/shares`. */
function cornersOf(
  layers: readonly string[],
  features: Reference['features'],
  places: ReturnType<typeof positionsAt>,
  picture: readonly [number, number],
): NamedTensors {
  const held: NamedTensors = {};
  for (const layer of layers) {
    const corners = cornersIn(places, picture, sizeOf(features[layer]!));
    held[`${layer}/indices`] = corners.indices;
    held[`${layer}/shares`] = corners.shares;
  }
  return held;
}

function cornersNamed(held: NamedTensors, name: string): Corners {
  return { indices: held[`${name}/indices`], shares: held[`${name}/shares`] } as Corners;
}

/** The values of a map at the positions held under a name; those of all regions that are read together, in one go. */
function valuesAt(map: tf.Tensor4D, name: string, held: NamedTensors, region?: RegionPair): tf.Tensor2D {
  const beside = heldBeside(region);
  if (beside === undefined) return readAt(asMatrix(map), cornersNamed(held, name));
  const values = once(map, `held ${name}`, () => {
    // A layer at which a region is too small is not read of it.
    const readers = [...beside.keys()].filter((reader) => `${name}/indices` in beside.get(reader)!);
    const lists = readers.map((reader) => cornersNamed(beside.get(reader)!, name));
    const read = readAllAt(asMatrix(map), lists);
    return new Map(readers.map((reader, i) => [reader, read[i]!]));
  });
  return values.get(region!)!;
}

/** Features of all layers at positions whose corners are held as `<layer>/indices` and `<layer>/shares`, [n,d]. */
function hyperColumns(
  spec: StrotssSpec,
  layers: readonly string[],
  features: Reference['features'],
  held: NamedTensors,
  region?: RegionPair,
): tf.Tensor2D {
  const parts = layers.map((layer) => {
    const values = valuesAt(features[layer]!, layer, held, region);
    return spec.layers[layer] === 1 ? values : tf.mul(values, spec.layers[layer]!);
  });
  return (parts.length === 1 ? parts[0]! : tf.concat(parts, 1)) as tf.Tensor2D;
}

/**
 * Rows made unit length; a zero row stays zero, and one of less energy than `least` is shorter. Its gradient would be
 * beyond all measure, and no picture that is one colour could be left.
 */
function unitRows(matrix: tf.Tensor2D, least: number): tf.Tensor2D {
  const energies = tf.add(tf.sum(tf.mul(matrix, matrix), 1, true), leastNorm);
  return tf.div(matrix, tf.sqrt(least > 0 ? tf.maximum(energies, least) : energies));
}

/** Cosine distances between all rows, each over the sum of its column, [n,n]. */
function selfSimilarity(columns: tf.Tensor2D, least: number): tf.Tensor2D {
  const distances = tf.sub(1, rowProducts(unitRows(columns, least)));
  return tf.div(distances, tf.maximum(tf.sum(distances, 0, true), 1e-6));
}

/**
 * For each row of a [n,d] the nearest row of b [m,d], int32 [n] (`first`), and for each row of b that of a, int32 [m]
 * (`second`), by Euclidean distance, which for unit rows is the order of the cosine.
 */
function nearest(a: tf.Tensor2D, b: tf.Tensor2D): { first: tf.Tensor1D; second: tf.Tensor1D } {
  const products = tf.matMul(a, b, false, true);
  const half = (matrix: tf.Tensor2D) => tf.mul(tf.sum(tf.mul(matrix, matrix), 1), 0.5);
  return {
    first: tf.argMax(tf.sub(products, tf.reshape(half(b), [1, -1])), 1) as tf.Tensor1D,
    second: tf.argMax(tf.sub(products, tf.reshape(half(a), [-1, 1])), 0) as tf.Tensor1D,
  };
}

/** The picture whose colours are compared. */
function paletteOf(spec: StrotssSpec, image: tf.Tensor4D): tf.Tensor4D {
  if (spec.convention === 'kolkin') return image;
  const half = (extent: number) => Math.max(1, Math.floor(extent / 2));
  return poolTo(image, half(image.shape[1]), half(image.shape[2]));
}

function colorsAt(palette: tf.Tensor4D, corners: Corners): tf.Tensor2D {
  return readAt(asMatrix(palette), corners);
}

function sizeOf({ shape }: tf.Tensor4D): [number, number] {
  return [shape[1], shape[2]];
}

/** Mean over rows of the root of the mean squared difference; the root is rounded off below 1e-4. */
function meanColorDistance(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const difference = tf.sub(a, b);
  return tf.mean(tf.sqrt(tf.add(tf.mean(tf.mul(difference, difference), 1), 1e-8)));
}

/** Distances among samples: of the picture's to the style's and to each other. */
function strotssWork({ layers, samples }: Pick<StrotssSpec, 'layers' | 'samples'>, seen: Seen): number {
  const columns = mapsOf(layers, seen).reduce((sum, { channels }) => sum + channels, 0);
  const drawn = Math.min(samples, seen.picture[0] * seen.picture[1]);
  return 2 * drawn ** 2 * (18 * columns + perValue / 10) + valuesIn(layers, seen) * (perValue / 2);
}

export const strotss = defineLoss({
  type: 'strotss',
  description:
    'Relaxed earth mover’s distance of hyper-columns with self-similarity of the content (Kolkin et al., STROTSS, CVPR 2019).',
  options: strotssOptions,
  resolve: resolveStrotss,
  terms: prepareStrotss,
  parts: () => ['content', 'style'],
  styleUnits: unitsOf<StrotssSpec>({ kolkin: 1 }),
  work: (spec, seen) => seen.styles.length * strotssWork(spec, seen),
  // α decides how much self-similarity counts, not what it is.
  measures: ({ alpha, ...spec }, part) => ({ ...spec, ...(part === 'style' && { alpha }), part }),
  benchmarks: [
    { title: 'STROTSS', atMost: 2 },
    { id: 'strotss-1', title: '… drawn at every evaluation', options: { refreshEvery: 1 } },
  ],
});
