/** Reading an experiment file: a TypeScript or JavaScript module whose default export is an experiment. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isRecord } from '../components/schema-walk.ts';
import { didYouMean, messageOf, NeckarError } from '../errors.ts';
import { readExperimentCode } from '../platform/experiment-code.ts';
import type { ExperimentInput } from './define.ts';
import { experimentKeys } from './header.ts';

export interface LoadedExperiment {
  readonly experiment: ExperimentInput;
  /** Absolute. */
  readonly file: string;
  /** What relative paths in the file start from. */
  readonly folder: string;
  /** The file's name: what the experiment is called unless it says otherwise. */
  readonly name: string;
}

/**
 * Loads an experiment by its file, or by its name alone when it lies in `experiments/`.
 * @throws NeckarError for a missing file, one that cannot be read or throws (with the line, where known), and one
 *   that exports no experiment
 */
export async function loadExperiment(given: string): Promise<LoadedExperiment> {
  const file = findFile(given);
  readExperimentCode();
  const exported = await importFile(file);
  const experiment = experimentOf(exported, shownPath(file));
  return { experiment, file, folder: dirname(file), name: basename(file, extname(file)) };
}

const extensions = ['.ts', '.mts', '.js', '.mjs'];

function findFile(given: string): string {
  const candidates = [given, ...extensions.flatMap((end) => [given + end, join('experiments', given + end)])];
  const found = candidates
    .map((one) => resolve(one))
    .find((one) => existsSync(one) && statSync(one).isFile());
  if (found !== undefined) return found;
  const folder = existsSync(dirname(given)) && given.includes('/') ? dirname(given) : 'experiments';
  const known = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => extensions.includes(extname(name)))
        .map((name) => join(folder, name))
    : [];
  const names = new Map(
    known.flatMap((path) => [
      [path, path],
      [basename(path, extname(path)), path],
    ]),
  );
  const there =
    known.length === 0 ? '' : `In ${folder} there are: ${known.map((path) => basename(path)).join(', ')}`;
  throw new NeckarError(
    `there is no experiment file "${given}". ${didYouMean(given, names.keys())}${there || 'Give the path of a TypeScript file that exports an experiment'}`,
  );
}

async function importFile(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw new NeckarError(`${placeOf(error, file)}: ${sentenceOf(error)}`, { cause: error });
  }
}

/** The file, with the line at which the error arose where its stack or text tells. */
function placeOf(error: unknown, file: string): string {
  const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : '';
  for (const name of [pathToFileURL(file).href, file]) {
    const line = text.split(`${name}:`)[1]?.match(/^\d+/)?.[0];
    if (line !== undefined) return `${shownPath(file)}:${line}`;
  }
  return shownPath(file);
}

function sentenceOf(error: unknown): string {
  if (error instanceof NeckarError) return error.message;
  const message = messageOf(error);
  // esbuild: "Transform failed with 1 error: /path/file.ts:3:5: ERROR: Expected ..."
  const syntax = /Transform failed with \d+ errors?:.*?ERROR: (.*?)(?= \S+:\d+:\d+: ERROR:|$)/.exec(message);
  if (syntax !== null) return `this is no valid TypeScript: ${syntax[1]}`;
  const missing = /Cannot find (module|package) '([^']+)'/.exec(message);
  if (missing !== null) {
    const name = missing[2]!.startsWith('/') ? shownPath(missing[2]!) : missing[2]!;
    return `it imports "${name}", which cannot be found`;
  }
  const name = error instanceof Error ? error.name : 'Error';
  return `the experiment throws ${name === 'Error' ? 'an error' : `a ${name}`}: ${message || 'without a message'}`;
}

function experimentOf(exported: Record<string, unknown>, path: string): ExperimentInput {
  const { default: experiment } = exported;
  const wanted = `write "export default defineExperiment({ ... })"`;
  if (experiment === undefined) {
    const names = Object.keys(exported);
    const instead = names.length === 0 ? 'it exports nothing' : `it exports only ${names.join(', ')}`;
    throw new NeckarError(`${path}: the file has no default export (${instead}); ${wanted}`);
  }
  if (!isRecord(experiment) || !Object.keys(experiment).some((key) => experimentKeys.includes(key))) {
    throw new NeckarError(
      `${path}: the default export is ${kindOf(experiment)}, not an experiment; ${wanted}`,
    );
  }
  return experiment as ExperimentInput;
}

function kindOf(thing: unknown): string {
  if (thing === null) return 'null';
  if (Array.isArray(thing)) return 'a list';
  if (typeof thing !== 'object') return `a ${typeof thing}`;
  const keys = Object.keys(thing);
  return keys.length === 0 ? 'an empty object' : `an object with ${keys.slice(0, 5).join(', ')}`;
}

/** A path as a person would type it: relative to the working directory where it lies below it. */
export function shownPath(path: string): string {
  const absolute = path.startsWith('file:') ? fileURLToPath(path) : path;
  const short = relative(process.cwd(), absolute);
  return short.startsWith('..') ? absolute : short;
}
