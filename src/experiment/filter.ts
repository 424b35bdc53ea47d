/**
 * Choosing among planned trials: `variant=gram,mrf size>=256 content!=town`. Conditions are separated by spaces and
 * all must hold; values by commas, any of which may match; `*` in a value stands for any text.
 */
import { didYouMean, NeckarError } from '../errors.ts';
import { shortNames } from './labels.ts';
import type { PlannedTrial } from './plan.ts';

interface Condition {
  readonly key: string;
  readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>=';
  readonly values: readonly string[];
  readonly text: string;
}

/** Keys every trial can be filtered by, swept or not. */
const fixedKeys: Readonly<Record<string, (trial: PlannedTrial) => unknown>> = {
  content: ({ names }) => names.content,
  style: ({ names }) => names.style,
  variant: ({ config }) => config.variant,
  optimizer: ({ config }) => config.optimizer.name,
  encoder: ({ config }) => config.encoder.name,
  engine: ({ config }) => config.engine.name,
  initialization: ({ config }) => config.initialization.from,
  size: ({ config }) => config.sizes.at(-1),
  seed: ({ config }) => config.seed,
};

/**
 * The trials that meet all conditions.
 * @throws NeckarError for a malformed condition, a key that no trial has, or a value that no trial has
 */
export function filterTrials<T extends PlannedTrial>(trials: readonly T[], expression: string): T[] {
  const conditions = expression.trim().split(/\s+/).filter(Boolean).map(parseCondition);
  const short = shortNames(new Set(trials.flatMap(({ config }) => Object.keys(config.swept))));
  const tests = conditions.map((condition) => testOf(condition, trials, short));
  return trials.filter((trial) => tests.every((test) => test(trial)));
}

function parseCondition(text: string): Condition {
  const match = /^([^=!<>]+)(!=|<=|>=|=|<|>)(.+)$/.exec(text);
  if (match === null) {
    throw new NeckarError(
      `--filter "${text}" is no condition: write key=value,value or key!=value, such as variant=gram,mrf`,
    );
  }
  const [, key, operator, values] = match;
  return { key: key!, operator: operator as Condition['operator'], values: values!.split(','), text };
}

function testOf(
  condition: Condition,
  trials: readonly PlannedTrial[],
  short: ReadonlyMap<string, string>,
): (trial: PlannedTrial) => boolean {
  const { key, operator, values, text } = condition;
  const full = sweptPath(key, short);
  const read = (trial: PlannedTrial): unknown =>
    (full === undefined ? undefined : trial.config.swept[full]) ??
    fixedKeys[key]?.(trial) ??
    valueAt(trial.config, full ?? key);
  const found = new Set(trials.map(read).filter((value) => value !== undefined));
  if (found.size === 0 && trials.length > 0) {
    const known = [...new Set([...Object.keys(fixedKeys), ...short.values()])];
    throw new NeckarError(
      `--filter "${text}": no trial has "${key}". ${didYouMean(key, known)}There are: ${known.join(', ')}`,
    );
  }
  if (operator !== '=' && operator !== '!=') {
    const bound = Number(values[0]);
    if (values.length !== 1 || Number.isNaN(bound)) {
      throw new NeckarError(`--filter "${text}": ${operator} compares with one number`);
    }
    return (trial) => compares(read(trial), operator, bound);
  }
  const patterns = values.map(patternOf);
  for (const [index, pattern] of patterns.entries()) {
    if (trials.length === 0 || [...found].some(pattern)) continue;
    const known = [...found].map(String);
    throw new NeckarError(
      `--filter "${text}": no trial has ${key} "${values[index]}". ${didYouMean(values[index]!, known)}There are: ${known.slice(0, 20).join(', ')}${known.length > 20 ? ', …' : ''}`,
    );
  }
  return (trial) => patterns.some((pattern) => pattern(read(trial))) === (operator === '=');
}

/** The swept path a key means: the path itself, its short name, or an ending that only it has. */
function sweptPath(key: string, short: ReadonlyMap<string, string>): string | undefined {
  const exact = [...short].find(([path, name]) => path === key || name === key)?.[0];
  if (exact !== undefined || key in fixedKeys) return exact;
  const ending = [...short.keys()].filter((path) => path.endsWith(`.${key}`));
  return ending.length === 1 ? ending[0] : undefined;
}

function patternOf(text: string): (value: unknown) => boolean {
  const number = Number(text);
  const pattern = new RegExp(
    `^${text
      .split('*')
      .map((part) => part.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&'))
      .join('.*')}$`,
  );
  return (value) =>
    typeof value === 'number' ? value === number : value !== undefined && pattern.test(String(value));
}

function compares(value: unknown, operator: '<' | '<=' | '>' | '>=', bound: number): boolean {
  if (typeof value !== 'number') return false;
  if (operator === '<') return value < bound;
  if (operator === '<=') return value <= bound;
  return operator === '>' ? value > bound : value >= bound;
}

/** A scalar of the configuration by dotted path; losses by their names. */
function valueAt(config: unknown, path: string): unknown {
  const value = valueInside(config, path);
  return typeof value === 'object' ? undefined : value;
}

/** What stands at a dotted path of a trial's configuration, losses by their names; undefined when there is nothing. */
export function valueInside(config: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inside, key) => {
    if (Array.isArray(inside)) return inside.find((item) => item?.name === key) ?? inside[Number(key)];
    return typeof inside === 'object' && inside !== null
      ? (inside as Record<string, unknown>)[key]
      : undefined;
  }, config);
}
