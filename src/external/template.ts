/** Templates such as `python their.py {content} {style} {output}`: split into words, checked, and filled in. */
import { didYouMean, NeckarError } from '../errors.ts';
import { singleQuoted } from '../platform/shell.ts';

/** What a template may name. */
export type Placeholder = 'content' | 'style' | 'output' | 'size' | 'seed';

/**
 * The placeholders of a template. Braces that hold no single word, and `${NAME}`, are left alone; `{{` stands for `{`.
 * @param allowed - what may stand in braces here
 * @throws NeckarError for a word in braces that is none of them
 */
export function placeholdersOf(template: string, allowed: readonly Placeholder[]): Set<Placeholder> {
  const found = new Set<Placeholder>();
  for (const [, name] of template.matchAll(braces)) {
    if (name === undefined) continue;
    if (!allowed.includes(name as Placeholder)) {
      throw new NeckarError(
        `there is no {${name}}. ${didYouMean(name, allowed)}There are: ${allowed.map((one) => `{${one}}`).join(' ')}; write {{${name}} for the word itself`,
      );
    }
    found.add(name as Placeholder);
  }
  return found;
}

/** The template with every placeholder replaced by its value as it is. */
export function fill(template: string, values: Readonly<Partial<Record<Placeholder, string>>>): string {
  return template.replace(braces, (text, name: Placeholder | undefined) =>
    name === undefined ? '{' : (values[name] ?? text),
  );
}

/** `{{`, or `{word}` that is no shell variable. */
const braces = /\{\{|(?<!\$)\{([A-Za-z]+)\}/g;

/**
 * The words of a command line, split as a POSIX shell splits them (spaces, quotes, backslashes) and by nothing else:
 * no variables, wildcards or redirections.
 * @throws NeckarError for a quote that is not closed, and for a template without words
 */
export function splitWords(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < command.length; i++) {
    const character = command[i]!;
    if (quote !== '') {
      if (character === quote) quote = '';
      else if (quote === '"' && character === '\\' && /["\\$`]/.test(command[i + 1] ?? '')) {
        word += command[++i]!;
      } else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= '';
    } else if (character === '\\' && i + 1 < command.length) {
      word = (word ?? '') + command[++i]!;
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (quote !== '') throw new NeckarError(`the quote ${quote} is not closed`);
  if (word !== undefined) words.push(word);
  if (words.length === 0) throw new NeckarError('an empty command: give a program and its arguments');
  return words;
}

/**
 * What to start: the program and its arguments, each value one argument or a part of one, whatever it holds.
 * @param shell - leave the template to `/bin/sh -c`, the values quoted for it
 */
export function commandLine(
  command: string,
  values: Readonly<Record<Placeholder, string>>,
  shell: boolean,
): [program: string, ...args: string[]] {
  if (!shell) return splitWords(command).map((word) => fill(word, values)) as [string, ...string[]];
  const quoted = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, singleQuoted(value)]),
  );
  return ['/bin/sh', '-c', fill(command, quoted)];
}
