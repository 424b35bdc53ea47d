/** What may be run on a protocol: methods by what a person types, as the part of an experiment that makes a picture. */
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { didYouMean, NeckarError } from '../errors.ts';
import type { ExperimentInput } from '../experiment/define.ts';
import { loadExperiment } from '../experiment/load.ts';
import { type MethodName, methods } from '../experiment/methods.ts';
import { publishedNetworks } from '../networks/catalog.ts';
import { installedNetwork } from '../networks/installed.ts';
import { publishedMethods, publishedNames } from '../published/all.ts';
import type { ProtocolMethod, ProtocolTier } from './protocol-schema.ts';

/** A method, ready to be planned. */
export interface BenchmarkMethod {
  /** What it is called in the run, in submissions and on boards. */
  readonly name: string;
  readonly title: string;
  readonly citation: string;
  /** What makes its pictures: settings and one variant of its name. Pictures, size and metrics are the protocol's. */
  readonly experiment: ExperimentInput;
  /** What relative paths in that start from. */
  readonly folder?: string;
}

/**
 * The methods that a person names on a protocol's tier.
 *
 * @param word - `gram` (a baseline of the tier, a loss of `neckar transfer`, a published method, an installed network);
 *   `file.ts` or `file.ts:variant` (variants of an experiment); `name=python their.py {content} {style} {output}` (a
 *   program); `name=folder` or a folder alone (pictures named `<content>-<style>.png`)
 * @throws NeckarError when nothing is called so, with what there is
 */
export async function methodsCalled(word: string, tier: ProtocolTier): Promise<BenchmarkMethod[]> {
  const own = [tier.reference, ...tier.baselines].find(({ name }) => name === word);
  if (own !== undefined) return [ofProtocol(own)];
  const named = /^([A-Za-z0-9][\w.+-]*)=(.+)$/s.exec(word);
  if (named !== null) return [external(named[1]!, named[2]!)];
  if (isFolder(word)) return [external(basename(resolve(word)), word)];
  const file = /^(.*\.m?[jt]s)(?::([^:]+))?$/.exec(word);
  if (file !== null) return await ofExperiment(file[1]!, file[2]);
  if (Object.hasOwn(methods, word)) return [ofLosses(word as MethodName, tier)];
  const published = publishedMethods.find(({ name }) => name === word);
  if (published !== undefined) {
    const { name, description, citation } = published;
    return [{ name, title: description, citation, experiment: { presets: [published.name] } }];
  }
  if (installedNetwork(word) !== undefined) return [ofNetwork(word)];
  const known = [
    tier.reference.name,
    ...tier.baselines.map(({ name }) => name),
    ...Object.keys(methods),
    ...publishedNames,
    ...publishedNetworks.map(({ name }) => name),
  ];
  const isListed = publishedNetworks.some(({ name }) => name === word);
  throw new NeckarError(
    isListed
      ? `the network "${word}" is not installed: "neckar networks pull ${word}" fetches it`
      : `there is no method "${word}". ${didYouMean(word, known)}There are: ${[...new Set(known)].join(', ')}; variants of an experiment as file.ts:variant; name=command with {content} {style} {output}; name=folder of pictures`,
  );
}

/** The reference or a baseline, as its protocol has it. */
export function ofProtocol(method: ProtocolMethod): BenchmarkMethod {
  const { name, title, citation, presets, losses, network, weights, settings } = method;
  const variant = network === undefined ? losses : { network, ...(weights !== undefined && { weights }) };
  const experiment = {
    ...settings,
    ...(presets && { presets }),
    ...(variant && { variants: { [name]: variant } }),
  } as unknown as ExperimentInput;
  return { name, title, citation, experiment };
}

/** A method of `neckar transfer`, with all but its losses as the tier's reference has it. */
function ofLosses(name: MethodName, { reference }: ProtocolTier): BenchmarkMethod {
  const encoder = (reference.settings.encoder as { name?: string } | undefined)?.name ?? 'wavelet';
  const losses = methods[name](undefined, undefined, encoder === 'wavelet');
  return {
    name,
    title: `Losses of "neckar transfer --loss ${name}", the rest as the reference`,
    citation: 'Neckar',
    experiment: { ...(reference.settings as ExperimentInput), variants: { [name]: losses } },
  };
}

function ofNetwork(name: string): BenchmarkMethod {
  const entry = publishedNetworks.find((one) => one.name === name);
  const network = entry?.network ?? installedNetwork(name)!.network;
  return {
    name,
    title: entry?.summary ?? `Installed network ${name}`,
    citation: entry?.citation ?? 'its own',
    experiment: { variants: { [name]: { network: network as never, weights: name } } },
  };
}

async function ofExperiment(file: string, wanted: string | undefined): Promise<BenchmarkMethod[]> {
  const { experiment, folder } = await loadExperiment(file);
  const { contents: _, styles: __, pairs: ___, question: ____, metrics: _____, ...rest } = experiment;
  const all = Object.keys(experiment.variants ?? {});
  if (wanted !== undefined && !all.includes(wanted)) {
    throw new NeckarError(
      `"${file}" has no variant "${wanted}". ${didYouMean(wanted, all)}There are: ${all.join(', ')}`,
    );
  }
  if (all.length === 0) throw new NeckarError(`"${file}" has no variants by name; a benchmark needs names`);
  return (wanted === undefined ? all : [wanted]).map((name) => ({
    name,
    title: `Variant ${name} of ${basename(file)}`,
    citation: 'its own',
    experiment: { ...rest, variants: { [name]: experiment.variants![name]! } },
    folder,
  }));
}

function external(name: string, text: string): BenchmarkMethod {
  const isCommand = text.includes('{output}');
  if (!isCommand && !isFolder(text)) {
    throw new NeckarError(
      `the method "${name}": "${text}" is neither a folder of pictures nor a command with {content}, {style} and {output}`,
    );
  }
  return {
    name,
    title: isCommand ? `Command: ${text}` : 'Pictures made elsewhere',
    citation: 'its own',
    experiment: { variants: { [name]: isCommand ? { command: text } : { images: resolve(text) } } },
  };
}

function isFolder(text: string): boolean {
  return statSync(text, { throwIfNoEntry: false })?.isDirectory() === true;
}
