/** Scales from paired comparisons: Bradley–Terry with ties and sides, and Thurstone's case V. */
import { normalCdf } from './distributions.ts';
import { solveSymmetric } from './linear.ts';
import { isMaximum, maximize, pairModel } from './pair-model.ts';

/** Comparisons of two items, `first` shown on the left (or first in time). */
export interface PairedCounts {
  readonly first: number;
  readonly second: number;
  /** How often the first, the second, or neither was chosen. */
  readonly firstWins: number;
  readonly secondWins: number;
  readonly ties?: number;
}

export interface PairScale {
  /** One value per item, their mean 0. */
  readonly scores: readonly number[];
  /** What being shown first adds to an item, on the same scale; 0 when not asked for. */
  readonly side: number;
  /** Davidson's ν ≥ 0; 0 without ties. */
  readonly tie: number;
  readonly logLikelihood: number;
  readonly iterations: number;
}

/**
 * Maximum-likelihood Bradley–Terry scale with Davidson's ties (1970) and an advantage δ of the first position:
 * the odds of first : second : neither are e^{s_a+δ} : e^{s_b} : ν e^{(s_a+δ+s_b)/2}. Newton's method on a concave
 * likelihood.
 *
 * @param items - how many there are; compared with one another directly or through others (see `connection`)
 * @param options - `side`: estimate δ (default false; see `sideIsKnown`); ties are modelled when any occur;
 *   `penalized`: with Jeffreys' prior, which keeps it finite where the maximum of the likelihood is not (see
 *   `hasFiniteMaximum` and `maximize`; default false)
 */
export function bradleyTerry(
  items: number,
  counts: readonly PairedCounts[],
  options: { side?: boolean; penalized?: boolean } = {},
): PairScale {
  const model = pairModel(items, counts, { side: options.side ?? false });
  const fit = maximize(model, { penalized: options.penalized ?? false });
  const scores = model.scoreAt.map((at) => (at < 0 ? 0 : fit.parameters[at]!));
  const center = scores.reduce((sum, score) => sum + score, 0) / items;
  return {
    scores: scores.map((score) => score - center),
    side: model.sideAt < 0 ? 0 : fit.parameters[model.sideAt]!,
    tie: model.tieAt < 0 ? 0 : Math.exp(fit.parameters[model.tieAt]!),
    logLikelihood: fit.logLikelihood,
    iterations: fit.iterations,
  };
}

/**
 * Whether the likelihood has a finite maximum: no combination of scores, side and ties explains some answers better and
 * better without explaining any worse. Ford's condition (1957, see `connection`) is this without the side term and ties.
 */
export function hasFiniteMaximum(
  items: number,
  counts: readonly PairedCounts[],
  options: { side?: boolean } = {},
): boolean {
  const model = pairModel(items, counts, { side: options.side ?? false });
  return isMaximum(model, maximize(model, { penalized: false }));
}

/**
 * Whether the comparisons can tell a side from the items shown on it: they cannot when scores exist by which every
 * first item is exactly one ahead of its second, such as when each item always keeps its side.
 */
export function sideIsKnown(items: number, counts: readonly PairedCounts[]): boolean {
  const ahead = Array.from({ length: items }, () => [] as [number, number][]);
  for (const { first, second, firstWins, secondWins, ties = 0 } of counts) {
    if (firstWins + secondWins + ties === 0) continue;
    ahead[first]!.push([second, -1]);
    ahead[second]!.push([first, 1]);
  }
  const place = new Map<number, number>();
  for (let item = 0; item < items; item++) {
    if (place.has(item)) continue;
    place.set(item, 0);
    const open = [item];
    for (const from of open) {
      for (const [to, by] of ahead[from]!) {
        const there = place.get(from)! + by;
        if (!place.has(to)) {
          place.set(to, there);
          open.push(to);
        } else if (place.get(to) !== there) return true;
      }
    }
  }
  return false;
}

/** One just-objectionable difference: the scale on which a preference of 75 % is a distance of 1. */
export const jodSigma = 1.4826;

/**
 * Maximum-likelihood Thurstone case V scale in JOD: P(a over b) = Φ((s_a − s_b)/σ), σ = 1.4826 (Perez-Ortiz &
 * Mantiuk 2017). A tie counts half for either side.
 */
export function thurstone(items: number, counts: readonly PairedCounts[], sigma = jodSigma): PairScale {
  const scale = newton(items, items, (parameters, gradient, information) => {
    let logLikelihood = 0;
    for (const { first, second, firstWins, secondWins, ties = 0 } of counts) {
      for (const [winner, loser, wins] of [
        [first, second, firstWins + ties / 2],
        [second, first, secondWins + ties / 2],
      ] as const) {
        if (wins === 0) continue;
        const z = (parameters[winner]! - parameters[loser]!) / sigma;
        const probability = Math.max(normalCdf(z), 1e-300);
        const hazard = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / probability;
        const slope = (wins * hazard) / sigma;
        const curvature = (wins * hazard * (hazard + z)) / sigma ** 2;
        logLikelihood += wins * Math.log(probability);
        gradient[winner]! += slope;
        gradient[loser]! -= slope;
        information[winner]![winner]! += curvature;
        information[loser]![loser]! += curvature;
        information[winner]![loser]! -= curvature;
        information[loser]![winner]! -= curvature;
      }
    }
    return logLikelihood;
  });
  return scale(() => ({ side: 0, tie: 0 }));
}

type Likelihood = (parameters: Float64Array, gradient: Float64Array, information: Float64Array[]) => number;

/** Maximises a concave likelihood by Newton's method with step halving, the items' scores held to mean zero. */
function newton(size: number, items: number, likelihood: Likelihood) {
  let parameters = new Float64Array(size);
  let iterations = 0;
  const evaluate = (at: Float64Array) => {
    const gradient = new Float64Array(size);
    const information = Array.from({ length: size }, () => new Float64Array(size));
    const value = likelihood(at, gradient, information);
    // Only differences matter: pin the mean of the scores by adding (Σ s)² to what is minimised.
    const mean = sumOf(at.subarray(0, items));
    for (let i = 0; i < items; i++) {
      gradient[i]! -= mean;
      for (let j = 0; j < items; j++) information[i]![j]! += 1;
    }
    return { value: value - mean ** 2 / 2, gradient, information, logLikelihood: value };
  };
  let here = evaluate(parameters);
  for (; iterations < 100; iterations++) {
    const step = solveSymmetric(here.information, here.gradient);
    let fraction = 1;
    let next = here;
    let candidate = parameters;
    for (; fraction > 1e-6; fraction /= 2) {
      candidate = parameters.map((value, index) => value + fraction * step[index]!);
      next = evaluate(candidate);
      if (next.value >= here.value - 1e-12 * Math.abs(here.value)) break;
    }
    parameters = candidate;
    here = next;
    if (Math.max(...step.map(Math.abs)) * fraction < 1e-10) break;
  }
  return (extras: (parameters: Float64Array) => { side: number; tie: number }): PairScale => {
    const center = sumOf(parameters.subarray(0, items)) / items;
    return {
      scores: [...parameters.subarray(0, items)].map((score) => score - center),
      ...extras(parameters),
      logLikelihood: here.logLikelihood,
      iterations,
    };
  };
}

/**
 * Whether the comparisons hang together: the groups of items that were compared with one another directly or
 * through others (more than one group: no common scale exists), and whether wins lead from every item to every
 * other (Ford's condition, 1957: without it the maximum-likelihood scale is infinite).
 */
export function connection(
  items: number,
  counts: readonly PairedCounts[],
): { readonly groups: readonly (readonly number[])[]; readonly stronglyConnected: boolean } {
  const compared = Array.from({ length: items }, () => new Set<number>());
  const beats = Array.from({ length: items }, () => new Set<number>());
  const beatenBy = Array.from({ length: items }, () => new Set<number>());
  for (const { first, second, firstWins, secondWins, ties = 0 } of counts) {
    if (firstWins + secondWins + ties === 0) continue;
    compared[first]!.add(second);
    compared[second]!.add(first);
    if (firstWins + ties > 0) {
      beats[first]!.add(second);
      beatenBy[second]!.add(first);
    }
    if (secondWins + ties > 0) {
      beats[second]!.add(first);
      beatenBy[first]!.add(second);
    }
  }
  const groups: number[][] = [];
  const seen = new Set<number>();
  for (let item = 0; item < items; item++) {
    if (seen.has(item)) continue;
    const group = reachable(item, compared);
    for (const member of group) seen.add(member);
    groups.push([...group].sort((a, b) => a - b));
  }
  const stronglyConnected =
    items > 0 && reachable(0, beats).size === items && reachable(0, beatenBy).size === items;
  return { groups, stronglyConnected };
}

function reachable(from: number, edges: readonly ReadonlySet<number>[]): Set<number> {
  const found = new Set([from]);
  for (const item of found) for (const next of edges[item]!) found.add(next);
  return found;
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
