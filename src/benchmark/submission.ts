/** A submission: one folder with a method's pictures of a protocol and everything that was measured of them. */
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { isMeant } from '../../metrics/metric.ts';
import type { Score } from '../../metrics/score.ts';
import { problemsOf } from '../components/problems.ts';
import { didYouMean, messageOf, NeckarError } from '../errors.ts';
import type { TrialResult } from '../experiment/result.ts';
import { imageFileHash } from '../images/decode.ts';
import { canonicalJson } from '../platform/canonical-json.ts';
import { neckarVersion } from '../platform/modules.ts';
import { writeFileAtomically } from '../platform/write.ts';
import { sha256 } from '../runs/hash.ts';
import { status, type TrialStatus } from '../runs/status.ts';
import { attemptFolder } from '../runs/store.ts';
import type { LocatedPicture } from './pictures.ts';
import { refuseSize } from './plan.ts';
import { type LoadedProtocol, type Part, pairsOf, tierOf } from './protocol.ts';
import { settingsOf } from './settings.ts';
import { type Submission, type SubmittedResult, submissionSchema } from './submission-schema.ts';
import { refuseTrivial } from './trivial.ts';

/** What is submitted. */
export interface SubmissionRequest {
  readonly loaded: LoadedProtocol;
  readonly located: readonly LocatedPicture[];
  readonly part: Part;
  readonly tier?: string | undefined;
  /** The method's name in the run. */
  readonly method: string;
  /** The folder of the run. */
  readonly runs: string;
  /** The folder that is made. */
  readonly output: string;
  readonly title?: string | undefined;
  readonly citation?: string | undefined;
  /** ISO 8601; default: now. */
  readonly madeAt?: string;
}

/**
 * Gathers a method's finished trials into a folder: `results.json`, and `pictures/`.
 *
 * @returns what was written, and what a reader should know of it
 * @throws NeckarError when a pair is not finished, a picture has another size or is damaged, the method returns its content
 *   unchanged or one picture for all, or the folder holds something else
 */
export async function submit(
  request: SubmissionRequest,
): Promise<{ readonly submission: Submission; readonly notes: readonly string[] }> {
  const { loaded, located, part, method, output } = request;
  const { protocol, hash } = loaded;
  const { name: tierName, tier } = tierOf(protocol, request.tier);
  await refuseOccupied(output);
  const pairs = pairsOf(protocol, part);
  const trials = await finishedTrials(request, pairs);
  const inputs = {
    contents: hashesOf(located, 'content'),
    styles: hashesOf(located, 'style'),
  };
  const files: string[] = [];
  const results: SubmittedResult[] = [];
  for (const [i, trial] of trials.entries()) {
    const result = trial.result!;
    const { content, style } = pairs[i]!;
    if (
      result.inputs.content !== inputs.contents[content.name] ||
      result.inputs.style !== inputs.styles[style.name]
    ) {
      throw new NeckarError(
        `"${trial.label}" was made of other pictures than the protocol's. Run it again: neckar benchmark run ${protocol.name} ${method}`,
      );
    }
    const file = join(attemptFolder(trial.folder, result.attempt), result.images.final);
    await refuseSize(file, result.config.content, protocol.size);
    files.push(file);
    results.push({
      content: content.name,
      style: style.name,
      file: `pictures/${content.name}-${style.name}.png`,
      sha256: await imageFileHash(file),
      width: result.images.width,
      height: result.images.height,
      ...costOf(result),
      scores: Object.fromEntries(tier.metrics.map((id) => [id, scoreOf(id, result.scores)])),
    });
  }
  const notes = await refuseTrivial(
    method,
    results.map((one, i) => ({ ...one, path: files[i]!, contentPath: trials[i]!.result!.config.content })),
  );
  const first = trials[0]!.result!;
  const settings = settingsOf(first.config);
  const training = trainingOf(trials.map(({ result }) => result!));
  const { engine, provider, device } = first.identity as unknown as Record<string, string>;
  const declared = [tier.reference, ...tier.baselines].find(({ name }) => name === method);
  const unsigned: Omit<Submission, 'checksum'> = {
    format: 1,
    protocol: { name: protocol.name, version: protocol.version, sha256: hash },
    part,
    tier: tierName,
    method: {
      name: method,
      title: request.title ?? declared?.title ?? method,
      citation: request.citation ?? declared?.citation ?? 'none given',
      kind: first.config.method?.kind ?? 'losses',
      settings,
      settingsHash: sha256(canonicalJson(settings)),
    },
    inputs,
    results,
    ...(training && { training }),
    machine: {
      platform: `${process.platform} ${process.arch}`,
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      processors: cpus().length || 1,
      memory: totalmem(),
    },
    software: {
      neckar: first.identity.neckar ?? neckarVersion(),
      node: first.identity.node,
      engine: String(engine ?? 'unknown'),
      provider: String(provider ?? 'unknown'),
      device: String(device ?? 'unknown'),
    },
    madeAt: request.madeAt ?? new Date().toISOString(),
  };
  const submission = { ...unsigned, checksum: checksumOf(unsigned) };
  await mkdir(join(output, 'pictures'), { recursive: true });
  for (const [i, { file }] of results.entries()) await copyFile(files[i]!, join(output, file));
  // Last: a folder without it is no submission.
  await writeFileAtomically(join(output, resultsFile), `${JSON.stringify(submission, undefined, 2)}\n`);
  return { submission, notes };
}

export const resultsFile = 'results.json';

/** SHA-256 of a submission without its checksum. */
export function checksumOf(
  submission: Omit<Submission, 'checksum'> & { readonly checksum?: string },
): string {
  const { checksum: _, ...rest } = submission;
  // Through JSON once: what a reader finds is what is hashed.
  return sha256(canonicalJson(JSON.parse(JSON.stringify(rest))));
}

/**
 * Reads a submission; its pictures are not looked at.
 * @throws NeckarError when there is none, or it is not what a submission must be
 */
export async function readSubmission(folder: string): Promise<Submission> {
  const path = join(folder, resultsFile);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new NeckarError(
      missing
        ? `"${folder}" is no submission: it has no ${resultsFile}. "neckar benchmark submit" makes one`
        : `"${path}" cannot be read: ${messageOf(cause)}`,
      { cause },
    );
  }
  const checked = submissionSchema.safeParse(value);
  if (checked.success) return checked.data;
  const [problem, ...more] = problemsOf(checked.error, submissionSchema, value);
  throw new NeckarError(
    `"${path}" is not a submission's: ${problem}${more.length === 0 ? '' : ` (and ${more.length} more)`}`,
  );
}

/** One trial of each pair, in order. */
async function finishedTrials(
  { loaded, method, runs, part }: SubmissionRequest,
  pairs: ReturnType<typeof pairsOf>,
): Promise<TrialStatus[]> {
  const { trials } = await status(runs, { verify: 'hashes' });
  const own = trials.filter(({ trial, state }) => trial?.config.variant === method && state !== 'stale');
  if (own.length === 0) {
    const known = [...new Set(trials.flatMap(({ trial }) => trial?.config.variant ?? []))];
    throw new NeckarError(
      `the runs of "${loaded.protocol.name}" have no method "${method}". ${didYouMean(method, known)}There are: ${known.join(', ')}`,
    );
  }
  const found = pairs.map(({ content, style }) =>
    own.find(({ trial }) => trial!.names?.content === content.name && trial!.names.style === style.name),
  );
  const missing = pairs.filter((_, i) => found[i]?.state !== 'complete');
  if (missing.length > 0) {
    const [{ content, style }] = missing as [ReturnType<typeof pairsOf>[number]];
    throw new NeckarError(
      `the method "${method}" has not finished ${missing.length} of ${pairs.length} pairs, such as ${content.name} × ${style.name}; a submission wants all of them. Run them: neckar benchmark run ${loaded.protocol.name} ${method}${part === 'smoke' ? ' --smoke' : ''}`,
    );
  }
  return found as TrialStatus[];
}

async function refuseOccupied(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[];
    throw new NeckarError(`"${folder}" cannot be used: ${messageOf(error)}`, { cause: error });
  });
  if (names.length === 0 || names.includes(resultsFile)) return;
  throw new NeckarError(
    `"${folder}" holds something else than a submission. Give the output a folder of its own`,
  );
}

function hashesOf(located: readonly LocatedPicture[], role: LocatedPicture['role']): Record<string, string> {
  return Object.fromEntries(
    located.flatMap((one) => (one.role === role ? [[one.picture.name, one.sha256!]] : [])),
  );
}

/** The score of a metric of the protocol: its very id, or the one that is meant by less of it. */
function scoreOf(id: string, scores: Readonly<Record<string, Score>>): SubmittedResult['scores'][string] {
  const found = scores[id] ?? Object.entries(scores).find(([other]) => isMeant(id, other))?.[1];
  if (found === undefined) return { refused: 'it was not measured', label: id };
  const { about: _, ...score } = found;
  return score;
}

function costOf({ timing, cost, config }: TrialResult): Partial<SubmittedResult> {
  return {
    ...(timing.known !== 'nothing' && { seconds: timing.total, shared: timing.shared }),
    ...(timing.peakMemory > 0 && { peakMemory: timing.peakMemory }),
    ...(config.method === undefined && { evaluations: cost.evaluations }),
  };
}

/** The trainings of all its networks together. */
function trainingOf(results: readonly TrialResult[]): Submission['training'] {
  const trainings = new Map(
    results.flatMap(({ network }) => (network?.training ? [[network.training.id, network.training]] : [])),
  );
  if (trainings.size === 0) return undefined;
  const all = [...trainings.values()];
  const sum = (of: (one: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0);
  return {
    seconds: sum((one) => one.seconds),
    steps: sum((one) => one.steps),
    pictures: sum((one) => one.pictures),
    device: all[0]!.device,
    networks: all.length,
  };
}
