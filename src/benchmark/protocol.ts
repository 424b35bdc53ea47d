/** Protocols: read from their files, checked, hashed, and held to what their version was when it was published. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { problemsOf } from '../components/problems.ts';
import { didYouMean, messageOf, NeckarError } from '../errors.ts';
import { canonicalJson } from '../platform/canonical-json.ts';
import { sha256 } from '../runs/hash.ts';
import { type Protocol, type ProtocolPicture, type ProtocolTier, protocolSchema } from './protocol-schema.ts';

/** A protocol with its place and its hash. */
export interface LoadedProtocol {
  readonly protocol: Protocol;
  /** SHA-256 of its content as canonical JSON: no space or order of keys changes it. */
  readonly hash: string;
  /** Absolute. */
  readonly file: string;
}

/** What part of a protocol's pairs is meant. */
export type Part = 'all' | 'smoke';

/** A content and a style of a protocol. */
export interface ProtocolPair {
  readonly content: ProtocolPicture;
  readonly style: ProtocolPicture;
}

/** Where the protocols are that come with Neckar. */
export const shippedFolder = fileURLToPath(new URL('../../experiments/benchmarks/', import.meta.url));

/** Beside protocols: the hash of every version that was published, by name. */
const versionsFile = 'versions.json';

/** Files beside protocols that are none. */
const others = new Set([versionsFile, 'protocol.schema.json', 'submission.schema.json']);

/** The names of the protocols that come with Neckar. */
export async function shippedProtocols(): Promise<string[]> {
  const files = await readdir(shippedFolder);
  return files
    .filter((file) => extname(file) === '.json' && !others.has(file))
    .map((file) => basename(file, '.json'))
    .sort();
}

/**
 * A protocol by its name, or by its file.
 * @throws NeckarError when there is none, it is not what a protocol must be, or its version was published with another
 *   content
 */
export async function loadProtocol(given: string): Promise<LoadedProtocol> {
  const shipped = await shippedProtocols();
  const file = shipped.includes(given) ? join(shippedFolder, `${given}.json`) : resolve(given);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new NeckarError(
      `there is no protocol "${given}". ${didYouMean(given, shipped)}There are: ${shipped.join(', ')}; or give the path of a protocol's file`,
      { cause },
    );
  }
  const protocol = parseProtocol(text, given);
  const hash = protocolHash(protocol);
  const published = (await publishedVersions(dirname(file)))[protocol.name]?.[String(protocol.version)];
  if (published !== undefined && published !== hash) {
    throw new NeckarError(
      `the protocol "${protocol.name}" is not what its version ${protocol.version} was published as (its hash is ${hash.slice(0, 12)}, not ${published.slice(0, 12)}): numbers under one version must mean one thing. Undo the change, or make it version ${protocol.version + 1}`,
    );
  }
  return { protocol, hash, file };
}

/**
 * @param called - what error messages call it
 * @throws NeckarError that lists all that is wrong
 */
export function parseProtocol(text: string, called: string): Protocol {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new NeckarError(`the protocol "${called}" is no JSON: ${messageOf(cause)}`, { cause });
  }
  const checked = protocolSchema.safeParse(value);
  const problems = checked.success
    ? contradictions(checked.data)
    : problemsOf(checked.error, protocolSchema, value);
  if (problems.length > 0) throw new NeckarError(`the protocol "${called}": ${problems.join('\n')}`);
  return checked.data!;
}

/** What a schema cannot see. */
function contradictions({ contents, styles, smoke, people }: Protocol): string[] {
  const problems: string[] = [];
  for (const [key, pictures] of Object.entries({ contents, styles })) {
    const names = pictures.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) problems.push(`${key}: two pictures are named "${twice}"`);
    for (const name of smoke?.[key as 'contents' | 'styles'] ?? []) {
      if (!names.includes(name)) problems.push(`smoke.${key}: there is no picture "${name}"`);
    }
    for (const measure of ['colourfulness', 'detail'] as const) {
      const of = (level: string) =>
        pictures.flatMap((one) => (one[measure]?.level === level ? [one[measure].value] : []));
      if (Math.max(...of('low')) >= Math.min(...of('high')))
        problems.push(
          `${key}: the ${measure} of a picture called low is not below that of every one called high`,
        );
    }
  }
  for (const [group, shares] of Object.entries(people.population.sought)) {
    const sum = Object.values(shares).reduce((total, share) => total + share, 0);
    if (Math.abs(sum - 1) > 1e-6)
      problems.push(`people.population.sought.${group}: the shares sum to ${sum}, not to 1`);
  }
  return problems;
}

/** SHA-256 of a protocol's content. */
export function protocolHash({ $schema: _, ...protocol }: Protocol): string {
  return sha256(canonicalJson(protocol));
}

type Versions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Name -> version -> hash, of the protocols in a folder; nothing where nobody keeps a record. */
export async function publishedVersions(folder: string): Promise<Versions> {
  try {
    return JSON.parse(await readFile(join(folder, versionsFile), 'utf8')) as Versions;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new NeckarError(`"${join(folder, versionsFile)}" cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/**
 * The pairs of a part, contents first.
 * @throws NeckarError where the protocol has no smoke part
 */
export function pairsOf(protocol: Protocol, part: Part): ProtocolPair[] {
  const { contents, styles } = picturesOf(protocol, part);
  return contents.flatMap((content) => styles.map((style) => ({ content, style })));
}

/** The contents and styles of a part, in the protocol's order. */
export function picturesOf(
  { name, contents, styles, smoke }: Protocol,
  part: Part,
): { readonly contents: readonly ProtocolPicture[]; readonly styles: readonly ProtocolPicture[] } {
  if (part === 'all') return { contents, styles };
  if (smoke === undefined)
    throw new NeckarError(`the protocol "${name}" has no smoke part; leave --smoke out`);
  return {
    contents: contents.filter((one) => smoke.contents.includes(one.name)),
    styles: styles.filter((one) => smoke.styles.includes(one.name)),
  };
}

/**
 * A tier of a protocol; default: the first.
 * @throws NeckarError when it has none of that name
 */
export function tierOf(
  { name, tiers }: Protocol,
  wanted?: string,
): { readonly name: string; readonly tier: ProtocolTier } {
  const names = Object.keys(tiers);
  const chosen = wanted ?? names[0]!;
  const tier = tiers[chosen];
  if (tier === undefined) {
    throw new NeckarError(
      `the protocol "${name}" has no tier "${chosen}". ${didYouMean(chosen, names)}There are: ${names.join(', ')}`,
    );
  }
  return { name: chosen, tier };
}
