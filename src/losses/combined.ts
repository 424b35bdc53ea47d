/**
 * Losses toward the style in parts: toward several styles, and region by region. With λ_k the styles' weights (they
 * sum to 1), w_r the weight of region r at each pixel and |r| its mean over the picture, a loss L becomes
 *
 *   Σ_k λ_k Σ_r |r| · L_r(picture, style k)
 *
 * where L_r reads of both pictures what lies in the region: statistics are weighted by w_r over its sum, which for
 * Gram matrices is the guided Gram matrix of Gatys et al. (CVPR 2017, eq. 5 and 6) with λ_r = |r|; what is summed
 * over positions is weighted by w_r/|r|. One region that is the whole picture leaves every loss as it is.
 *
 * Toward several styles a quadratic distance of statistics S has one minimum, at the weighted mean of the styles'
 * own: Σ λ_k‖S − S_k‖² = ‖S − Σ λ_k S_k‖² + constant. The constant stays in the value. Conventions relative to a
 * style divide each part by its own.
 */
import { NeckarError } from '../errors.ts';
import { type NamedTensors, tf, withPrefix } from '../tensor.ts';
import type { Additive, Statistic } from './additive.ts';
import { layersOf, termsOf, withoutLayers } from './define.ts';
import type { LossContext, LossTerm, References, StyleContext } from './loss.ts';
import type { Region, RegionPair } from './region.ts';
import type { CommonSpec } from './spec.ts';
import { sumOf } from './statistics.ts';
import { together } from './together.ts';

/** A region that is worth fewer feature positions than this, in picture or style, has no statistics at a layer. */
const leastArea = 2;

/** One term of a loss for one style and region. */
interface Part {
  readonly term: LossTerm;
  readonly weight: number;
  /** Which of the blended styles it is toward. */
  readonly style: number;
  readonly region?: RegionPair;
}

/** The terms of a loss for all styles and regions of a context, under the names they have without. */
export function inParts(spec: CommonSpec, context: LossContext): LossTerm[] {
  const { styles, ...single } = context;
  if (styles === undefined) return termsOf(spec, single);
  const whole = termsOf(spec, { ...single, styleSize: styles[0]!.size });
  if (whole.every((term) => term.toward !== 'style')) return whole;
  const parts = new Map<string, Part[]>();
  for (const [index, style] of styles.entries()) {
    for (const [place, region] of (style.regions ?? [undefined]).entries()) {
      const encoder = style.encoders?.[place] ?? context.encoder;
      const own = region === undefined ? spec : specWithin(spec, region, style, context);
      if (own === undefined) continue;
      const weight = style.weight * (region?.picture.share ?? 1);
      const toStyle = { ...single, encoder, styleSize: style.size, ...(region && { region }) };
      for (const term of termsOf(own, toStyle)) {
        if (term.toward !== 'style') continue;
        parts.set(term.name, [
          ...(parts.get(term.name) ?? []),
          { term, weight, style: index, ...(region && { region }) },
        ]);
      }
    }
  }
  return whole.map((term) => {
    if (term.toward !== 'style') return term;
    const own = parts.get(term.name);
    if (own === undefined) throw nowhere(term.name, context);
    return combined(own);
  });
}

/** One term that is the weighted sum of its parts. */
function combined(parts: readonly Part[]): LossTerm {
  const { name, weight, convention, refreshEvery, schedules } = parts[0]!.term;
  const refreshing = parts.some(({ term }) => term.refresh !== undefined);
  const transforms = parts.find(({ term }) => term.styleTransforms !== undefined)?.term.styleTransforms;
  const additive = additiveInParts(parts);
  const guided = parts.flatMap(({ region, style }) => (region === undefined ? [] : [{ region, style }]));
  const inPicture = [[...new Set(guided.map(({ region }) => region.picture))]];
  const inStyles = [...new Set(guided.map(({ style }) => style))].map((number) =>
    guided.filter(({ style }) => style === number).map(({ region }) => region.style),
  );
  return {
    name,
    weight,
    convention,
    toward: 'style',
    ...(additive && { additive }),
    layers: [...new Set(parts.flatMap(({ term }) => term.layers))],
    ...(transforms && { styleTransforms: transforms }),
    ...(refreshEvery !== undefined && { refreshEvery }),
    ...(schedules && { schedules }),
    ...(parts.some(({ term }) => term.redraws === true) && { redraws: true }),
    targets: (references) =>
      together(inStyles, () =>
        eachPart(parts, ({ term, style }) => term.targets(toStyle(references, style))),
      ),
    ...(refreshing && {
      refresh: (current, targets, round) =>
        together(inPicture, () =>
          eachPart(parts, ({ term }, own) => term.refresh?.(current, own(targets), round) ?? {}),
        ),
    }),
    value: (current, targets, held) => {
      const own = parts.map((_, index) => ownOf(index, held));
      const byRegion = new Map(
        parts.flatMap(({ region }, index) => (region === undefined ? [] : [[region, own[index]!]])),
      );
      const value = () =>
        sumOf([...parts.entries()], ([index, { term, weight }]) =>
          tf.mul(term.value(current, ownOf(index, targets), own[index]!), weight),
        );
      return together(inPicture, value, byRegion);
    },
  };
}

/** The parts as one sum over positions, where each of them is one. */
function additiveInParts(parts: readonly Part[]): Additive | undefined {
  const all = parts.map(({ term }) => term.additive);
  const within = (index: number, statistics: readonly Statistic[], region?: Region): Statistic[] =>
    statistics.map((one) => ({
      ...one,
      key: `${index}/${one.key}`,
      ...(region && { region }),
      of: (features, weights, targets) => one.of(features, weights, ownOf(index, targets)),
    }));
  // Maps of the content are no part of a loss toward the style.
  if (all.some((own) => own === undefined || own.maps.length > 0)) return undefined;
  return {
    maps: [],
    steps: parts.flatMap(({ style, region }, index) =>
      all[index]!.steps.map((step, number) => ({
        source: step.source,
        style,
        round: number,
        statistics: within(index, step.statistics, region?.style),
        targets: (sums, known) =>
          Object.fromEntries(
            Object.entries(step.targets(ownOf(index, sums), ownOf(index, known))).map(([name, tensor]) => [
              `${index}/${name}`,
              tensor,
            ]),
          ),
      })),
    ),
    statistics: parts.flatMap(({ region }, index) => within(index, all[index]!.statistics, region?.picture)),
    value: (sums, targets) =>
      sumOf([...parts.entries()], ([index, { weight }]) =>
        tf.mul(all[index]!.value(ownOf(index, sums), ownOf(index, targets)), weight),
      ),
  };
}

function toStyle({ styles, ...references }: References, index: number): References {
  return styles === undefined ? references : { ...references, ...styles[index]! };
}

function eachPart(
  parts: readonly Part[],
  compute: (part: Part, own: (tensors: NamedTensors) => NamedTensors) => NamedTensors,
): NamedTensors {
  return Object.fromEntries(
    parts.flatMap((part, index) =>
      Object.entries(compute(part, (tensors) => ownOf(index, tensors))).map(([name, tensor]) => [
        `${index}/${name}`,
        tensor,
      ]),
    ),
  );
}

const ownOf = (index: number, tensors: NamedTensors): NamedTensors => withPrefix(tensors, `${index}/`);

/**
 * A loss without the layers at which a region is too small in picture or style; undefined where none is left.
 * What is left out is noted.
 */
function specWithin(
  spec: CommonSpec,
  region: RegionPair,
  { size }: StyleContext,
  context: LossContext,
): CommonSpec | undefined {
  const { encoder } = context;
  const leftOut = new Set<string>();
  const tooSmall = (layer: string): boolean => {
    const area = (part: RegionPair['picture'], of: readonly [number, number]) => {
      const [height, width] = encoder.shapeOf(layer, ...of);
      // A map of a single position has no region that is larger.
      return part.at(height, width).area / Math.min(leastArea, height * width);
    };
    const small = Math.min(area(region.picture, context.size), area(region.style, size)) < 1 - 1e-6;
    if (small) leftOut.add(layer);
    return small;
  };
  const kept = withoutLayers(spec, tooSmall);
  if (leftOut.size > 0) {
    context.note?.(
      `the region ${region.name} is smaller than ${leastArea} feature positions of ${[...leftOut].join(', ')}: the loss "${spec.name}" does not read it there`,
    );
  }
  return leftOut.size > 0 && layersOf(kept).length === 0 ? undefined : kept;
}

function nowhere(name: string, { size: [height, width] }: LossContext): NeckarError {
  return new NeckarError(
    `The loss "${name}" sees no region at any of its layers: at ${width}×${height} all are smaller than ${leastArea} feature positions. Choose a larger size, shallower layers or larger regions.`,
  );
}
