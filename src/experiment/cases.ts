/** From an experiment's `sweep` to the cases it stands for: values by path. */
import { NeckarError } from '../errors.ts';
import { draws } from './distributions.ts';
import {
  type Alternative,
  type Branch,
  type Choice,
  emptySweep,
  expand,
  shownTogether,
  unbranched,
} from './expand.ts';
import { allOf, refuseTooMany } from './limit.ts';
import {
  type Axis,
  type CaseSweep,
  isSweep,
  isValueSweep,
  type PathCase,
  type PathSweep,
  type ValueSweep,
} from './sweep.ts';

/** Values by path that one case of an experiment's `sweep` sets. */
export interface Assignments {
  readonly values: ReadonlyMap<string, unknown>;
  readonly chosen: ReadonlyMap<string, Choice>;
}

/**
 * All cases of a sweep of paths, in order.
 * @throws NeckarError for an empty sweep, lists of different lengths, or a path that two crossed parts set
 */
export function expandCases(sweep: CaseSweep | readonly CaseSweep[], place = 'sweep'): Assignments[] {
  if (Array.isArray(sweep))
    return crossed(
      (sweep as CaseSweep[]).map((part, i) => expandCases(part, `${place}[${i}]`)),
      place,
    );
  const cases = casesOf(sweep as CaseSweep, place);
  if (cases.length === 0) throw emptySweep(place);
  return cases;
}

function casesOf(sweep: CaseSweep, place: string): Assignments[] {
  if (!isSweep(sweep)) {
    throw new NeckarError(
      `${place}: expected grid({...}), zip({...}), list([...]), sample({...}, n, seed) or an array of these, got ${JSON.stringify(sweep)?.slice(0, 60)}`,
    );
  }
  switch (sweep.$sweep) {
    case 'grid':
      return crossed(
        Object.entries(sweep.axes).map(([path, axis]) =>
          valuesOfAxis(path, axis, place).map((one) => assign(path, one)),
        ),
        place,
      );
    case 'zip':
      return zipped(sweep, place);
    case 'cross':
      return expandCases(sweep.parts, place);
    case 'sample':
      return joined(
        Object.entries(sweep.distributions).map(([path, distribution]) =>
          shownTogether(draws(distribution, sweep.count, sweep.seed, path)).map((one, index) =>
            assign(path, {
              value: one.value,
              chosen: new Map([[path, { shown: one.shown, index }]]),
              groups: unbranched.groups,
            }),
          ),
        ),
        place,
      );
    default:
      return listed(sweep as ValueSweep<PathCase>, place);
  }
}

function listed(sweep: ValueSweep<PathCase>, place: string): Assignments[] {
  if (sweep.$sweep !== 'values') {
    throw new NeckarError(
      `${place}: this sweep stands in the place of a value; here, give paths, as in grid({ seed: [1, 2] })`,
    );
  }
  return sweep.values.flatMap((one, index) => {
    const name = sweep.names?.[index];
    const cases = isSweep(one)
      ? expandCases(one as CaseSweep, `${place}[${name ?? index}]`)
      : crossed(
          Object.entries(one as Record<string, unknown>).map(([path, value]) =>
            allOf(expand(value, path), path).map((branch) => assign(path, shownAt(path, branch, index))),
          ),
          place,
        );
    if (name === undefined) return cases;
    const named: [string, Choice] = ['case', { shown: name, index }];
    return cases.map(({ values, chosen }) => ({ values, chosen: new Map([named, ...chosen]) }));
  });
}

/** A listed value is a choice of its own, whether or not it was swept further inside. */
function shownAt(path: string, branch: Branch, index: number): Branch {
  if (branch.chosen.size > 0) return branch;
  const [{ shown }] = shownTogether([branch.value]) as [Alternative];
  return { ...branch, chosen: new Map([[path, { shown, index }]]) };
}

function zipped(sweep: Extract<PathSweep, { $sweep: 'grid' | 'zip' }>, place: string): Assignments[] {
  const columns = Object.entries(sweep.axes).map(([path, axis]) =>
    valuesOfAxis(path, axis, place).map((one) => assign(path, one)),
  );
  const lengths = new Set(columns.map((column) => column.length));
  if (lengths.size > 1) {
    const found = Object.keys(sweep.axes).map((path, i) => `${path} has ${columns[i]!.length}`);
    throw new NeckarError(`${place}: zip pairs lists of one length, but ${found.join(', ')}`);
  }
  return joined(columns, place);
}

function valuesOfAxis(path: string, axis: Axis, place: string): Branch[] {
  if (!isValueSweep(axis) && !Array.isArray(axis)) {
    throw new NeckarError(
      `${place}: "${path}" wants a list of values or a sweep such as range(0, 3), got ${JSON.stringify(axis)}`,
    );
  }
  return allOf(expand(isValueSweep(axis) ? axis : { $sweep: 'values', values: axis }, path), path);
}

function assign(path: string, branch: Branch): Assignments {
  return { values: new Map([[path, branch.value]]), chosen: branch.chosen };
}

function crossed(parts: readonly (readonly Assignments[])[], place: string): Assignments[] {
  refuseTooMany(
    parts.reduce((product, part) => product * part.length, 1),
    place,
  );
  return parts.reduce<Assignments[]>(
    (cases, part) => cases.flatMap((one) => part.map((other) => merged(one, other, place))),
    [{ values: new Map(), chosen: new Map() }],
  );
}

function joined(columns: readonly (readonly Assignments[])[], place: string): Assignments[] {
  const [first, ...others] = columns;
  if (first === undefined) return [];
  return first.map((one, row) =>
    others.reduce<Assignments>((all, column) => merged(all, column[row]!, place), one),
  );
}

function merged(one: Assignments, other: Assignments, place: string): Assignments {
  for (const path of other.values.keys()) {
    if (one.values.has(path))
      throw new NeckarError(`${place}: "${path}" is swept twice; sweep it in one place`);
  }
  return {
    values: new Map([...one.values, ...other.values]),
    chosen: new Map([...one.chosen, ...other.chosen]),
  };
}
