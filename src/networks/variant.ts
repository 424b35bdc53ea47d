/** A network as a variant of an experiment, `{ network: …, weights: …, alpha: … }`: its schema, and the method that it is. */
import { statSync } from 'node:fs';
import { z } from 'zod';
import { NeckarError } from '../errors.ts';
import type { TrainingConfig } from '../experiment/training.ts';
import type { ColorMode } from '../experiment/trial.ts';
import type { NetworkMethod } from '../external/method.ts';
import type { TrainingInput } from '../training/schema.ts';
import { isWeightName } from '../weights/installed.ts';
import type { NetworkDefinition, NetworkInput } from './define.ts';
import { locateNetwork, metadataOf } from './installed.ts';
import { outlinesOf } from './parameters.ts';
import {
  type NetworkSpec,
  networkAbilities,
  networkClass,
  networkSchema,
  networkStyles,
  networks,
} from './registry.ts';

const styleSchema = z.union([
  z.int().min(0),
  z
    .record(
      z.string().regex(/^\d+$/, { error: 'styles are named by their numbers, from 0' }),
      z.number().positive(),
    )
    .refine((parts) => Object.keys(parts).length > 0, { error: 'name at least one style' }),
]);

/** A variant `{ network: … }`. */
export const networkVariantSchema = z.strictObject({
  network: networkSchema.describe('the network that makes the picture in one pass'),
  weights: z
    .string()
    .min(1)
    .optional()
    .describe('its parameters: a file, or a name that "neckar networks list" shows'),
  alpha: z.number().min(0).max(1).default(1).describe('how much is stylised, for networks that blend within'),
  style: styleSchema
    .optional()
    .describe(
      'networks for many styles: which of those it has learnt, from 0, or parts of several as { 3: 2, 7: 1 }',
    ),
});

export interface NetworkVariantInput {
  /** The network, as its function gives it, or its name alone. */
  readonly network: NetworkInput;
  /** Its parameters: a file, or a name that "neckar networks list" shows. */
  readonly weights?: string;
  /** How its parameters are trained before, once however many trials need them; instead of `weights`. */
  readonly training?: TrainingInput;
  /** How much is stylised, 0 to 1, for networks that blend within. Default: 1. */
  readonly alpha?: number;
  /** Networks for many styles: which of those it has learnt, from 0, or parts of several as `{ 3: 2, 7: 1 }`. */
  readonly style?: number | Readonly<Record<number, number>>;
}

/** What decides about a variant besides itself. */
export interface VariantSurroundings {
  /** Pictures that are blended as the style. */
  readonly styles: number;
  readonly color: ColorMode;
  /** Whether region maps or masks are wished. */
  readonly guided: boolean;
  /** From a path as written to an absolute one. */
  readonly path: (file: string) => string;
  /** The trial's own style, absolute. */
  readonly style: string;
  /** The training that a variant names, resolved for a network; undefined where something about it is wrong. */
  readonly trained: (written: unknown, network: NetworkSpec) => TrainingConfig | undefined;
}

/**
 * The variant as written, with the settings that its file of parameters says it is of where it says none itself. Other
 * files say nothing, and what is wrong with them is said when they are read.
 */
export function withSettingsOfFile(written: unknown, path: (file: string) => string): unknown {
  const { network, weights } = written as { network?: unknown; weights?: unknown };
  const own = typeof network === 'string' ? { name: network } : network;
  if (typeof weights !== 'string' || typeof own !== 'object' || own === null) return written;
  let settings: unknown;
  try {
    const metadata = metadataOf(isWeightName(weights) ? locateNetwork(weights) : path(weights));
    if (metadata?.network !== (own as { name?: unknown }).name) return written;
    settings = JSON.parse(metadata?.settings ?? '{}');
  } catch {
    return written;
  }
  return { ...(written as object), network: { ...(settings as object), ...own } };
}

/**
 * The method that a checked variant is.
 * @throws NeckarError that lists what the network cannot do of what is asked, one line each
 */
export function networkMethod(
  {
    network,
    weights,
    training: written,
    alpha,
    style,
  }: z.output<typeof networkVariantSchema> & { readonly training?: unknown },
  { styles, color, guided, path, style: own, trained }: VariantSurroundings,
): NetworkMethod {
  const problems: string[] = [];
  const can = networkAbilities(network);
  const kind = networkClass(network);
  const { name, ...settings } = network;
  const definition = networks.get(name);
  const files = (definition.fileSettings ?? []).filter((place) => fileAt(network, place) !== undefined);
  const located = files.reduce(
    (spec, place) => withFile(spec, place, path(fileAt(network, place)!)),
    network,
  );
  for (const place of files) {
    problemsCaught(problems, () => checkFile(definition, fileAt(located, place)!, `network.${place}`));
  }
  if (alpha < 1 && can.alpha !== true) {
    problems.push(`alpha: the network ${name} does not blend content and stylisation; leave alpha out`);
  }
  if (kind !== 'any-style') {
    if (color !== 'free' && color !== 'luminance') {
      problems.push(
        `color: ${color} recolours the style before it is seen, and the network ${name} has learnt its style; luminance is what works with it`,
      );
    }
    if (styles > 1 && style === undefined) {
      problems.push(
        `the network ${name} sees no style pictures, so that ${styles} cannot be blended; give it pairs of one style${kind === 'many-styles' ? ', or say as style which parts of those that it has learnt' : ''}`,
      );
    }
  } else if (styles > 1 && can.blend !== true) {
    problems.push(`the network ${name} blends no styles; give it pairs of one style`);
  }
  if (guided && (can.regions !== true || kind !== 'any-style')) {
    problems.push(
      `regions: the network ${name} puts no styles into regions; regions: 'none' is what works with it`,
    );
  } else if (guided && styles < 2) {
    problems.push(
      `regions: they say which of several styles the network ${name} puts where, and there is one; give pairs of several`,
    );
  }
  if (written !== undefined && weights !== undefined) {
    problems.push(
      'weights and training: its parameters come from the one or from the other; weights to begin a training with are training.from',
    );
  }
  const training = written === undefined ? undefined : trained(written, located);
  // Of a network that is trained here it is known which of its styles is the trial's.
  const at = training?.styles.indexOf(own) ?? -1;
  const index = style ?? (kind === 'many-styles' && at >= 0 ? at : undefined);
  const learnt = problemsCaught(problems, () => learntWeights(network, index, can.blend === true));
  const parameters: NetworkMethod['parameters'] | undefined =
    written !== undefined
      ? training && { from: 'training', training }
      : problemsCaught(problems, () => parametersFrom(located, weights, path));
  if (problems.length > 0) throw new NeckarError(problems.join('\n'));
  const noise = definition.noise !== undefined && Object.keys(definition.noise(settings, 64, 64)).length > 0;
  return {
    kind: 'network',
    network: located,
    parameters: parameters!,
    ...(alpha < 1 && { alpha }),
    ...(learnt && { weights: learnt }),
    ...(kind === 'any-style' && { seesStyles: true as const }),
    ...(noise && { seeded: true as const }),
    ...(files.length > 0 && { files }),
  };
}

/** What was found of files, by path, size and time: each of an experiment's trials asks again. */
const checked = new Map<string, { readonly error?: NeckarError }>();

function checkFile({ checkFile: check }: NetworkDefinition, path: string, place: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  if (check === undefined || status?.isFile() !== true) return;
  const key = `${path} ${status.size} ${status.mtimeMs}`;
  let found = checked.get(key);
  if (found === undefined) {
    found = {};
    try {
      check(path);
    } catch (error) {
      if (!(error instanceof NeckarError)) throw error;
      found = { error };
    }
    checked.set(key, found);
  }
  if (found.error !== undefined) {
    throw new NeckarError(`${place}: ${found.error.message}`, { cause: found.error });
  }
}

function problemsCaught<Result>(problems: string[], work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof NeckarError)) throw error;
    problems.push(...error.message.split('\n'));
    return undefined;
  }
}

/** How much of each learnt style, of sum 1; undefined for networks that have learnt none, or one. */
function learntWeights(
  network: NetworkSpec,
  style: z.output<typeof styleSchema> | undefined,
  blends: boolean,
): number[] | undefined {
  const kind = networkClass(network);
  if (kind !== 'many-styles') {
    if (style === undefined) return undefined;
    const why = kind === 'per-style' ? 'has learnt one style' : 'takes whatever style it is shown';
    throw new NeckarError(`style: the network ${network.name} ${why}; leave style out`);
  }
  const count = networkStyles(network)!;
  const range = `0 to ${count - 1}`;
  if (style === undefined) {
    if (count === 1) return [1];
    throw new NeckarError(
      `style: the network ${network.name} has learnt ${count} styles; say which is meant, as style: 0 (${range}), or parts of several as { 0: 2, 1: 1 }`,
    );
  }
  const parts = typeof style === 'number' ? { [style]: 1 } : style;
  const beyond = Object.keys(parts).find((index) => Number(index) >= count);
  if (beyond !== undefined) {
    throw new NeckarError(
      `style: ${beyond} is no style of the network ${network.name}, which has learnt ${count}: they are numbered ${range}`,
    );
  }
  if (Object.keys(parts).length > 1 && !blends) {
    throw new NeckarError(`style: the network ${network.name} blends no styles; name one, as style: 0`);
  }
  const total = Object.values(parts).reduce((sum, part) => sum + part, 0);
  return Array.from({ length: count }, (_, index) => (parts[index] ?? 0) / total);
}

function parametersFrom(
  network: NetworkSpec,
  weights: string | undefined,
  path: (file: string) => string,
): NetworkMethod['parameters'] {
  const { name } = network;
  const needed = outlinesOf(network).length > 0;
  if (weights === undefined) {
    if (!needed) return { from: 'nowhere' };
    throw new NeckarError(
      `weights: the network ${name} needs parameters; name a file of them, installed ones that "neckar networks list" shows, or a training`,
    );
  }
  if (!needed) {
    throw new NeckarError(`weights: the network ${name} takes none; leave weights out`);
  }
  return { from: 'file', file: isWeightName(weights) ? locateNetwork(weights) : path(weights) };
}

/** The file that a setting of a network names, by the setting's dotted path; undefined where it names none. */
export function fileAt(network: NetworkSpec, place: string): string | undefined {
  const found = place
    .split('.')
    .reduce<unknown>((inside, key) => (inside as Record<string, unknown> | undefined)?.[key], network);
  return typeof found === 'string' ? found : undefined;
}

/** The network with another value in the place of a file's. */
export function withFile(network: NetworkSpec, place: string, file: string): NetworkSpec {
  const set = (
    inside: Readonly<Record<string, unknown>>,
    [key, ...rest]: string[],
  ): Record<string, unknown> => ({
    ...inside,
    [key!]: rest.length === 0 ? file : set(inside[key!] as Record<string, unknown>, rest),
  });
  return set(network, place.split('.')) as NetworkSpec;
}
