/** A language of the form from a file: every text by its key, as in the template. */
import { didYouMean, NeckarError } from '../../errors.ts';
import { parseJson } from '../../runs/store.ts';
import { languageTag } from './schema.ts';
import { shippedTexts, type Texts } from './shipped.ts';

/** The longest text; those of the template have up to 300 characters. */
const longest = 2000;

export interface OwnLanguage {
  readonly tag: string;
  readonly texts: Texts;
}

/**
 * The template to translate: every text of a shipped language, as JSON.
 * @param from - `en` or `de`
 */
export function languageTemplate(from: keyof typeof shippedTexts): string {
  return `${JSON.stringify(shippedTexts[from], undefined, 2)}\n`;
}

/**
 * A language from its file's text.
 *
 * @param path - what messages call it
 * @throws NeckarError naming the texts that are missing, unknown, empty or too long, and values ({minutes}) that are
 *   missing in a text
 */
export function parseLanguage(text: string, path: string): OwnLanguage {
  const value = parseJson(text);
  const how = 'Print the template with: neckar study template language';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new NeckarError(
      `"${path}" holds no language: expected one JSON object of texts by their keys. ${how}`,
    );
  }
  const given = value as Record<string, unknown>;
  const known = Object.keys(shippedTexts.en);
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new NeckarError(
      `"${path}": there is no text "${unknown}". ${didYouMean(unknown, known)}Take the key out, or compare with the template: neckar study template language`,
    );
  }
  const missing = known.filter((key) => !(key in given));
  if (missing.length > 0) throw new NeckarError(`"${path}" lacks ${named(missing)}. ${how}`);
  for (const key of known) {
    const said = given[key];
    if (typeof said !== 'string' || said.trim() === '') {
      throw new NeckarError(
        `"${path}": "${key}" is ${typeof said === 'string' ? 'empty' : 'no text'}. ${how}`,
      );
    }
    if (said.length > longest) {
      throw new NeckarError(
        `"${path}": "${key}" has ${said.length} characters; at most ${longest} are shown. What is longer belongs into the text before consent (--consent).`,
      );
    }
    const [wanted, found] = [slots(shippedTexts.en[key]!), slots(said)];
    if (wanted.join() !== found.join()) {
      throw new NeckarError(
        `"${path}": "${key}" must hold ${wanted.length === 0 ? 'no values in braces' : wanted.map((name) => `{${name}}`).join(' and ')}${found.length === 0 ? '' : `, and holds ${found.map((name) => `{${name}}`).join(' and ')}`}. What stands in braces is filled in, and is not translated.`,
      );
    }
  }
  const texts = given as Record<string, string>;
  const tag = languageTag.safeParse(texts.code);
  if (!tag.success) {
    throw new NeckarError(
      `"${path}": "code" is "${texts.code}"; expected the language's tag, such as "fr" or "pt-BR".`,
    );
  }
  if (!['ltr', 'rtl'].includes(texts.direction!)) {
    throw new NeckarError(
      `"${path}": "direction" is "${texts.direction}"; expected "ltr" (from left to right) or "rtl".`,
    );
  }
  return { tag: tag.data, texts };
}

/** `"a", "b" and 3 more texts`. */
function named(keys: readonly string[]): string {
  const some = keys.slice(0, 6).map((key) => `"${key}"`);
  const more = keys.length - some.length;
  if (more > 0)
    return `${some.join(', ')} and ${more} more of its ${Object.keys(shippedTexts.en).length} texts`;
  return `the ${keys.length === 1 ? 'text' : 'texts'} ${some.join(', ')}`;
}

/** The names in braces, in alphabetical order. */
function slots(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).sort();
}
