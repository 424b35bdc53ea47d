/**
 * Scores measured after a trial was finished: `scores.json` beside its `result.json`, which stays as it was written. The
 * file counts only while it is whole and speaks of the very picture that the result names; what is torn, damaged or of
 * an earlier picture is as if it were not there.
 */
import { join } from 'node:path';
import { isMeant } from '../../metrics/metric.ts';
import type { Score } from '../../metrics/score.ts';
import type { TrialResult } from '../experiment/result.ts';
import { canonicalJson } from '../platform/canonical-json.ts';
import type { Files } from './files.ts';
import { sha256 } from './hash.ts';
import { storeVersion } from './store-version.ts';

/** What `scores.json` holds. */
interface LaterScores {
  readonly storeVersion: number;
  /** SHA-256 of the picture that was measured. */
  readonly picture: string;
  readonly measuredAt: string;
  readonly scores: Readonly<Record<string, Score>>;
  /** SHA-256 of everything else here, as canonical JSON. */
  readonly checksum: string;
}

type Measured = Pick<TrialResult, 'artefacts' | 'images' | 'scores'>;

/** The scores of a trial that were measured later; none when there is no file that counts. */
export async function readLaterScores(
  files: Files,
  trialFolder: string,
  result: Measured,
): Promise<Readonly<Record<string, Score>>> {
  return (await checkLaterScores(files, trialFolder, result)).scores;
}

/**
 * The same, and what is wrong with the file where it is damaged: `scores.json is not JSON`. Scores of an earlier picture
 * are out of date, which is no damage.
 */
export async function checkLaterScores(
  files: Files,
  trialFolder: string,
  result: Measured,
): Promise<{ readonly scores: Readonly<Record<string, Score>>; readonly damage?: string }> {
  const bytes = await files.read(pathIn(trialFolder));
  if (bytes === undefined) return { scores: {} };
  let later: LaterScores;
  try {
    later = JSON.parse(String(bytes));
  } catch {
    return { scores: {}, damage: `scores.json is not JSON (${bytes.length} bytes)` };
  }
  if (typeof later !== 'object' || later === null) {
    return { scores: {}, damage: 'scores.json holds no scores' };
  }
  const { checksum, ...rest } = later;
  if (checksum !== sha256(canonicalJson(rest))) {
    return { scores: {}, damage: 'scores.json does not match its checksum' };
  }
  return {
    scores: rest.storeVersion === storeVersion && rest.picture === pictureOf(result) ? rest.scores : {},
  };
}

/** Removes a trial's later scores where they are damaged: what they said is measured again, or forgotten. */
export async function clearDamagedScores(files: Files, trialFolder: string, result: Measured): Promise<void> {
  const { damage } = await checkLaterScores(files, trialFolder, result);
  if (damage !== undefined) await files.remove(pathIn(trialFolder));
}

/**
 * Adds scores to those of before: whole or not at all.
 * @throws StorageError when the disk refuses; the file is then what it was
 */
export async function addLaterScores(
  files: Files,
  trialFolder: string,
  result: Measured,
  scores: Readonly<Record<string, Score>>,
): Promise<void> {
  // Read again: another process may have added its own meanwhile.
  const before = await readLaterScores(files, trialFolder, result);
  const rest = {
    storeVersion,
    picture: pictureOf(result),
    measuredAt: new Date().toISOString(),
    scores: withLater(before, scores),
  };
  const text = JSON.stringify({ ...rest, checksum: sha256(canonicalJson(rest)) }, undefined, 2);
  await files.write(pathIn(trialFolder), `${text}\n`);
}

/**
 * All scores of a trial. A later one takes the place of an earlier under the same id, and of a refusal under an id that
 * said less: `lpips;net=alex` of a time when its weights were not installed.
 */
export function withLater(
  earlier: Readonly<Record<string, Score>>,
  later: Readonly<Record<string, Score>>,
): Record<string, Score> {
  const ids = Object.keys(later);
  const kept = Object.entries(earlier).filter(
    ([id, score]) => 'value' in score || !ids.some((other) => isMeant(id, other)),
  );
  return { ...Object.fromEntries(kept), ...later };
}

function pictureOf({ artefacts, images }: Measured): string {
  return artefacts[images.final] ?? '';
}

function pathIn(trialFolder: string): string {
  return join(trialFolder, 'scores.json');
}
