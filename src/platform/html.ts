/** HTML as a template tag that escapes everything which is not HTML already. */

/** A piece of finished HTML. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | undefined | null | false | readonly Part[];

/** `` html`<p title="${text}">${text}</p>` ``: strings are escaped for text and quoted attributes, lists joined. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let out = strings[0]!;
  for (const [i, part] of parts.entries()) out += render(part) + strings[i + 1]!;
  return { html: out };
}

/** Text that is HTML already and must not be escaped: only ever our own. */
export function trusted(text: string): Html {
  return { html: text };
}

/** `& < > " '` as character references. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** Data for a `<script type="application/json">`: no sequence in it can end the script or open a comment. */
export function jsonForScript(value: unknown): Html {
  return trusted(JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, unicodeEscape));
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function render(part: Part): string {
  if (part === undefined || part === null || part === false) return '';
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escapeHtml(part);
  if ('html' in part) return part.html;
  return part.map(render).join('');
}
