/**
 * A strong-Wolfe line search as a machine of plain numbers: it is told the value and slope at the step it asked
 * for and says what to do next, so it can be stored and taken up again between any two evaluations.
 *
 * Bracketing and zoom after Nocedal & Wright, Numerical Optimization (2nd ed.), algorithms 3.5 and 3.6, with the
 * cubic interpolation of their equation 3.59, safeguarded to the inner part of the bracket.
 */

/** A step length with the objective's value and its slope along the path there. */
export type PathPoint = { t: number; value: number; slope: number };

export type LineSearch = {
  phase: 'bracket' | 'zoom';
  /** The step whose evaluation is wanted. */
  t: number;
  /** Evaluations told in this search. */
  told: number;
  /** t = 0. */
  origin: PathPoint;
  /** Bracketing: the step before this one. Zoom: the end of the bracket with the lowest value. */
  low: PathPoint;
  /** Zoom: the other end. */
  high: PathPoint;
  /** The lowest value seen below the origin's, with its step; step 0 when there is none. */
  best: PathPoint;
};

/** Sufficient decrease and curvature: c₁ and c₂ of Nocedal & Wright, p. 62, for quasi-Newton directions. */
const sufficientDecrease = 1e-4;
const curvature = 0.9;
/** After this many evaluations the best step seen is taken. */
export const maximumEvaluations = 20;
/** A step that could not be evaluated (NaN, infinite) is cut to this fraction of the bracket. */
const cutback = 0.2;

/** A search from value and slope (negative) at t = 0, asking for step `t` first. */
export function startLineSearch(t: number, value: number, slope: number): LineSearch {
  const origin = { t: 0, value, slope };
  return {
    phase: 'bracket',
    t,
    told: 0,
    origin,
    low: { ...origin },
    high: { ...origin },
    best: { ...origin },
  };
}

/**
 * Takes the evaluation at `search.t` and changes `search` in place.
 *
 * @param value - objective at the step; Infinity when it could not be evaluated
 * @param slope - derivative along the path there
 * @param promised - the decrease the gradient at the origin promises for this step (t·slope on a straight path,
 *   g·(P(x + t·d) − x) on a projected one, Bertsekas 1982)
 * @returns `ask`: evaluate the new `search.t`; `accept`: this step is good; `best`: the search is over, take
 *   `search.best`; `fail`: it is over and nothing lower was found
 */
export function advance(
  search: LineSearch,
  value: number,
  slope: number,
  promised: number,
): 'ask' | 'accept' | 'best' | 'fail' {
  const { origin, t } = search;
  search.told += 1;
  const point: PathPoint = Number.isFinite(value)
    ? { t, value, slope }
    : { t, value: Number.POSITIVE_INFINITY, slope: 0 };
  if (point.value < search.best.value) search.best = { ...point };

  const decreased = point.value <= origin.value + sufficientDecrease * Math.min(promised, 0);
  const flat = Math.abs(point.slope) <= curvature * Math.abs(origin.slope);
  // A step that moves nothing promises nothing: the path has come to its end in this arithmetic.
  if (promised === 0) return search.best.t > 0 ? 'best' : 'fail';

  if (search.phase === 'bracket') {
    if (!decreased || (search.told > 1 && point.value >= search.low.value)) {
      search.phase = 'zoom';
      search.high = point;
    } else if (flat) {
      return 'accept';
    } else if (point.slope >= 0) {
      search.phase = 'zoom';
      search.high = search.low;
      search.low = point;
    } else {
      const before = search.low;
      search.low = point;
      if (search.told >= maximumEvaluations) return 'best';
      search.t = extrapolate(before, point);
      return 'ask';
    }
  } else if (!decreased || point.value >= search.low.value) {
    search.high = point;
  } else {
    if (flat) return 'accept';
    if (point.slope * (search.high.t - search.low.t) >= 0) search.high = search.low;
    search.low = point;
  }

  if (search.told >= maximumEvaluations) return search.best.t > 0 ? 'best' : 'fail';
  search.t = interpolate(search.low, search.high);
  return 'ask';
}

/** The minimiser of the cubic through two values and slopes (Nocedal & Wright, eq. 3.59), or NaN. */
export function cubicMinimizer(a: PathPoint, b: PathPoint): number {
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.t - b.t);
  const square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return Number.NaN;
  const d2 = Math.sign(b.t - a.t) * Math.sqrt(square);
  return b.t - ((b.t - a.t) * (b.slope + d2 - d1)) / (b.slope - a.slope + 2 * d2);
}

/** A step inside the bracket, at least a tenth of it away from either end. */
function interpolate(low: PathPoint, high: PathPoint): number {
  const width = high.t - low.t;
  if (!Number.isFinite(high.value)) return low.t + cutback * width;
  const cubic = cubicMinimizer(low, high);
  if (!Number.isFinite(cubic)) return low.t + 0.5 * width;
  const near = Math.min(low.t, high.t) + 0.1 * Math.abs(width);
  const far = Math.max(low.t, high.t) - 0.1 * Math.abs(width);
  return Math.min(Math.max(cubic, near), far);
}

/** A step beyond `to`: where the cubic has its minimum, but 1.1 to 4 times the last stride (Moré & Thuente 1994, §4). */
function extrapolate(from: PathPoint, to: PathPoint): number {
  const stride = to.t - from.t;
  const cubic = cubicMinimizer(from, to);
  const near = to.t + 1.1 * stride;
  const far = to.t + 4 * stride;
  if (!Number.isFinite(cubic) || cubic <= to.t) return far;
  return Math.min(Math.max(cubic, near), far);
}
