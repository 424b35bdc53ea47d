/** Methods that transfer nothing, or nothing of the pair they are given. */
import { NeckarError } from '../errors.ts';
import { readImage } from '../images/decode.ts';
import { toBytes } from '../images/encode.ts';
import { resizeImage } from '../images/resize.ts';
import { count } from '../platform/format.ts';

/** A result with the files that it is compared by. */
export interface JudgedResult {
  readonly content: string;
  readonly style: string;
  /** SHA-256 of the picture's file. */
  readonly sha256: string;
  readonly path: string;
  readonly contentPath: string;
}

/** A mean difference of less than this, of 255, is what encoding a picture leaves. */
const unchangedBelow = 1;

/**
 * @returns sentences about pairs at which a method did so, though not at all
 * @throws NeckarError for a method that returns every content unchanged, or one picture for all pairs
 */
export async function refuseTrivial(method: string, results: readonly JudgedResult[]): Promise<string[]> {
  if (results.length > 1 && new Set(results.map(({ sha256 }) => sha256)).size === 1) {
    throw new NeckarError(
      `the method "${method}" gives one and the same picture for all ${results.length} pairs. It does not see what it is given; check the names of its files, or its command`,
    );
  }
  const unchanged: JudgedResult[] = [];
  for (const result of results) {
    if (await isUnchanged(result)) unchanged.push(result);
  }
  if (unchanged.length === results.length) {
    throw new NeckarError(
      `the method "${method}" returns the content unchanged at all ${count(results.length, 'pair')}. It transfers nothing; check its command, or its files`,
    );
  }
  const notes: string[] = [];
  const named = (some: readonly JudgedResult[]) =>
    some
      .slice(0, 3)
      .map(({ content, style }) => `${content} × ${style}`)
      .join(', ') + (some.length > 3 ? ' …' : '');
  if (unchanged.length > 0)
    notes.push(
      `"${method}" returns the content unchanged at ${count(unchanged.length, 'pair')}: ${named(unchanged)}.`,
    );
  const repeated = results.filter(({ sha256 }) => results.filter((one) => one.sha256 === sha256).length > 1);
  if (repeated.length > 0)
    notes.push(
      `"${method}" gives the same picture more than once, at ${count(repeated.length, 'pair')}: ${named(repeated)}.`,
    );
  return notes;
}

async function isUnchanged({ path, contentPath }: JudgedResult): Promise<boolean> {
  const [picture, content] = await Promise.all([readImage(path), readImage(contentPath)]);
  const reference = resizeImage(content, picture.width, picture.height);
  const [ours, theirs] = [toBytes(picture), toBytes(reference)];
  let sum = 0;
  for (let i = 0; i < ours.length; i++) sum += Math.abs(ours[i]! - theirs[i]!);
  return sum / ours.length < unchangedBelow;
}
