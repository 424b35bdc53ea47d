/** From sweeps to cases: every combination of the values that a tree of plain data holds. */
import { NeckarError } from '../errors.ts';
import { draws } from './distributions.ts';
import { isSweep, isValueSweep, type PathSweep, type ValueSweep } from './sweep.ts';

/** A value that was swept, as labels, filters and reports show it. */
export type SweptValue = string | number | boolean | null;

/** A tree without sweeps, and what was chosen to reach it. */
export interface Branch {
  readonly value: unknown;
  /** Dotted path -> the choice made there, in the order of the axes. */
  readonly chosen: ReadonlyMap<string, Choice>;
  /** Zip group -> the position its members stand at. */
  readonly groups: ReadonlyMap<string, Position>;
}

export interface Choice {
  readonly shown: SweptValue;
  readonly index: number;
}

interface Position {
  readonly index: number;
  readonly length: number;
  readonly path: string;
}

export interface Alternative {
  readonly value: unknown;
  readonly shown: SweptValue;
}

/** Where nothing has been chosen yet. */
export const unbranched: Omit<Branch, 'value'> = { chosen: new Map(), groups: new Map() };

/**
 * All cases of `tree`, the first axis varying slowest. Parts without sweeps are shared between cases, not copied.
 * @param path - where the tree itself stands, for messages and for the keys of `chosen`
 * @throws NeckarError for an empty sweep, or zipped lists of different lengths
 */
export function* expand(
  tree: unknown,
  path = '',
  from: Omit<Branch, 'value'> = unbranched,
): Generator<Branch> {
  if (!holdsSweep(tree)) yield { value: tree, chosen: from.chosen, groups: from.groups };
  else if (isSweep(tree)) yield* expandSweep(tree, path, from);
  else if (Array.isArray(tree)) yield* expandItems(tree, path, from);
  else yield* expandEntries(Object.entries(tree as object), path, from);
}

function* expandSweep(
  sweep: ValueSweep | PathSweep,
  path: string,
  from: Omit<Branch, 'value'>,
): Generator<Branch> {
  if (!isValueSweep(sweep)) {
    throw new NeckarError(
      `${path || 'experiment'}: ${sweep.$sweep}({...}) sweeps paths and belongs into "sweep"; in the place of a value write ${sweep.$sweep === 'zip' ? "zip('group', [...])" : 'grid([...])'}`,
    );
  }
  const alternatives = alternativesOf(sweep, path);
  if (alternatives.length === 0) throw emptySweep(path);
  let { groups } = from;
  let wanted: number | undefined;
  if (sweep.$sweep === 'paired') {
    const position = groups.get(sweep.group);
    if (position !== undefined && position.length !== alternatives.length) {
      throw new NeckarError(
        `${path}: zip('${sweep.group}', …) holds ${alternatives.length} values here but ${position.length} at ${position.path}; zipped lists have one length`,
      );
    }
    wanted = position?.index;
  }
  for (const [index, { value, shown }] of alternatives.entries()) {
    if (wanted !== undefined && wanted !== index) continue;
    if (sweep.$sweep === 'paired') {
      groups = new Map(from.groups).set(sweep.group, { index, length: alternatives.length, path });
    }
    // A sweep within a sweep is one longer list: only the innermost choice is a choice.
    const chosen = isSweep(value) ? from.chosen : new Map(from.chosen).set(path, { shown, index });
    yield* expand(value, path, { chosen, groups });
  }
}

function* expandItems(
  items: readonly unknown[],
  path: string,
  from: Omit<Branch, 'value'>,
): Generator<Branch> {
  const keys = items.map((item, i) => segmentOf(item, i, items));
  for (const branch of expandEntries(
    items.map((item, i) => [keys[i]!, item]),
    path,
    from,
    true,
  )) {
    yield { ...branch, value: Object.values(branch.value as object) };
  }
}

function* expandEntries(
  entries: readonly (readonly [string, unknown])[],
  path: string,
  from: Omit<Branch, 'value'>,
  ordered = false,
): Generator<Branch> {
  const first = entries.findIndex(([, value]) => holdsSweep(value));
  if (first === -1) {
    yield { value: record(entries, ordered), ...from };
    return;
  }
  const [key, swept] = entries[first]!;
  for (const branch of expand(swept, path === '' ? key : `${path}.${key}`, from)) {
    const fixed = entries.with(first, [key, branch.value]);
    yield* expandEntries(fixed, path, { chosen: branch.chosen, groups: branch.groups }, ordered);
  }
}

/** A record of the entries; for the items of a list under keys that keep their order, numbers or not. */
function record(entries: readonly (readonly [string, unknown])[], ordered: boolean): Record<string, unknown> {
  return Object.fromEntries(ordered ? entries.map(([, value], i) => [i, value]) : entries);
}

/** How an item of a list is addressed in a dotted path: by its name or type when only it has it, else by position. */
export function segmentOf(item: unknown, index: number, items: readonly unknown[]): string {
  const name = nameOf(item);
  if (name === undefined) return String(index);
  return items.filter((other) => nameOf(other) === name).length === 1 ? name : String(index);
}

function nameOf(thing: unknown): string | undefined {
  if (typeof thing !== 'object' || thing === null) return undefined;
  const { name, type, from } = thing as Record<string, unknown>;
  return [name, type, from].find((one): one is string => typeof one === 'string');
}

const alternativesByNode = new WeakMap<object, Alternative[]>();

function alternativesOf(sweep: ValueSweep, path: string): Alternative[] {
  let made = alternativesByNode.get(sweep);
  if (made === undefined) {
    const values =
      sweep.$sweep === 'drawn' ? draws(sweep.distribution, sweep.count, sweep.seed, path) : sweep.values;
    const names = sweep.$sweep === 'values' ? sweep.names : undefined;
    made =
      names === undefined ? shownTogether(values) : values.map((value, i) => ({ value, shown: names[i]! }));
    // Draws depend on the path, and one node may stand at two.
    if (sweep.$sweep !== 'drawn') alternativesByNode.set(sweep, made);
  }
  return made;
}

/**
 * Each value with a short form that tells it from its neighbours: scalars as they are, objects by their name
 * followed by what they differ in, anything else by its JSON.
 */
export function shownTogether(values: readonly unknown[]): Alternative[] {
  const kinds = kindsOf(values);
  return values.map((value) => ({ value, shown: shortForm(value, kinds) }));
}

/** The objects of one name: how many there are, and of each key how many have it and with what values. */
interface Kind {
  count: number;
  readonly keys: Map<string, { holders: number; readonly values: Set<unknown> }>;
}

type Kinds = ReadonlyMap<string | undefined, Kind>;

function kindsOf(values: readonly unknown[]): Kinds {
  const kinds = new Map<string | undefined, Kind>();
  for (const value of new Set(values)) {
    const name = nameOf(value);
    const kind = kinds.get(name) ?? { count: 0, keys: new Map() };
    kinds.set(name, kind);
    kind.count++;
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, own] of Object.entries(value)) {
      const known = kind.keys.get(key) ?? { holders: 0, values: new Set() };
      kind.keys.set(key, known);
      known.holders++;
      known.values.add(own);
    }
  }
  return kinds;
}

function shortForm(value: unknown, kinds: Kinds): SweptValue {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as SweptValue;
  if (value === undefined) return 'default';
  if (Array.isArray(value)) return value.map((item) => shortForm(item, new Map())).join('-');
  const name = nameOf(value);
  const { count, keys } = kinds.get(name) ?? { count: 1, keys: new Map() };
  const differs = (key: string): boolean => {
    const known = keys.get(key);
    return known !== undefined && (known.values.size > 1 || known.holders < count);
  };
  const differing = Object.entries(value as object)
    .filter(([key, own]) => differs(key) && !isSweep(own))
    .map(([key, own]) => `${key}=${typeof own === 'object' ? JSON.stringify(own) : own}`);
  const details = name === undefined && count === 1 ? [JSON.stringify(value)] : differing;
  return [name, ...details].filter((part) => part !== undefined).join(' ') || JSON.stringify(value);
}

const sweepKnown = new WeakMap<object, boolean>();

/** Whether a sweep stands anywhere within the tree. */
export function holdsSweep(tree: unknown): boolean {
  if (typeof tree !== 'object' || tree === null) return false;
  let holds = sweepKnown.get(tree);
  if (holds === undefined) {
    holds = isSweep(tree) || Object.values(tree).some(holdsSweep);
    sweepKnown.set(tree, holds);
  }
  return holds;
}

/** The refusal of a sweep without values. */
export function emptySweep(path: string): NeckarError {
  return new NeckarError(`${path || 'experiment'}: this sweep is empty; give it at least one value`);
}
