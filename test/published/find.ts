import { publishedMethods } from '../../src/published/all.ts';
import type { PublishedMethod, PublishedName } from '../../src/published/method.ts';

/** The published method of that name. */
export function findPublished(name: PublishedName): PublishedMethod {
  return publishedMethods.find((method) => method.name === name)!;
}
