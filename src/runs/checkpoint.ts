/**
 * Checkpoints: `checkpoint/<evaluations>.bin` (of a training: steps), the last two. A checkpoint is eight bytes that say
 * what it is, then SHA-256 of the rest: the length of a JSON note of how far the trace and the pictures had got, the note,
 * and the work's state in the optimisers' container. One that is damaged is passed over for the one before.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { decodeState } from '../platform/state.ts';
import type { Files } from './files.ts';
import { sha256 } from './hash.ts';
import { attemptFolder } from './store.ts';
import type { TrialState } from './trial-io.ts';

/** How far a piece of work had got. */
export interface CheckpointNote {
  /** The work's id: a hash of its configuration and inputs. */
  readonly id: string;
  /** Trace records before this checkpoint, the bytes they fill, and SHA-256 of those. */
  readonly records: number;
  readonly traceBytes: number;
  readonly traceHash: string;
  /** The evaluation or step of the last of them; absent where that is their number. */
  readonly evaluation?: number;
  /** Pictures and other files kept so far: path relative to the attempt's folder -> SHA-256. */
  readonly pictures: Readonly<Record<string, string>>;
}

export interface Checkpoint extends CheckpointNote {
  readonly state: TrialState;
}

const magic = Buffer.from('NKCHK001');
const bodyStart = magic.length + 32;
const kept = 2;

/**
 * The file's bytes.
 *
 * @param state - the state as `encodeState` gives it
 */
export function encodeCheckpoint(note: CheckpointNote, state: Uint8Array): Uint8Array {
  const text = Buffer.from(JSON.stringify(note));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const hash = createHash('sha256').update(length).update(text).update(state).digest();
  return Buffer.concat([magic, hash, length, text, state]);
}

/** @throws Error when the bytes are not a checkpoint, whole */
export function decodeCheckpoint(bytes: Buffer): Checkpoint {
  if (bytes.length < bodyStart + 4 || !magic.equals(bytes.subarray(0, magic.length))) {
    throw new Error('it is not a checkpoint');
  }
  const body = bytes.subarray(bodyStart);
  if (!createHash('sha256').update(body).digest().equals(bytes.subarray(magic.length, bodyStart))) {
    throw new Error('it does not match its checksum');
  }
  const end = 4 + body.readUInt32LE(0);
  const note = JSON.parse(body.toString('utf8', 4, end)) as CheckpointNote;
  return { ...note, state: decodeState(body.subarray(end), "The trial's state") };
}

/** Writes a checkpoint and removes all but the last two. */
export async function writeCheckpoint(
  files: Files,
  attempt: string,
  bytes: Uint8Array,
  evaluation: number,
): Promise<void> {
  const folder = join(attempt, 'checkpoint');
  await files.write(join(folder, fileName(evaluation)), bytes);
  const names = await files.list(folder);
  for (const name of names.slice(0, -kept)) await files.remove(join(folder, name));
}

/** A checkpoint together with what was written before it, ready to be gone on from. */
export interface Restorable {
  readonly checkpoint: Checkpoint;
  /** The attempt it was made in. */
  readonly attempt: number;
  readonly trace: Buffer;
  readonly pictures: ReadonlyMap<string, Buffer>;
}

/**
 * The newest checkpoint that is whole, trace and pictures included.
 *
 * @param attempts - numbers of the attempts to look in, ascending
 * @param note - told about each that is not
 */
export async function latestCheckpoint(
  files: Files,
  workFolder: string,
  id: string,
  attempts: readonly number[],
  note: (sentence: string) => void = () => {},
): Promise<Restorable | undefined> {
  for (const attempt of attempts.toReversed()) {
    const folder = attemptFolder(workFolder, attempt);
    const names = await files.list(join(folder, 'checkpoint'));
    for (const name of names.toReversed()) {
      try {
        return await restorable(files, folder, name, id, attempt);
      } catch (error) {
        note(`The checkpoint ${name} of attempt ${attempt} cannot be used: ${messageOf(error)}.`);
      }
    }
  }
  return undefined;
}

/** The evaluations or steps of the newest checkpoint's name, without reading it; undefined when there is none. */
export async function checkpointedEvaluation(files: Files, attempt: string): Promise<number | undefined> {
  const name = (await files.list(join(attempt, 'checkpoint'))).at(-1);
  return name === undefined ? undefined : Number.parseInt(name, 10);
}

async function restorable(
  files: Files,
  folder: string,
  name: string,
  id: string,
  attempt: number,
): Promise<Restorable> {
  const checkpoint = decodeCheckpoint(
    (await files.read(join(folder, 'checkpoint', name))) ?? Buffer.alloc(0),
  );
  if (checkpoint.id !== id) throw new Error('it belongs to something else');
  const trace = ((await files.read(join(folder, 'trace.jsonl'))) ?? Buffer.alloc(0)).subarray(
    0,
    checkpoint.traceBytes,
  );
  if (sha256(trace) !== checkpoint.traceHash)
    throw new Error('the trace is not as long as it was, or changed');
  const pictures = new Map<string, Buffer>();
  for (const [path, hash] of Object.entries(checkpoint.pictures)) {
    const bytes = (await files.read(join(folder, path))) ?? Buffer.alloc(0);
    if (sha256(bytes) !== hash) throw new Error(`${path} is missing or damaged`);
    pictures.set(path, bytes);
  }
  return { checkpoint, attempt, trace, pictures };
}

function fileName(evaluation: number): string {
  return `${String(evaluation).padStart(8, '0')}.bin`;
}
