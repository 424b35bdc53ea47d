/** A trial whose picture a network makes in one pass: applied, timed over several passes, and measured like the others. */

import { ownColors } from '../../metrics/mean-color.ts';
import { measuredStyles, type RegionsOfPair, regionsOfTrial } from '../../metrics/styles.ts';
import { loadEncoder } from '../encoders/registry.ts';
import type { EngineIdentity } from '../engines/engine.ts';
import { startEngine } from '../engines/start.ts';
import { NeckarError } from '../errors.ts';
import { inputFiles } from '../experiment/input-files.ts';
import type { Energy, NetworkFacts } from '../experiment/result.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import type { NetworkMethod } from '../external/method.ts';
import { imageFileHash, readImage } from '../images/decode.ts';
import { clampImage, type RgbImage } from '../images/image.ts';
import { resizeLongestSide } from '../images/resize.ts';
import { median } from '../median.ts';
import { openNetwork } from '../networks/apply.ts';
import type { PassRequest } from '../networks/define.ts';
import { readParameters } from '../networks/parameters.ts';
import { stylePlanes } from '../networks/regions.ts';
import { networkClass, networkStyles } from '../networks/registry.ts';
import { encodedColors, shownColors } from '../transfer/colors.ts';
import { peakMemory, resetPeakMemory } from '../transfer/memory.ts';
import { hashFile } from '../weights/files.ts';
import { startEnergyMeter } from './energy.ts';
import { measurePicture } from './picture-scores.ts';
import type { TrialIo, TrialOutcome } from './trial-io.ts';

/** What a network made of a trial's pictures, and what it took. */
export interface Applied {
  readonly picture: RgbImage;
  readonly facts: NetworkFacts;
  readonly identity: EngineIdentity;
  readonly timing: AppliedTiming;
}

interface AppliedTiming {
  /** Seconds of one picture, from reading the files to the picture of the first pass. */
  readonly total: number;
  readonly prepare: number;
  readonly compile: number;
  /** The first pass. */
  readonly warmup: number;
  /** Bytes. */
  readonly peakMemory: number;
  readonly energy: Energy;
}

/** Passes after the first: as many as fit into this, at least and at most. */
const passes = { seconds: 4, least: 2, most: 5 } as const;

/** What the application is watched and stopped by, and the parameters that were trained before. */
export interface ApplicationIo extends Pick<TrialIo, 'progress' | 'log' | 'trained'> {
  /** Passes after the first, which nothing but the timing needs. Default: several. */
  readonly repeated?: boolean;
}

/**
 * Applies a trial's network to its pictures.
 *
 * @throws NeckarError when its files are missing or another network's, and for pictures it cannot take; the signal's
 *   reason when that aborts, after the pass at hand
 */
export async function applyNetwork(
  config: TrialConfig,
  method: NetworkMethod,
  io: ApplicationIo,
  signal: AbortSignal,
): Promise<Applied> {
  const { network } = method;
  const begun = performance.now();
  const since = (from: number) => (performance.now() - from) / 1000;
  resetPeakMemory();
  const meter = startEnergyMeter();
  io.progress({ phase: 'prepare', evaluation: 0, evaluations: 0 });
  try {
    const { request, content } = await requestOf(config, method);
    const opened = await openNetwork(network, config.engine, await parametersOf(method, io));
    try {
      signal.throwIfAborted();
      const prepare = since(begun);
      io.progress({ phase: 'compile', evaluation: 0, evaluations: 0 });
      const compiling = performance.now();
      const pass = await opened.prepare(request);
      try {
        const compile = since(compiling);
        signal.throwIfAborted();
        io.progress({ phase: 'evaluate', evaluation: 0, evaluations: 1 });
        const first = performance.now();
        const made = await pass.run();
        const warmup = since(first);
        refuseNaN(made, network.name);
        const picture = shownColors(config.color ?? 'free', clampImage(made), content);
        const total = since(begun);
        const energy = meter.stop();
        const seconds: number[] = [];
        const repeating = performance.now();
        while (
          io.repeated !== false &&
          seconds.length < passes.most &&
          (seconds.length < passes.least || since(repeating) < passes.seconds)
        ) {
          signal.throwIfAborted();
          const began = performance.now();
          await pass.run();
          seconds.push(since(began));
        }
        const styles = networkStyles(network);
        return {
          picture,
          identity: opened.identity,
          facts: {
            class: networkClass(network),
            parameters: opened.parameters,
            bytes: opened.bytes,
            ...(styles !== undefined && { styles }),
            pass: seconds.length === 0 ? warmup : median(seconds),
            ...trainingFacts(io),
          },
          timing: { total, prepare, compile, warmup, peakMemory: peakMemory(), energy },
        };
      } finally {
        await pass.dispose();
      }
    } finally {
      await opened.dispose();
    }
  } finally {
    meter.stop();
  }
}

/**
 * Runs one trial of a network: its picture is kept before it is measured, so that an error there costs the measurement
 * alone.
 *
 * @throws NeckarError as `applyNetwork`
 */
export async function performNetwork(
  config: TrialConfig,
  method: NetworkMethod,
  io: TrialIo,
  signal: AbortSignal,
): Promise<TrialOutcome> {
  // Read before the work: a map that is broken is said at once, not after it.
  const regions = await measuredRegions(config);
  const { picture, facts, identity, timing } = await appliedOrKept(config, method, io, signal);
  const final = await io.picture('final', picture);
  signal.throwIfAborted();
  io.progress({ phase: 'measure', evaluation: 0, evaluations: 0 });
  const engine = await startEngine(config.engine);
  try {
    const content = await readImage(config.content);
    const styles = await measuredStyles(config, regions);
    const encoder = await loadEncoder(config.encoder, {
      images: [content, ...styles.map(({ image }) => image)].map((image) => {
        const { width, height, data } = resizeLongestSide(image, config.sizes.at(-1)!);
        return { shape: [1, height, width, 3], dtype: 'float32' as const, data };
      }),
      engine,
    });
    const scores = await measurePicture(
      { picture, content, styles, layers: [], ownColors: ownColors(config) },
      engine,
      encoder,
      config,
    );
    return {
      state: 'complete',
      reason: 'one pass of a network',
      identity,
      inputs: { ...(await hashesOf(config)), encoder: encoder.hash },
      images: { final, snapshots: [], width: picture.width, height: picture.height },
      network: facts,
      timing: {
        known: 'total',
        ...timing,
        evaluate: 0,
        perEvaluation: 0,
        optimizer: 0,
        refresh: 0,
        output: 0,
      },
      cost: { evaluations: 0, steps: 0 },
      final: { total: Number.NaN, terms: {} },
      scores,
    };
  } finally {
    await engine.dispose();
  }
}

/** What is kept between the pass and the measurement. */
interface Kept {
  readonly picture: RgbImage;
  readonly rest: string;
}

async function appliedOrKept(
  config: TrialConfig,
  method: NetworkMethod,
  io: TrialIo,
  signal: AbortSignal,
): Promise<Applied> {
  const restored = io.restored as unknown as Kept | undefined;
  if (restored !== undefined) return { picture: restored.picture, ...JSON.parse(restored.rest) };
  const { picture, ...rest } = await applyNetwork(config, method, io, signal);
  await io.checkpoint({ picture: { ...picture }, rest: JSON.stringify(rest) });
  return { picture, ...rest };
}

/** Where the maps guide the network they are those that it is measured by; masks need not have the same names here. */
async function measuredRegions(config: TrialConfig): Promise<(RegionsOfPair | undefined)[]> {
  const { regions } = config;
  const { regions: _, ...unguided } = config;
  return await regionsOfTrial(regions !== undefined && 'masks' in regions ? unguided : config);
}

/** What the network is shown, and the content as it is. */
async function requestOf(
  config: TrialConfig,
  method: NetworkMethod,
): Promise<{ readonly request: PassRequest; readonly content: RgbImage }> {
  const size = config.sizes.at(-1)!;
  const color = config.color ?? 'free';
  const content = resizeLongestSide(await readImage(config.content), size);
  const files = config.styles ?? [{ file: config.style, weight: 1 }];
  const seen = method.seesStyles === true ? files : [];
  const pictures = await Promise.all(
    seen.map(async ({ file }) =>
      resizeLongestSide(await readImage(file), Math.max(1, Math.round(size * config.styleScale))),
    ),
  );
  const styles = pictures.map((picture) => encodedColors(color, content, picture).style);
  const blended = seen.length > 1 ? seen.map(({ weight }) => weight) : undefined;
  const regions = config.regions && blended && (await stylePlanes(config.regions, content, blended));
  const weights = method.weights ?? (regions === undefined ? blended : undefined);
  return {
    content,
    request: {
      content: color === 'luminance' ? clampImage(encodedColors(color, content, content).content) : content,
      styles,
      ...(weights && { weights }),
      ...(regions && { regions }),
      ...(method.alpha !== undefined && { alpha: method.alpha }),
      seed: config.seed,
    },
  };
}

async function parametersOf({ network, parameters }: NetworkMethod, { trained }: ApplicationIo) {
  if (parameters.from === 'nowhere') return undefined;
  if (parameters.from === 'file') return await readParameters(network, parameters.file);
  if (trained === undefined) throw new Error('the training of this network was not run before it');
  return await readParameters(network, trained.file);
}

function trainingFacts({ trained }: ApplicationIo): Pick<NetworkFacts, 'training'> {
  if (trained === undefined) return {};
  const { id, config, timing, cost, identity } = trained.result;
  return {
    training: {
      id,
      seconds: timing.total,
      steps: cost.steps,
      pictures: cost.pictures,
      files: config.pictures.length,
      host: identity.host,
      device: identity.device,
      shared: timing.shared,
    },
  };
}

function refuseNaN({ data }: RgbImage, name: string): void {
  if (data.every((value) => Number.isFinite(value))) return;
  throw new NeckarError(
    `the network ${name} makes values that are no finite numbers of this content: its parameters are damaged, or are of other settings.`,
    { exitCode: 1 },
  );
}

async function hashesOf(config: TrialConfig): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const [role, file] of Object.entries(inputFiles(config))) {
    if (role === 'encoder') continue;
    hashes[role] = /^network( |$)/.test(role) ? (await hashFile(file)).sha256 : await imageFileHash(file);
  }
  return hashes;
}
