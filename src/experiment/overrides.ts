/** Changing one setting of an experiment by its dotted path, checked against the schema. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  childOf,
  defaultOf,
  discriminatorOf,
  isOpen,
  isRecord,
  keysOf,
  type Schema,
} from '../components/schema-walk.ts';
import { didYouMean, NeckarError } from '../errors.ts';
import { holdsSweep, segmentOf } from './expand.ts';
import { aliasNames, mapAlternatives, normalizeEntry, type Plain } from './normalize.ts';
import { type Override, parseOverride } from './override-syntax.ts';
import { experimentSchema } from './schema.ts';
import { isValueSweep } from './sweep.ts';

/**
 * The experiment with the overrides applied in turn. `key=value` sets what the schema knows, in every alternative
 * of a sweep that has the key; `+key=value` adds what is not there yet, such as a further variant; `~key` takes
 * out what the file says, so that the default applies. `*` stands for any name, and `losses.gram.weight` for
 * `variants.*.gram.weight`.
 * @param experiment - normalised, sweeps included
 * @throws NeckarError for a malformed override or an unknown key, with the nearest one
 */
export function applyOverrides(experiment: Plain, overrides: readonly string[]): Plain {
  return overrides.reduce((tree, text) => applyOverride(tree, parseOverride(text)), experiment);
}

function applyOverride(experiment: Plain, override: Override): Plain {
  try {
    return change(experiment, override.path, fromHere(override));
  } catch (error) {
    if (error instanceof Unfit) throw new NeckarError(`"${override.text}": ${error.message}`);
    throw error;
  }
}

const pathOfFiles =
  /^(contents|styles|pairs)\b|^(encoder|initialization)$|\b(file|weights|images)$|\btraining\.(pictures|held|styles|from)$/;

/** On the command line, a file is meant from where the command runs; in an experiment, from where its file lies. */
function fromHere(override: Override): Override {
  if (override.action === 'remove' || !pathOfFiles.test(override.path)) return override;
  return { ...override, value: existingFilesAbsolute(override.value) };
}

function existingFilesAbsolute(value: unknown): unknown {
  if (typeof value === 'string') return existsSync(value) ? resolve(value) : value;
  if (Array.isArray(value)) return value.map(existingFilesAbsolute);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, existingFilesAbsolute(inner)]));
}

/**
 * The experiment with values put in place of what it has, without unfolding anything else.
 * @throws NeckarError for a path that is unknown or that the file sweeps already, naming `place`
 */
export function assignValues(experiment: Plain, values: ReadonlyMap<string, unknown>, place: string): Plain {
  let tree = experiment;
  for (const [path, value] of values) {
    try {
      tree = change(tree, path, { action: 'assign', value });
    } catch (error) {
      if (error instanceof Unfit) throw new NeckarError(`${place}: "${path}": ${error.message}`);
      throw error;
    }
  }
  return tree;
}

type Change =
  | { readonly action: 'set' | 'add' | 'assign'; readonly value: unknown }
  | { readonly action: 'remove' };

/** A path that does not fit a tree; in one of several alternatives that is no error yet. */
class Unfit extends NeckarError {
  /** It suggests what was probably meant: worth more than a misfit that does not. */
  readonly hasGuess: boolean;

  constructor(message: string, hasGuess = false) {
    super(message);
    this.hasGuess = hasGuess;
  }
}

function change(experiment: Plain, path: string, what: Change): Plain {
  const [first, ...rest] = path.split('.') as [string, ...string[]];
  if (first === 'losses') return change(experiment, ['variants', '*', ...rest].join('.'), what);
  const known = [...Object.keys(experimentSchema.shape), ...aliasNames, 'losses'];
  if (!known.includes(first)) throw unknownKey(first, 'the experiment', known);
  const [name] = normalizeEntry(first, undefined);
  const schema = experimentSchema.shape[name as keyof typeof experimentSchema.shape];
  if (rest.length === 0) {
    checkPresence(name, experiment[name], what);
    const { [name]: _, ...others } = experiment;
    if (what.action === 'remove') return others;
    return { ...experiment, [name]: normalizeEntry(first, what.value)[1] };
  }
  const inside = normalizeEntry(name, experiment[name] ?? defaultOf(schema))[1];
  return { ...experiment, [name]: normalizeEntry(name, changed(inside, rest, name, schema, what))[1] };
}

/** The node with the change made below it at `path`. */
function changed(
  node: unknown,
  path: readonly string[],
  place: string,
  schema: Schema,
  what: Change,
): unknown {
  if (isValueSweep(node)) {
    if (node.$sweep === 'drawn') throw new Unfit(`${place} is drawn at random; set ${place} as a whole`);
    return {
      ...node,
      values: wherePossible(node.values, (value) => changed(value, path, place, schema, what)),
    };
  }
  const [key, ...rest] = path as [string, ...string[]];
  if (key === '*') return inEvery(node, rest, place, schema, what);
  if (Array.isArray(node)) {
    const names = node.map(segmentOf);
    const index = names.includes(key) ? names.indexOf(key) : /^\d+$/.test(key) ? Number(key) : -1;
    if (index < 0 || index >= node.length) throw unknownKey(key, place, names);
    return node.with(index, below(node[index], index, rest, place, schema, node, what));
  }
  if (node !== undefined && node !== null && !isRecord(node)) {
    throw new Unfit(`${place} is ${JSON.stringify(node)} and has nothing inside`);
  }
  const record = node ?? {};
  return isOpen(schema, record)
    ? changedEntry(record, path, place, schema, what)
    : changedSetting(record, key, rest, place, schema, what);
}

/** A change below a key that the schema fixes. */
function changedSetting(
  record: Plain,
  key: string,
  rest: readonly string[],
  place: string,
  schema: Schema,
  what: Change,
): unknown {
  const known = keysOf(schema, record) ?? [];
  if (!known.includes(key)) throw unknownKey(key, place, known);
  if (rest.length === 0 && what.action !== 'remove' && key === discriminatorOf(schema)) {
    // Another kind has other settings: those of the old one go.
    return mapAlternatives(what.value, (kind) => (kind === record[key] ? record : { [key]: kind }));
  }
  const value = below(record[key], key, rest, place, schema, record, what);
  const { [key]: _, ...others } = record;
  return value === removed ? others : { ...record, [key]: value };
}

/** A change below a name of the experiment's own choosing; names may hold dots themselves. */
function changedEntry(
  record: Plain,
  path: readonly string[],
  place: string,
  schema: Schema,
  what: Change,
): unknown {
  for (let length = path.length; length > 0; length--) {
    const name = path.slice(0, length).join('.');
    if (!Object.hasOwn(record, name)) continue;
    const value = below(record[name], name, path.slice(length), place, schema, record, what);
    const { [name]: _, ...others } = record;
    return value === removed ? others : { ...record, [name]: value };
  }
  const name = path.join('.');
  if (what.action === 'add') return { ...record, [name]: what.value };
  const hint = what.action === 'set' ? ` (+${place}.${name}=… would add it)` : '';
  throw unknownKey(path[0]!, place, Object.keys(record), hint);
}

const removed = Symbol('removed');

function below(
  value: unknown,
  key: string | number,
  rest: readonly string[],
  place: string,
  schema: Schema,
  parent: unknown,
  what: Change,
): unknown {
  const here = `${place}.${key}`;
  const inner = childOf(schema, key, parent)!;
  if (rest.length > 0) return changed(value ?? defaultOf(inner), rest, here, inner, what);
  checkPresence(here, value, what);
  return what.action === 'remove' ? removed : what.value;
}

function inEvery(
  node: unknown,
  rest: readonly string[],
  place: string,
  schema: Schema,
  what: Change,
): unknown {
  if (rest.length === 0) throw new Unfit(`* stands for any name inside ${place}; something must follow it`);
  if (Array.isArray(node)) {
    return wherePossible(node, (item, i) => below(item, i, rest, place, schema, node, what));
  }
  if (!isRecord(node)) throw new Unfit(`${place} holds no names for * to stand for`);
  const keys = Object.keys(node);
  const values = wherePossible(Object.values(node), (value, i) =>
    below(value, keys[i]!, rest, place, schema, node, what),
  );
  return Object.fromEntries(values.map((value, i) => [keys[i], value]));
}

/** Changes every item that the path fits; an error only where it fits none. */
function wherePossible(
  items: readonly unknown[],
  update: (item: unknown, index: number) => unknown,
): unknown[] {
  let misfit: Unfit | undefined;
  let fitted = 0;
  const updated = items.map((item, index) => {
    try {
      const value = update(item, index);
      fitted++;
      return value;
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      if (misfit === undefined || (!misfit.hasGuess && error.hasGuess)) misfit = error;
      return item;
    }
  });
  if (fitted === 0 && misfit !== undefined) throw misfit;
  return updated;
}

function checkPresence(path: string, value: unknown, what: Change): void {
  if (what.action === 'remove' && value === undefined) {
    throw new Unfit(`there is no ${path} to remove: the experiment does not set it`);
  }
  if (what.action === 'add' && value !== undefined) {
    throw new Unfit(`${path} is set already; without the + its value is replaced`);
  }
  if (what.action === 'assign' && holdsSweep(value)) {
    throw new Unfit('this is swept in its own place already; sweep it in one place');
  }
}

function unknownKey(key: string, place: string, known: readonly string[], hint = ''): Unfit {
  const there = known.length === 0 ? 'There is nothing to set' : `There are: ${known.join(', ')}`;
  const guess = didYouMean(key, known);
  return new Unfit(`${place} has no "${key}"${hint}. ${guess}${there}`, guess !== '');
}
