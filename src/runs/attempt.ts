/** One attempt at a trial or a training, being written: the io that the store gives it. */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { encodeImage } from '../images/encode.ts';
import { encodeState } from '../platform/state.ts';
import { encodeCheckpoint, type Restorable, writeCheckpoint } from './checkpoint.ts';
import type { Appender, Files } from './files.ts';
import { sha256 } from './hash.ts';
import { snapshotPath, type TrainingIo, type TrialIo, type TrialProgress } from './trial-io.ts';

/** Trace text kept in memory before it is handed to the disk without waiting for a checkpoint, in characters. */
const traceBuffer = 1 << 16;

/** Milliseconds after which it is handed over in any case: whoever watches the files sees the losses as they grow. */
const traceInterval = 1000;

export interface Attempt {
  readonly io: TrialIo & TrainingIo;
  /** The last evaluation or step told by `progress` or the trace. */
  readonly evaluation: number;
  /** Writes what is left; returns every artefact's hash and size, by path. */
  finish(): Promise<{ artefacts: Record<string, string>; artefactBytes: Record<string, number> }>;
  /** Writes what can be written and closes the files; never throws. */
  abandon(): Promise<void>;
}

/**
 * Makes the attempt's folder and opens its files; of an earlier attempt's checkpoint it takes over the trace up to
 * there and the pictures.
 *
 * @param onCheckpoint - called when a checkpoint of this attempt is durable
 */
export async function openAttempt(
  files: Files,
  folder: string,
  id: string,
  options: {
    restored?: Restorable;
    onProgress?: (progress: TrialProgress) => void;
    onCheckpoint?: () => Promise<void>;
    encode?: typeof encodeImage;
    rung?: TrialIo['rung'];
    trained?: TrialIo['trained'];
  } = {},
): Promise<Attempt> {
  const { restored, encode = encodeImage } = options;
  await files.folder(join(folder, 'images'));
  await files.folder(join(folder, 'checkpoint'));
  const log = await files.appender(join(folder, 'log.txt'));
  const trace = await files.appender(join(folder, 'trace.jsonl')).catch(async (error: unknown) => {
    await log.close();
    throw error;
  });
  const traceHash = createHash('sha256');
  const pictures: Record<string, string> = {};
  const bytesOf: Record<string, number> = {};
  let records = 0;
  let buffered: string[] = [];
  let bufferedLength = 0;
  let flushedAt = performance.now();
  let evaluation = 0;
  /** That of the last trace record. */
  let traced = 0;

  // Everything is written by one chain of promises, in the order it was asked for; after a failure nothing more is.
  let chain: Promise<void> = Promise.resolve();
  let failure: { error: unknown } | undefined;
  const enqueue = (work: () => Promise<void>): Promise<void> => {
    const done = chain.then(() => {
      if (failure !== undefined) throw failure.error;
      return work();
    });
    chain = done.catch((error: unknown) => {
      failure ??= { error };
    });
    return done;
  };
  const appendTo = (file: Appender, bytes: Buffer): Promise<void> =>
    bytes.length === 0 ? Promise.resolve() : file.append(bytes);
  const flush = (): Promise<void> => {
    const bytes = Buffer.from(buffered.join(''));
    buffered = [];
    bufferedLength = 0;
    flushedAt = performance.now();
    return enqueue(async () => {
      await appendTo(trace, bytes);
      traceHash.update(bytes);
    });
  };
  const background = (work: Promise<void>): void => {
    // A failure is kept and thrown by the next call that can throw.
    work.catch(() => {});
  };
  const put = (path: string, bytes: Uint8Array): Promise<void> =>
    enqueue(async () => {
      await files.write(join(folder, path), bytes);
      pictures[path] = sha256(bytes);
      bytesOf[path] = bytes.length;
    });

  const io: Attempt['io'] = {
    folder,
    restored: restored?.checkpoint.state,
    trace: (record) => {
      const line = `${JSON.stringify(record)}\n`;
      buffered.push(line);
      bufferedLength += line.length;
      records++;
      traced = record.evaluation;
      evaluation = traced;
      const due = performance.now() - flushedAt > traceInterval;
      if (due || bufferedLength > traceBuffer) background(flush());
    },
    snapshot: async (at, image) => {
      await put(snapshotPath(at), await encode(image, 'png'));
    },
    picture: async (name, image) => {
      const path = `images/${name}.png`;
      await put(path, await encode(image, 'png'));
      return path;
    },
    file: async (name, bytes) => {
      if (basename(name) !== name) throw new Error(`"${name}" is no file's name`);
      await put(name, bytes);
      return name;
    },
    checkpoint: async (state) => {
      // Copied now: the work goes on changing its arrays.
      const copy = encodeState(state);
      const [at, reached] = [records, traced];
      background(flush());
      await enqueue(async () => {
        await trace.sync();
        const bytes = encodeCheckpoint(
          {
            id,
            records: at,
            ...(reached !== at && { evaluation: reached }),
            traceBytes: trace.length,
            traceHash: traceHash.copy().digest('hex'),
            pictures: { ...pictures },
          },
          copy,
        );
        await writeCheckpoint(files, folder, bytes, reached);
        await options.onCheckpoint?.();
      });
    },
    ...(options.rung !== undefined && { rung: options.rung }),
    ...(options.trained !== undefined && { trained: options.trained }),
    progress: (progress) => {
      evaluation = Math.max(evaluation, progress.evaluation);
      options.onProgress?.(progress);
    },
    log: (line) => {
      background(enqueue(() => log.append(Buffer.from(`${line}\n`))));
    },
  };
  const close = async (): Promise<void> => {
    await Promise.allSettled([trace.close(), log.close()]);
  };
  if (restored !== undefined) {
    try {
      await enqueue(async () => {
        await appendTo(trace, restored.trace);
        traceHash.update(restored.trace);
      });
      for (const [path, bytes] of restored.pictures) await put(path, bytes);
    } catch (error) {
      await close();
      throw error;
    }
    records = restored.checkpoint.records;
    traced = restored.checkpoint.evaluation ?? records;
    evaluation = traced;
  }

  return {
    io,
    get evaluation() {
      return evaluation;
    },
    finish: async () => {
      background(flush());
      await enqueue(async () => {
        await trace.sync();
        await log.sync();
      });
      await close();
      return {
        artefacts: { 'trace.jsonl': traceHash.digest('hex'), ...sortedByKey(pictures) },
        artefactBytes: { 'trace.jsonl': trace.length, ...sortedByKey(bytesOf) },
      };
    },
    abandon: async () => {
      background(flush());
      await chain;
      await close();
    },
  };
}

function sortedByKey<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
