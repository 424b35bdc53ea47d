/** Schema violations as sentences for the person who wrote the file: path, value, what is allowed, and a guess. */
import type { z } from 'zod';
import { didYouMean } from '../errors.ts';
import { keysOf, schemaAt } from './schema-walk.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/**
 * One line for each violation.
 * @param schema - what was checked, to name the allowed keys
 * @param value - the checked value, to show what was found
 * @param at - the path of `value` itself
 */
export function problemsOf(
  error: z.core.$ZodError,
  schema: z.core.$ZodType,
  value: unknown,
  at: Path = [],
): string[] {
  return error.issues.flatMap((issue) => sentencesFor(issue, issue.path, schema, value, at));
}

function sentencesFor(issue: Issue, path: Path, schema: z.core.$ZodType, value: unknown, at: Path): string[] {
  const found = valueAt(value, path);
  const place = formatPath([...at, ...path]);
  const say = (sentence: string) => [`${place || 'experiment'}: ${sentence}`];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const allowed = keysOf(schemaAt(schema, path, value) ?? schema, found) ?? [];
        return `${formatPath([...at, ...path, key])}: unknown setting. ${didYouMean(key, allowed)}Allowed here: ${allowed.join(', ')}`;
      });
    case 'invalid_value':
      return say(notAllowed(found, issue.values));
    case 'invalid_union': {
      if (!/^Invalid (input|discriminator)/.test(issue.message)) return say(issue.message);
      if (issue.errors.length === 0) return say(notAllowed(found, discriminatorsOf(issue)));
      const best = closest(issue.errors);
      return best.flatMap((inner) => sentencesFor(inner, [...path, ...inner.path], schema, value, at));
    }
    case 'invalid_type':
      // A schema that has a sentence of its own knows better.
      if (!issue.message.startsWith('Invalid input')) {
        return say(found === undefined ? issue.message : `${shown(found)}: ${issue.message}`);
      }
      if (found === undefined) return say(`missing; expected ${article(issue.expected)}`);
      return say(`expected ${article(issue.expected)}, got ${shown(found)}`);
    case 'too_small':
      return say(
        `${sizeOf(found, issue.origin)} is too small; expected ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${itemsOf(issue.origin)}`,
      );
    case 'too_big':
      return say(
        `${sizeOf(found, issue.origin)} is too large; expected ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${itemsOf(issue.origin)}`,
      );
    case 'custom':
      return say(
        found === undefined || typeof found === 'object'
          ? issue.message
          : `${shown(found)}: ${issue.message}`,
      );
    case 'invalid_key':
      return issue.issues.flatMap((inner) => say(inner.message));
    default:
      return say(`${shown(found)}: ${issue.message}`);
  }
}

function discriminatorsOf(issue: Issue): readonly unknown[] {
  return (issue as { options?: readonly unknown[] }).options ?? [];
}

/** Of a union's branches, the one that came furthest: its first complaint lies deepest. */
function closest(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  const depth = (issues: readonly Issue[]) =>
    Math.max(
      ...issues.map(
        (issue) => issue.path.length + (issue.code === 'invalid_type' && issue.path.length === 0 ? -1 : 0),
      ),
    );
  return branches.reduce((best, branch) => (depth(branch) > depth(best) ? branch : best));
}

function notAllowed(found: unknown, allowed: readonly unknown[]): string {
  const words = allowed.map(String);
  const guess = typeof found === 'string' ? didYouMean(found, words) : '';
  const list = words.map((word) => `"${word}"`).join(', ');
  return found === undefined
    ? `missing; expected one of ${list}`
    : `${shown(found)} is not allowed. ${guess}Expected one of ${list}`;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inside, key) => (inside as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  );
}

/** `variants.gram[0].weight` */
function formatPath(path: Path): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  );
}

function shown(value: unknown): string {
  const text = typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function sizeOf(value: unknown, origin: string): string {
  if (origin === 'array' && Array.isArray(value)) return `a list of ${value.length}`;
  if (origin === 'string' && value === '') return 'an empty text';
  return shown(value);
}

function itemsOf(origin: string): string {
  if (origin === 'array') return ' item(s)';
  return origin === 'string' ? ' character(s)' : '';
}

function article(expected: string): string {
  const words: Record<string, string> = {
    int: 'a whole number',
    number: 'a number',
    string: 'a text',
    boolean: 'true or false',
    array: 'a list',
    object: 'an object',
    record: 'an object',
  };
  return words[expected] ?? expected;
}
