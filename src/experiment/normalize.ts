/**
 * Short forms written out, so that everything after sees one shape: `optimizer: 'adam'` becomes `{ name: 'adam' }`,
 * `budget: 100` becomes `{ evaluations: 100 }`, `size: 256` becomes `sizes: [256]`. Works through sweeps.
 */
import { basename, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRecord } from '../components/schema-walk.ts';
import { NeckarError } from '../errors.ts';
import { isMethodInput } from '../external/method.ts';
import { distinctNames } from './names.ts';
import { isSweep, isValueSweep, type ValueSweep } from './sweep.ts';

export type Plain = Record<string, unknown>;

/** Short form -> written out, by key. */
const writtenOut: Readonly<Record<string, (value: unknown) => unknown>> = {
  encoder: (value) => withWeights(named('name', value)),
  engine: (value) => {
    if (typeof value !== 'string') return value;
    const [name, provider] = value.split(':');
    return provider === undefined ? { name } : { name, provider };
  },
  optimizer: (value) => named('name', value),
  levels: (value) => (Array.isArray(value) ? value.map(writtenLevel) : value),
  initialization: (value) => named('from', value),
  regions: (value) => named('from', value),
  launcher: (value) => named('name', value),
  budget: (value) => (typeof value === 'number' ? { evaluations: value } : value),
  variants: (value) => (isRecord(value) ? mapValues(value, lossList) : value),
  question: (value) =>
    isRecord(value) && 'metric' in value ? { ...value, metric: metricName(value.metric) } : value,
  metrics: (value) => (Array.isArray(value) ? value.map(metricName) : value),
  contents: byName,
  styles: (value) => byName(value, styleImages),
  pairs: (value) => (Array.isArray(value) ? value.map(writtenPair) : value),
};

/** Keys that are another way of writing a setting: their name, and the setting's value from theirs. */
const aliases: Readonly<Record<string, readonly [string, (value: unknown) => unknown]>> = {
  size: ['sizes', (value) => (typeof value === 'number' ? [value] : value)],
  seeds: ['seed', (value) => value],
};

/** The names of all aliases, for suggestions. */
export const aliasNames: readonly string[] = Object.keys(aliases);

/** The setting a top-level key stands for, with its value written out: what `normalize` makes of this one entry. */
export function normalizeEntry(key: string, value: unknown): [string, unknown] {
  const [name, translate] = aliases[key] ?? [key, writtenOut[key] ?? ((one: unknown) => one)];
  if (key === 'seeds' && Array.isArray(value)) return [name, { $sweep: 'values', values: value }];
  return [name, mapAlternatives(value, translate)];
}

/**
 * An experiment (or a preset) as people write it, with every short form written out.
 * @throws NeckarError when a setting is given under two names, or both `losses` and `variants` are
 */
export function normalize(written: Plain): Plain {
  const plain: Plain = {};
  for (const [key, value] of Object.entries(written)) {
    if (value === undefined) continue;
    const [name, out] = normalizeEntry(key, value);
    if (name in plain) {
      const [other] = Object.keys(written).filter(
        (one) => one !== key && normalizeEntry(one, undefined)[0] === name,
      );
      throw new NeckarError(`"${other}" and "${key}" are two ways to write one setting; give one of them`);
    }
    plain[name] = out;
  }
  if (plain.losses !== undefined) {
    if (plain.variants !== undefined) {
      throw new NeckarError(
        '"losses" is short for a single variant; put them into "variants", or leave "variants" out',
      );
    }
    const losses = lossList(plain.losses);
    plain.variants = { [variantName(losses)]: losses };
    delete plain.losses;
  }
  return plain;
}

/** Applies `change` to a value, or to every alternative of a sweep standing in its place. */
export function mapAlternatives(value: unknown, change: (value: unknown) => unknown): unknown {
  if (!isValueSweep(value)) return isSweep(value) ? value : change(value);
  const each = (values: readonly unknown[]) => values.map((one) => mapAlternatives(one, change));
  if (value.$sweep !== 'drawn') return { ...value, values: each(value.values) } as ValueSweep;
  const { distribution } = value;
  if (distribution.$distribution === 'choice') {
    return { ...value, distribution: { ...distribution, values: each(distribution.values) } } as ValueSweep;
  }
  return { ...value, distribution: { ...distribution, through: change } };
}

function named(key: string, value: unknown): unknown {
  return typeof value === 'string' ? { [key]: value } : value;
}

/** A metric's name, where it is given by what `defineMetric` made of it. */
function metricName(metric: unknown): unknown {
  const { definition } = ((isRecord(metric) || typeof metric === 'function') && metric) as {
    definition?: { name?: unknown };
  };
  return definition?.name ?? metric;
}

function writtenLevel(level: unknown): unknown {
  if (!isRecord(level) || !('optimizer' in level)) return level;
  return { ...level, optimizer: mapAlternatives(level.optimizer, (one) => named('name', one)) };
}

function withWeights(encoder: unknown): unknown {
  if (!isRecord(encoder) || !('weights' in encoder)) return encoder;
  const weights = mapAlternatives(encoder.weights, (given) => {
    if (typeof given !== 'string') return given;
    return given === 'random' ? { random: 0 } : { file: given };
  });
  return { ...encoder, weights };
}

function lossList(losses: unknown): unknown {
  return mapAlternatives(losses, (given) => {
    if (isMethodInput(given)) return 'network' in given ? namedNetwork(given) : given;
    const items = Array.isArray(given) ? given : [given];
    return items.map((loss) => mapAlternatives(loss, (one) => named('type', one)));
  });
}

function namedNetwork(variant: object & { readonly network: unknown }): unknown {
  return { ...variant, network: mapAlternatives(variant.network, (one) => named('name', one)) };
}

function variantName(losses: unknown): string {
  if (!Array.isArray(losses)) return 'losses';
  const names = losses.map((loss) => (isRecord(loss) ? (loss.name ?? loss.type) : undefined));
  return names.every((name) => typeof name === 'string') ? names.join('+') : 'losses';
}

function writtenPair(pair: unknown): unknown {
  const { content, style, regions, masks, ...rest } = (
    Array.isArray(pair) ? { content: pair[0], style: pair[1] } : pair
  ) as Plain;
  return {
    content: imageFile(content),
    style: styleImages(style),
    ...(regions !== undefined && { regions: isRecord(regions) ? mapValues(regions, imageFiles) : regions }),
    ...(masks !== undefined && { masks: isRecord(masks) ? mapValues(masks, maskFiles) : masks }),
    ...rest,
  };
}

/** A style's file, or the files of several that are blended, with their weights. */
function styleImages(style: unknown): unknown {
  if (!Array.isArray(style)) return imageFile(style);
  return style.map((one) => {
    if (!isRecord(one) || !('image' in one)) return { image: imageFile(one) };
    return { ...one, image: imageFile(one.image) };
  });
}

function imageFiles(images: unknown): unknown {
  return Array.isArray(images) ? images.map(imageFile) : imageFile(images);
}

/** Masks by region, or those of several styles. */
function maskFiles(masks: unknown): unknown {
  if (Array.isArray(masks)) return masks.map(maskFiles);
  return isRecord(masks) ? mapValues(masks, imageFile) : masks;
}

/** An image by its file: a path, a file URL, or anything with a `path`, such as a picture of the fixtures. */
function imageFile(image: unknown): unknown {
  if (image instanceof URL) return fileURLToPath(image);
  return isRecord(image) && typeof image.path === 'string' ? image.path : image;
}

/**
 * Images as a record of files by name: a list goes by file names, with as many folders as tell different files apart; a
 * file that is listed again is numbered.
 */
function byName(images: unknown, fileOf: (image: unknown) => unknown = imageFile): unknown {
  const one = imageFile(images);
  if (typeof one === 'string') return byName([one]);
  if (isRecord(images)) return mapValues(images, fileOf);
  if (!Array.isArray(images)) return images;
  const files = images.map(imageFile);
  const names = distinctNames(
    files.map((file) => {
      const path = String(file);
      return { name: typeof file === 'string' ? imageName(file) : path, file: path, identity: resolve(path) };
    }),
  );
  const record: Plain = {};
  for (const [at, file] of files.entries()) {
    const name = names[at]!;
    let free = name;
    for (let i = 2; free in record; i++) free = `${name}-${i}`;
    record[free] = file;
  }
  return record;
}

/** What an image file is called in labels: its name without folders and extension. */
export function imageName(file: string): string {
  return basename(file, extname(file));
}

function mapValues(object: Plain, change: (value: unknown) => unknown): Plain {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
