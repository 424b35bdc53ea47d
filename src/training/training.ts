/** One training of a network, from its configuration to its parameters. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { loadModules } from '../components/modules.ts';
import type { Encoder } from '../encoders/encoder.ts';
import { loadEncoder } from '../encoders/registry.ts';
import type { Engine } from '../engines/engine.ts';
import { startEngine } from '../engines/start.ts';
import { messageOf, NeckarError } from '../errors.ts';
import type { TrainingConfig } from '../experiment/training.ts';
import { imageFileHash, readImage } from '../images/decode.ts';
import type { RgbImage } from '../images/image.ts';
import { resizeLongestSide } from '../images/resize.ts';
import { median } from '../median.ts';
import type { PerformTraining, TrainingIo, TrainingOutcome } from '../runs/trial-io.ts';
import { peakMemory, resetPeakMemory } from '../transfer/memory.ts';
import { Batches } from './batches.ts';
import { firstParameters, type ParameterLayout } from './parameters.ts';
import { Pictures } from './pictures.ts';
import { prepareStep } from './problem.ts';
import { type HeldContent, Sampler } from './samples.ts';
import { checkpointOf, freshMemory, resume, type TrainingMemory } from './state.ts';
import { takeSamples, trainSteps } from './steps.ts';
import { meanOf } from './stopping.ts';
import { preparedStyles } from './style-inputs.ts';
import { tensorOf } from './style-targets.ts';

/** The file that a training's parameters are kept in. */
const weightsFile = 'weights.safetensors';

/**
 * Trains one network.
 *
 * Every step is traced. A value that is no number, or a total that stays absurdly high, ends the training as `diverged`
 * with the last parameters by which everything was finite. Pictures that cannot be read, are smaller than the crops, or
 * have gone meanwhile are named in the log and left out. When the training has ended, a last checkpoint says so: one that is
 * taken up again from there is not computed anew.
 *
 * @throws NeckarError for styles, weights, layers or engines that cannot be had, and when no picture is left; the signal's
 *   reason when that aborts, once a checkpoint is written
 */
export const performTraining: PerformTraining = async (config, io, signal) => {
  const begun = performance.now();
  resetPeakMemory();
  io.progress({ phase: 'prepare', evaluation: 0, evaluations: config.budget.steps });
  await loadModules([...(config.modules ?? [])]);
  const styles = await readAll(config.styles);
  const inputs = await inputHashes(config);
  const { layout, start } = await firstParameters(config.network, config.seed, config.from, config.fresh);
  const engine = await startEngine(config.engine);
  try {
    const seen = preparedStyles(config, styles, resizeLongestSide);
    // `normalized` divides by mean activations: over the styles, which stay the same in all steps.
    const encoder = await loadEncoder(config.encoder, { images: seen.map(tensorOf), engine });
    const restored = io.restored === undefined ? undefined : resume(io.restored);
    const memory = restored?.memory ?? freshMemory(engine.identity.threads);
    noteThreads(memory, engine, io);
    const before = memory.total;
    const total = () => before + (performance.now() - begun) / 1000;
    const sampler = new Sampler(config, engine, layout, await heldContents(config, io), seen);
    try {
      const ended =
        restored?.parameters === undefined
          ? await trained({ config, io, engine, encoder, layout, sampler, memory, total }, begun, seen, {
              start,
              optimizer: restored?.optimizer,
              signal,
            })
          : restored.parameters;
      return await outcomeOf({ config, io, engine, encoder, layout, memory, total }, ended, inputs);
    } finally {
      await sampler.dispose();
    }
  } finally {
    await engine.dispose();
  }
};

interface Parts {
  readonly config: TrainingConfig;
  readonly io: TrainingIo;
  readonly engine: Engine;
  readonly encoder: Encoder;
  readonly layout: ParameterLayout;
  readonly memory: TrainingMemory;
  readonly total: () => number;
}

/** Steps until the end and keeps what it has come to; gives the parameters. */
async function trained(
  parts: Parts & { readonly sampler: Sampler },
  begun: number,
  styles: readonly RgbImage[],
  from: {
    readonly start: Float32Array;
    readonly optimizer: ReturnType<typeof resume>['optimizer'];
    readonly signal: AbortSignal;
  },
): Promise<Float32Array> {
  const { config, io, engine, encoder, layout, memory } = parts;
  io.progress({ phase: 'compile', evaluation: memory.totals.length, evaluations: config.budget.steps });
  const note = (sentence: string) => io.log(sentence);
  const problem = await prepareStep({ config, engine, encoder, layout, styles, note });
  try {
    memory.compile += problem.compileSeconds;
    memory.prepare += (performance.now() - begun) / 1000 - problem.compileSeconds;
    const pictures = new Pictures(config.pictures, config.size, note);
    const { ending, parameters } = await trainSteps(
      { ...parts, batches: new Batches(config, pictures), problem },
      from.start,
      from.optimizer,
      from.signal,
    );
    await takeSamples(parts, parameters);
    memory.compile += parts.sampler.compileSeconds;
    memory.ending = ending;
    memory.total = parts.total();
    await io.checkpoint(checkpointOf(memory, { parameters }));
    return parameters;
  } finally {
    await problem.dispose();
  }
}

async function outcomeOf(
  { config, io, engine, encoder, layout, memory, total }: Parts,
  parameters: Float32Array,
  inputs: Readonly<Record<string, string>>,
): Promise<TrainingOutcome> {
  const steps = memory.totals.length;
  // Nothing of time or place: the same training gives the same bytes.
  const bytes = layout.encode(parameters, {
    training: JSON.stringify({ steps, batch: config.batch, size: config.size, encoder: encoder.hash }),
  });
  const path = await io.file(weightsFile, bytes);
  const names = Object.keys(memory.records.at(-1)?.terms ?? {});
  const { records } = memory;
  return {
    ...memory.ending!,
    identity: engine.identity,
    inputs: { ...inputs, encoder: encoder.hash },
    weights: { path, bytes: bytes.byteLength, parameters: layout.size + frozenCount(layout) },
    samples: memory.samples,
    timing: {
      total: total(),
      prepare: memory.prepare,
      compile: memory.compile,
      peakMemory: peakMemory(),
      steps: memory.seconds,
      perStep: memory.stepSeconds.length === 0 ? 0 : median(memory.stepSeconds),
    },
    cost: { steps, pictures: steps * config.batch },
    final: {
      total: records.length === 0 ? Number.NaN : meanOf(records.map((record) => record.total)),
      terms: Object.fromEntries(
        names.map((name) => [
          name,
          {
            value: meanOf(records.map(({ terms }) => terms[name]!.value)),
            weighted: meanOf(records.map(({ terms }) => terms[name]!.weighted)),
          },
        ]),
      ),
    },
  };
}

function frozenCount({ frozen }: ParameterLayout): number {
  return Object.values(frozen).reduce((sum, { data }) => sum + data.length, 0);
}

function noteThreads(memory: TrainingMemory, engine: Engine, io: TrainingIo): void {
  const { threads } = engine.identity;
  if (memory.threads === threads) return;
  io.log(
    `goes on with ${threads} threads where it was left with ${memory.threads}: the last digits of its numbers may differ from those of a training that was never interrupted`,
  );
  memory.threads = threads;
}

async function readAll(files: readonly string[]): Promise<RgbImage[]> {
  return await Promise.all(files.map((file) => readImage(file)));
}

/** The contents that samples are made of; one that cannot be read is named and left out, as a training needs none. */
async function heldContents({ held }: TrainingConfig, io: TrainingIo): Promise<HeldContent[]> {
  const contents: HeldContent[] = [];
  for (const file of held) {
    try {
      contents.push({ file, image: await readImage(file) });
    } catch (error) {
      if (!(error instanceof NeckarError)) throw error;
      io.log(`no samples of it: ${messageOf(error)}`);
    }
  }
  return contents;
}

async function inputHashes(config: TrainingConfig): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const [index, file] of config.styles.entries()) {
    hashes[index === 0 ? 'style' : `style ${index + 1}`] = await imageFileHash(file);
  }
  if (config.from !== undefined) {
    hashes.from = createHash('sha256')
      .update(await readFile(config.from))
      .digest('hex');
  }
  return hashes;
}
