/** Tests and intervals of a fitted scale by its profile likelihood. */
import { maximize, type PairFit, type PairModel } from '../../../metrics/statistics/pair-model.ts';
import { type Estimate, reachOf, type Spread, twoSided } from './two-way.ts';

/** Bounds end at odds of a million to one: no study of preferences can tell more. */
export const farthest = Math.log(1e6);

export interface ProfiledParameter {
  readonly model: PairModel;
  readonly fit: PairFit;
  readonly penalized: boolean;
  readonly at: number;
  /** Its variance when answers are independent. */
  readonly independent: number;
  /** How far it deviates in truth. */
  readonly spread: Spread;
}

/**
 * The signed root of twice the profile likelihood's drop from the maximum to a value of one parameter, over what the
 * answers of one rater and one picture have in common: with independent answers it is standard normal, with others the
 * factor is the ratio of the two standard deviations (Rotnitzky & Jewell 1990; Chandler & Bate, Inference for clustered
 * data using the independence loglikelihood, 2007). Unlike an estimate over its standard error it keeps growing as votes
 * become unanimous (Hauck & Donner 1977).
 */
function profileRoot(parameter: ProfiledParameter, value: number): number {
  return profiledAt(parameter, value, parameter.fit.parameters).root;
}

function profiledAt(
  { model, fit, penalized, at, independent, spread }: ProfiledParameter,
  value: number,
  start: Float64Array,
) {
  const away = value - fit.parameters[at]!;
  const profile = maximize(model, { penalized, held: { at, value }, start });
  const root = Math.sqrt(2 * Math.max(0, fit.value - profile.value));
  return {
    root: (-Math.sign(away) * root * Math.sqrt(independent)) / spread.deviation,
    parameters: profile.parameters,
  };
}

/** The two-sided p value of a parameter's being 0. */
export function profileTest(parameter: ProfiledParameter): number {
  return twoSided(profileRoot(parameter, 0), parameter.spread);
}

/** All values that the same test would not refuse. */
export function profileInterval(parameter: ProfiledParameter, level: number): Estimate {
  const value = parameter.fit.parameters[parameter.at]!;
  const reach = reachOf(parameter.spread, level);
  const bound = (side: -1 | 1): number => {
    let start = parameter.fit.parameters;
    // Where the root, which falls as the value grows, passes -side·reach.
    const off = (at: number) => {
      const { root, parameters } = profiledAt(parameter, at, start);
      start = parameters;
      return side * -root - reach;
    };
    const end = side * Math.max(farthest, side * value);
    const clipped = (at: number) => (side * (at - end) > 0 ? end : at);
    let [near, nearOff] = [value, -reach];
    let far = clipped(value + side * reach * parameter.spread.deviation);
    let farOff = off(far);
    while (farOff < 0) {
      if (far === end) return end;
      [near, nearOff] = [far, farOff];
      far = clipped(far + 0.5 * (far - value));
      farOff = off(far);
    }
    for (let i = 0; i < 30 && Math.abs(far - near) > 1e-5; i++) {
      const middle = near + ((far - near) * -nearOff) / (farOff - nearOff);
      const middleOff = off(middle);
      if (Math.abs(middleOff) < 1e-4 * reach) return middle;
      // Illinois: an end that stays counts half.
      if (middleOff < 0) {
        [near, nearOff] = [middle, middleOff];
        farOff /= 2;
      } else {
        [far, farOff] = [middle, middleOff];
        nearOff /= 2;
      }
    }
    return (near + far) / 2;
  };
  return { value, low: bound(-1), high: bound(1) };
}
