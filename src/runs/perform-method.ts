/** A trial whose picture somebody else makes: run their program or read their picture, then measure it like ours. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findRegions } from '../../metrics/regions.ts';
import { loadEncoder } from '../encoders/registry.ts';
import { withoutTelemetry } from '../engines/onnx/runtime.ts';
import { startEngine } from '../engines/start.ts';
import { messageOf, NeckarError } from '../errors.ts';
import type { Energy } from '../experiment/result.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import type { CommandMethod, ImagesMethod } from '../external/method.ts';
import { runCommand } from '../external/run-command.ts';
import { commandLine } from '../external/template.ts';
import { imageFileHash, readImage } from '../images/decode.ts';
import type { RgbImage } from '../images/image.ts';
import { resizeLongestSide } from '../images/resize.ts';
import { startEnergyMeter } from './energy.ts';
import { measurePicture } from './picture-scores.ts';
import type { TrialIo, TrialOutcome } from './trial-io.ts';

/** A picture, and what is known of its making. */
interface Made {
  readonly picture: RgbImage;
  /** Wall time of the program, in seconds. */
  readonly seconds?: number;
  readonly energy?: Energy;
}

/**
 * Runs one trial of another method.
 *
 * A program's output goes line by line into the attempt's log. Its picture is kept before it is measured, so that
 * an error there costs the measurement alone.
 *
 * @throws NeckarError when the program fails, or its picture or the given one is missing or unreadable; the signal's
 *   reason when that aborts
 */
export async function performMethod(
  config: TrialConfig,
  method: CommandMethod | ImagesMethod,
  io: TrialIo,
  signal: AbortSignal,
): Promise<TrialOutcome> {
  const regions = await findRegions(config.content, config.style);
  const [content, style] = await Promise.all([readImage(config.content), readImage(config.style)]);
  const made = method.kind === 'command' ? await commanded(config, method, io, signal) : await given(method);
  signal.throwIfAborted();
  io.progress({ phase: 'measure', evaluation: 0, evaluations: 0 });
  const { picture, seconds, energy } = made;
  const final = await io.picture('final', picture);
  const engine = await startEngine(config.engine);
  try {
    const encoder = await loadEncoder(config.encoder, {
      images: [content, style].map((image) => {
        const { width, height, data } = resizeLongestSide(image, config.sizes.at(-1)!);
        return { shape: [1, height, width, 3], dtype: 'float32' as const, data };
      }),
      engine,
    });
    const scores = await measurePicture(
      { picture, content, styles: [{ image: style, weight: 1, regions }], layers: [] },
      engine,
      encoder,
      config,
    );
    return {
      state: 'complete',
      reason: method.kind === 'command' ? 'the command ended' : 'made elsewhere',
      identity: engine.identity,
      inputs: {
        content: await imageFileHash(config.content),
        style: await imageFileHash(config.style),
        encoder: encoder.hash,
      },
      images: { final, snapshots: [], width: picture.width, height: picture.height },
      timing: {
        known: seconds === undefined ? 'nothing' : 'total',
        total: seconds ?? 0,
        prepare: 0,
        compile: 0,
        warmup: 0,
        evaluate: 0,
        perEvaluation: 0,
        optimizer: 0,
        refresh: 0,
        output: 0,
        peakMemory: 0,
        ...(energy !== undefined && { energy }),
      },
      cost: { evaluations: 0, steps: 0 },
      final: { total: Number.NaN, terms: {} },
      scores,
    };
  } finally {
    await engine.dispose();
  }
}

async function given({ file, pattern }: ImagesMethod): Promise<Made> {
  if (!existsSync(file)) {
    throw new NeckarError(
      `there is no picture "${file}". Put it there, or change the pattern its name is made by ("${pattern}")`,
    );
  }
  return { picture: await readImage(file) };
}

/** Characters of a program's output that are kept. */
const mostLog = 4e6;

async function commanded(
  config: TrialConfig,
  method: CommandMethod,
  io: TrialIo,
  signal: AbortSignal,
): Promise<Made> {
  const restored = io.restored as unknown as Kept | undefined;
  if (restored !== undefined) {
    return { picture: restored.picture, seconds: restored.seconds, energy: JSON.parse(restored.energy) };
  }
  const scratch = await mkdtemp(join(tmpdir(), 'neckar-command-'));
  const meter = startEnergyMeter();
  try {
    const output = join(scratch, 'picture.png');
    const words = commandLine(
      method.command,
      {
        content: resolve(config.content),
        style: resolve(config.style),
        output,
        size: String(config.sizes.at(-1)),
        seed: String(config.seed),
      },
      method.shell,
    );
    io.progress({ phase: 'evaluate', evaluation: 0, evaluations: 0 });
    io.log(`in ${method.folder}: ${words.join(' ')}`);
    const seconds = await runCommand({
      words,
      folder: method.folder,
      // A program of somebody else's may load onnxruntime as well.
      env: { ...threadsFor(config), ...process.env, ...withoutTelemetry, ...method.env },
      timeout: method.timeout,
      scratch,
      onLine: cappedLog(io),
      signal,
    });
    const energy = meter.stop();
    const picture = await readOutput(output);
    const kept: Kept = { picture, seconds, energy: JSON.stringify(energy) };
    await io.checkpoint({ ...kept, picture: { ...picture } });
    return { picture, seconds, energy };
  } finally {
    meter.stop();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What is kept between the program's end and the measurement's. */
interface Kept {
  readonly picture: RgbImage;
  readonly seconds: number;
  readonly energy: string;
}

/** Most numerical programs take as many threads as there are processors, unless they are told how many are theirs. */
function threadsFor({ engine }: TrialConfig): Record<string, string> {
  return engine.threads === undefined ? {} : { OMP_NUM_THREADS: String(engine.threads) };
}

function cappedLog(io: TrialIo): (line: string) => void {
  let length = 0;
  return (line) => {
    if (length > mostLog) return;
    length += line.length + 1;
    io.log(length > mostLog ? `… (only the first ${mostLog / 1e6} million characters are kept)` : line);
  };
}

async function readOutput(output: string): Promise<RgbImage> {
  try {
    return await readImage(output);
  } catch (error) {
    throw new NeckarError(
      `the command ended well, but left no picture that can be read as {output}: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
