/**
 * What makes two trainings the same: a hash of everything that decides the network's parameters, and of nothing else, as
 * `identity.ts` says it of trials. Paths of files whose bytes are hashed do not enter, nor does the number of threads, nor
 * the pictures that samples are made of; the order of the pictures does, as crops are drawn by it.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../platform/canonical-json.ts';
import type { TrainingConfig } from './training.ts';
import type { TrialConfig } from './trial.ts';

/** SHA-256 in hexadecimal of the files that go into a training, by the roles of `trainingFiles`. */
export type TrainingHashes = Readonly<Record<string, string>>;

/**
 * The first 16 hexadecimal digits of the SHA-256 over the canonical JSON of a training's work.
 * @param objectiveVersion - raised whenever the code computes other numbers for the same configuration
 */
export function trainingId(config: TrainingConfig, inputs: TrainingHashes, objectiveVersion: number): string {
  const identity = { training: workOfTraining(config), inputs, objectiveVersion };
  return createHash('sha256').update(canonicalJson(identity)).digest('hex').slice(0, 16);
}

/** The part of a training's configuration that enters its id. */
export function workOfTraining(config: TrainingConfig): Record<string, unknown> {
  const { pictures: _, styles: __, held: ___, from, modules, engine, encoder, ...work } = config;
  return {
    ...work,
    ...(from !== undefined && { from: 'hashed' }),
    ...(modules && { modules: modules.map(({ hash }) => hash) }),
    engine: { name: engine.name, provider: engine.provider },
    encoder:
      'weights' in encoder && 'file' in encoder.weights
        ? { ...encoder, weights: { input: encoder.weights.input, file: 'hashed' } }
        : encoder,
  };
}

/** The files a training reads, by role: `picture 1`, `style 1` and so on, `encoder`, `from`. */
export function trainingFiles({ pictures, styles, encoder, from }: TrainingConfig): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [i, file] of pictures.entries()) files[`picture ${i + 1}`] = file;
  for (const [i, file] of styles.entries()) files[`style ${i + 1}`] = file;
  if ('weights' in encoder && 'file' in encoder.weights) files.encoder = encoder.weights.file;
  if (from !== undefined) files.from = from;
  return files;
}

/** The training that makes the parameters of a trial's network; undefined where none does. */
export function trainingOf({ method }: Pick<TrialConfig, 'method'>): TrainingConfig | undefined {
  if (method?.kind !== 'network' || method.parameters.from !== 'training') return undefined;
  return method.parameters.training;
}
