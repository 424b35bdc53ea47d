/**
 * The grammar of `key=value` on the command line.
 *
 * ```
 * override := ['+'] path '=' values | '~' path
 * values   := value (',' value)*                     several values are a sweep
 * value    := quoted | number | true | false | null | '[' value,* ']' | '{' key ':' value,* '}'
 *           | range(start, stop[, step]) | choice(value, …) | bare word
 * ```
 */
import { NeckarError } from '../errors.ts';
import { grid, range, type ValueSweep } from './sweep.ts';

export type Override =
  /** `set`: a setting that exists; `add`: one that does not yet. */
  | { readonly action: 'set' | 'add'; readonly path: string; readonly value: unknown; readonly text: string }
  | { readonly action: 'remove'; readonly path: string; readonly text: string };

/**
 * One argument of the command line as an override.
 * @throws NeckarError that shows the argument and where it went wrong
 */
export function parseOverride(text: string): Override {
  if (text.startsWith('~')) {
    const path = text.slice(1);
    if (path === '' || path.includes('=')) {
      throw new NeckarError(
        `"${text}" removes a setting: write ~ and its path alone, such as ~budget.seconds`,
      );
    }
    return { action: 'remove', path, text };
  }
  const sign = text.indexOf('=');
  const path = text.slice(text.startsWith('+') ? 1 : 0, Math.max(sign, 0)).trim();
  if (sign === -1 || path === '') {
    throw new NeckarError(
      `"${text}" is no setting: write path=value, such as optimizer.learningRate=0.05 or seed=1,2,3`,
    );
  }
  const reader = new Reader(text, sign + 1);
  return { action: text.startsWith('+') ? 'add' : 'set', path, value: reader.whole(), text };
}

/** A recursive-descent reader of the part after the equals sign. */
class Reader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  whole(): unknown {
    if (this.#text.slice(this.#at).trim() === '')
      return this.#fail('a value is missing; an empty text is written as ""');
    const values = this.#separated('');
    return values.length === 1 ? values[0] : grid(values);
  }

  /** Values up to `close`; an empty `close` stands for the end of the text. */
  #separated(close: string): unknown[] {
    const values: unknown[] = [];
    for (;;) {
      this.#space();
      if (close !== '' && values.length === 0 && this.#take(close)) return values;
      values.push(this.#value());
      this.#space();
      if (close === '' ? this.#at >= this.#text.length : this.#take(close)) return values;
      if (!this.#take(','))
        return this.#fail(`expected "," ${close === '' ? 'or the end' : `or "${close}"`}`);
    }
  }

  #value(): unknown {
    const start = this.#text[this.#at];
    if (start === '"' || start === "'") return this.#quoted(start);
    if (this.#take('[')) return this.#separated(']');
    if (this.#take('{')) return this.#object();
    const word = this.#word();
    if (this.#take('(')) return this.#call(word);
    return scalar(word);
  }

  #quoted(quote: string): string {
    let content = '';
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at]!;
      if (character === quote) {
        this.#at++;
        return content;
      }
      if (character === '\\' && this.#at + 1 < this.#text.length) this.#at++;
      content += this.#text[this.#at];
    }
    return this.#fail(`a closing ${quote} is missing`);
  }

  #object(): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (;;) {
      this.#space();
      if (entries.length === 0 && this.#take('}')) break;
      const start = this.#text[this.#at];
      const key = start === '"' || start === "'" ? this.#quoted(start) : this.#word(':').trim();
      this.#space();
      if (!this.#take(':')) return this.#fail('expected ":" after a key');
      this.#space();
      entries.push([key, this.#value()]);
      this.#space();
      if (this.#take('}')) break;
      if (!this.#take(',')) return this.#fail('expected "," or "}"');
    }
    return Object.fromEntries(entries);
  }

  #call(name: string): ValueSweep {
    const values = this.#separated(')');
    if (name === 'choice') return grid(values);
    if (name === 'range') {
      if (values.length < 1 || values.length > 3 || !values.every((value) => typeof value === 'number')) {
        return this.#fail('range takes numbers: range(stop), range(start, stop) or range(start, stop, step)');
      }
      const [first, second, step] = values as [number, number?, number?];
      return second === undefined ? range(0, first) : range(first, second, step);
    }
    return this.#fail(
      `"${name}" is no function here; there are range(start, stop, step) and choice(a, b, …). Quote a text with brackets: "${name}(…)"`,
    );
  }

  /** Bare text up to punctuation. */
  #word(also = ''): string {
    const start = this.#at;
    while (this.#at < this.#text.length && !`,()[]{}"'${also}`.includes(this.#text[this.#at]!)) this.#at++;
    const word = this.#text.slice(start, this.#at).trim();
    return word === '' ? this.#fail('a value is missing') : word;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    while (this.#text[this.#at] === ' ') this.#at++;
  }

  #fail(problem: string): never {
    throw new NeckarError(`"${this.#text}": ${problem} (at character ${this.#at + 1})`);
  }
}

function scalar(word: string): string | number | boolean | null {
  if (word === 'true' || word === 'false') return word === 'true';
  if (word === 'null') return null;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word) ? Number(word) : word;
}
