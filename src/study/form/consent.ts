/**
 * The researcher's own words before consent: plain text, or a small part of Markdown (CommonMark): paragraphs, `#`
 * headings, `-` and `1.` lists, **strong** and *emphasised* words, links to web and mail addresses.
 *
 * It becomes a tree of texts from which the form builds its elements one by one. No HTML is read from it or made of it:
 * what is not Markdown of this kind is shown as the characters it is.
 */
import { NeckarError } from '../../errors.ts';
import type { ConsentBlock, ConsentWords } from './exchange.ts';

/** More than this nobody reads; an information sheet of four pages has some 12 000 characters. */
const longestConsent = 30_000;

/**
 * The text of a file, checked.
 *
 * @param path - what messages call it
 * @throws NeckarError when it is empty, too long, no text, or holds HTML or pictures
 */
export function checkConsent(bytes: Uint8Array, path: string): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new NeckarError(`"${path}" is no text in UTF-8. Save it as plain text or Markdown in UTF-8.`);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what no text holds is what is looked for
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text)) {
    throw new NeckarError(`"${path}" is no plain text. Save it as plain text or Markdown in UTF-8.`);
  }
  const tidy = text.replace(/\r\n?/g, '\n').trim();
  if (tidy === '')
    throw new NeckarError(`"${path}" is empty: write what raters must know before they consent.`);
  if (tidy.length > longestConsent) {
    throw new NeckarError(
      `"${path}" has ${tidy.length} characters; at most ${longestConsent} are shown before consent. Shorten it, and link to the rest.`,
    );
  }
  for (const [i, line] of tidy.split('\n').entries()) {
    const tag = /<(?:\/?[a-z][a-z0-9]*(?:\s[^<>]*)?\/?|!--.*)>/i.exec(line)?.[0];
    if (tag !== undefined) {
      throw new NeckarError(
        `"${path}", line ${i + 1}: HTML such as "${tag.slice(0, 30)}" is not read. Use paragraphs, # headings, - lists, **strong**, *emphasis* and [links](https://…).`,
      );
    }
    if (/!\[[^\]]*\]\(/.test(line)) {
      throw new NeckarError(`"${path}", line ${i + 1}: pictures are not shown before consent. Take it out.`);
    }
  }
  return tidy;
}

/** The blocks of a checked text. */
export function consentBlocks(text: string): ConsentBlock[] {
  const blocks: ConsentBlock[] = [];
  let open: { kind: 'paragraph' | 'list'; ordered: boolean; lines: string[] } | undefined;
  const close = () => {
    if (open?.kind === 'paragraph') blocks.push({ kind: 'paragraph', words: wordsOf(open.lines.join('\n')) });
    else if (open !== undefined) {
      blocks.push({ kind: 'list', ordered: open.ordered, items: open.lines.map((item) => wordsOf(item)) });
    }
    open = undefined;
  };
  for (const line of text.split('\n')) {
    const heading = /^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$/.exec(line)?.[1];
    const item = /^ {0,3}(?:([-*+])|(\d{1,9}[.)]))\s+(.*)$/.exec(line);
    if (line.trim() === '') close();
    else if (heading !== undefined) {
      close();
      if (heading !== '') blocks.push({ kind: 'heading', words: wordsOf(heading) });
    } else if (item !== null) {
      const ordered = item[1] === undefined;
      if (open?.kind !== 'list' || open.ordered !== ordered) {
        close();
        open = { kind: 'list', ordered, lines: [] };
      }
      open.lines.push(item[3]!.trim());
    } else if (open === undefined) open = { kind: 'paragraph', ordered: false, lines: [line.trim()] };
    else if (open.kind === 'paragraph') open.lines.push(line.trim());
    else open.lines[open.lines.length - 1] += ` ${line.trim()}`;
  }
  close();
  return blocks;
}

const inline =
  /\*\*(?<strong>[^*\n]+)\*\*|\*(?<star>[^*\s][^*\n]*)\*|(?<![\w])_(?<line>[^_\n]+)_(?![\w])|\[(?<label>[^\]\n]+)\]\((?<target>[^()\s]+)\)|<(?<auto>[^<>\s]+)>|(?<bare>https?:\/\/[^\s<>()]*[^\s<>().,;:!?"'])/g;

/** Words with their styles and links; an address of another kind than web and mail stays text. */
function wordsOf(text: string): ConsentWords[] {
  const words: ConsentWords[] = [];
  let at = 0;
  const plain = (until: number) => {
    if (until > at) words.push({ text: text.slice(at, until) });
  };
  for (const match of text.matchAll(inline)) {
    const { strong, star, line, label, target, auto, bare } = match.groups!;
    const address = linkOf(target ?? auto ?? bare);
    if (strong === undefined && star === undefined && line === undefined && address === undefined) continue;
    plain(match.index);
    if (strong !== undefined) words.push({ text: strong, style: 'strong' });
    else if (star !== undefined || line !== undefined) words.push({ text: (star ?? line)!, style: 'em' });
    else words.push({ text: label ?? auto ?? bare!, link: address! });
    at = match.index + match[0].length;
  }
  plain(text.length);
  return words;
}

function linkOf(target: string | undefined): string | undefined {
  if (target === undefined) return undefined;
  if (/^[\w.+-]+@[\w-]+(\.[\w-]+)+$/.test(target)) return `mailto:${target}`;
  if (!/^(https?:\/\/|mailto:)/i.test(target)) return undefined;
  return URL.canParse(target) ? target : undefined;
}

/** A text to begin with. */
export const consentTemplate = `# Information for participants

This study is run by **Name of the institution**. Approved by the ethics committee under number *2026-000*.

- Taking part takes about 25 minutes and is paid with 6 €.
- Answers are kept without your name until the end of 2036.

Questions? Write to <name@example.org>, or see [the page of the study](https://example.org/study).
`;
