/** Checks a submission from its pictures: that they are there, that every number follows from them, that nothing was changed. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { heldOutMetrics, isHeldOut, sharedJudge } from '../../metrics/held-out.ts';
import { isMeant, type Metric } from '../../metrics/metric.ts';
import { findRegions } from '../../metrics/regions.ts';
import { measureAll, perceptualMetrics, pixelMetrics } from '../../metrics/registry.ts';
import type { Score } from '../../metrics/score.ts';
import { resolveEncoder } from '../encoders/registry.ts';
import { startEngine } from '../engines/start.ts';
import { messageOf, NeckarError } from '../errors.ts';
import { imageFileHash, readImage } from '../images/decode.ts';
import { canonicalJson } from '../platform/canonical-json.ts';
import { sha256 } from '../runs/hash.ts';
import { ofProtocol } from './methods.ts';
import { type LocatedPicture, type PicturesFrom, requirePictures } from './pictures.ts';
import { planBenchmark, refuseSize } from './plan.ts';
import { type LoadedProtocol, loadProtocol, pairsOf, tierOf } from './protocol.ts';
import { settingsHashOf } from './settings.ts';
import { checksumOf, readSubmission, resultsFile } from './submission.ts';
import type { Submission, SubmittedResult } from './submission-schema.ts';
import { refuseTrivial } from './trivial.ts';

/** What a check found. */
export interface CheckReport {
  readonly submission: Submission;
  /** What is wrong, a sentence each; empty: the submission holds. */
  readonly problems: readonly string[];
  /** What cannot be computed from the pictures, so that it is taken on trust, a sentence each. */
  readonly onTrust: readonly string[];
  /** Pictures whose bytes were hashed, numbers that were computed anew and agree. */
  readonly pictures: number;
  readonly numbers: number;
}

/**
 * How far a number computed anew may be off, relative to its size: pixels are summed in double precision everywhere;
 * networks in single precision, in an order that the processor chooses.
 */
export const tolerance = { pixels: 1e-6, networks: 2e-3 } as const;

/** What is known of how far a check is. */
export type CheckProgress = (done: number, of: number) => void;

/**
 * Checks a folder that holds a submission.
 *
 * @throws NeckarError when there is none, its protocol is not known here, or the protocol's pictures are not
 */
export async function checkSubmission(
  folder: string,
  from: PicturesFrom & { readonly protocol?: string } = {},
  told: CheckProgress = () => {},
): Promise<CheckReport> {
  const submission = await readSubmission(folder);
  const loaded = await loadProtocol(from.protocol ?? submission.protocol.name);
  refuseOtherProtocol(submission, loaded, folder);
  const located = await requirePictures(loaded, submission.part, from);
  const problems = [
    ...changedText(submission),
    ...changedInputs(submission, located),
    ...(await changedReference(submission, loaded, located)),
    ...pairProblems(submission, loaded),
    ...(await strayPictures(submission, folder)),
  ];
  const good = await goodPictures(submission, folder, loaded, located, problems);
  const measured = await recomputed(good, loaded, submission, problems, told);
  return {
    submission,
    problems,
    onTrust: trusted(submission, measured.missing),
    pictures: good.length,
    numbers: measured.numbers,
  };
}

/** @throws NeckarError where a submission is of another version, or another protocol of that name */
export function refuseOtherProtocol(
  { protocol: own }: Submission,
  { protocol, hash }: LoadedProtocol,
  folder: string,
): void {
  if (own.name === protocol.name && own.version === protocol.version && own.sha256 === hash) return;
  const here = `${protocol.name} version ${protocol.version} (${hash.slice(0, 12)})`;
  throw new NeckarError(
    `"${folder}" is of the protocol ${own.name} version ${own.version} (${own.sha256.slice(0, 12)}), here is ${here}: numbers of different protocols do not compare. Use the Neckar that has that version, or give the protocol's file with --protocol`,
  );
}

function changedText(submission: Submission): string[] {
  const problems: string[] = [];
  if (submission.checksum !== checksumOf(submission)) {
    problems.push(`${resultsFile} does not match its checksum: it was changed after it was written.`);
  }
  if (submission.method.settingsHash !== sha256(canonicalJson(submission.method.settings))) {
    problems.push('method.settings are not those whose hash stands beside them.');
  }
  return problems;
}

function changedInputs({ inputs }: Submission, located: readonly LocatedPicture[]): string[] {
  return located.flatMap(({ role, picture: { name }, sha256: wanted }) => {
    const own = (role === 'content' ? inputs.contents : inputs.styles)[name];
    return own === wanted
      ? []
      : [
          `The ${role} "${name}" that the method was shown is not the protocol's (${own?.slice(0, 12) ?? 'none named'}).`,
        ];
  });
}

/** A submission under the name of the reference must be the reference. */
async function changedReference(
  { method, tier: tierName, part }: Submission,
  loaded: LoadedProtocol,
  located: readonly LocatedPicture[],
): Promise<string[]> {
  const { tier } = tierOf(loaded.protocol, tierName);
  const declared = [tier.reference, ...tier.baselines].find(({ name }) => name === method.name);
  if (declared === undefined) return [];
  const what = declared === tier.reference ? 'reference' : 'baseline';
  const plan = await planBenchmark(loaded, located, {
    part,
    tier: tierName,
    methods: declared === tier.reference ? [] : [ofProtocol(declared).name],
  });
  const own = plan.trials.find(({ config }) => config.variant === method.name);
  if (own !== undefined && settingsHashOf(own.config) === method.settingsHash) return [];
  return [
    `It is called "${method.name}", as the protocol's ${what}, but its settings are others: the ${what} was changed.`,
  ];
}

function pairProblems({ results, part }: Submission, { protocol }: LoadedProtocol): string[] {
  const key = (content: string, style: string) => `${content} × ${style}`;
  const wanted = pairsOf(protocol, part).map(({ content, style }) => key(content.name, style.name));
  const own = results.map(({ content, style }) => key(content, style));
  return [
    ...wanted.filter((pair) => !own.includes(pair)).map((pair) => `The pair ${pair} is missing.`),
    ...own.filter((pair) => !wanted.includes(pair)).map((pair) => `The pair ${pair} is not the protocol's.`),
    ...own.filter((pair, i) => own.indexOf(pair) !== i).map((pair) => `The pair ${pair} is there twice.`),
  ];
}

async function strayPictures({ results }: Submission, folder: string): Promise<string[]> {
  const named = new Set(results.map(({ file }) => file));
  const names = await readdir(join(folder, 'pictures')).catch(() => [] as string[]);
  const stray = names.filter((name) => !named.has(`pictures/${name}`));
  return stray.map((name) => `pictures/${name} belongs to no result.`);
}

interface GoodPicture {
  readonly result: SubmittedResult;
  readonly path: string;
  readonly content: string;
  readonly style: string;
}

/** The pictures that are there with their bytes and at their size; of the others the problem is noted. */
async function goodPictures(
  { results, method }: Submission,
  folder: string,
  { protocol }: LoadedProtocol,
  located: readonly LocatedPicture[],
  problems: string[],
): Promise<GoodPicture[]> {
  const pathOf = (role: LocatedPicture['role'], name: string) =>
    located.find((one) => one.role === role && one.picture.name === name)?.path;
  const good: GoodPicture[] = [];
  for (const result of results) {
    const [content, style] = [pathOf('content', result.content), pathOf('style', result.style)];
    if (content === undefined || style === undefined) continue;
    if (!/^pictures\/[^/\\]+$/.test(result.file)) {
      problems.push(`${result.file} lies outside of the folder's pictures.`);
      continue;
    }
    const path = join(folder, result.file);
    try {
      const own = await imageFileHash(path);
      if (own !== result.sha256) {
        problems.push(
          `${result.file} is not the picture that was submitted: its SHA-256 begins with ${own.slice(0, 12)}, not ${result.sha256.slice(0, 12)}.`,
        );
        continue;
      }
      await refuseSize(path, content, protocol.size);
      good.push({ result, path, content, style });
    } catch (error) {
      if (!(error instanceof NeckarError)) throw error;
      problems.push(messageOf(error));
    }
  }
  if (good.length === results.length) {
    try {
      await refuseTrivial(
        method.name,
        good.map(({ result, path, content }) => ({ ...result, path, contentPath: content })),
      );
    } catch (error) {
      if (!(error instanceof NeckarError)) throw error;
      problems.push(messageOf(error));
    }
  }
  return good;
}

/** Measures all pictures again and compares. */
async function recomputed(
  pictures: readonly GoodPicture[],
  { protocol }: LoadedProtocol,
  submission: Submission,
  problems: string[],
  told: CheckProgress,
): Promise<{ readonly numbers: number; readonly missing: ReadonlyMap<string, string> }> {
  const { tier } = tierOf(protocol, submission.tier);
  const missing = new Map<string, string>();
  const engine = await startEngine({ name: 'auto' });
  let numbers = 0;
  try {
    const judge = tier.heldOut === 'none' ? undefined : await judgeOf(tier.heldOut, missing, tier.metrics);
    const networks = await perceptualMetrics(tier.metrics, engine);
    const all: readonly Metric[] = [...pixelMetrics(), ...networks, ...(judge ?? [])];
    const pixels = new Set(pixelMetrics().map(({ id }) => id));
    const wanted = tier.metrics.flatMap((id) =>
      all.filter((metric) => metric.id === id || isMeant(id, metric.id)),
    );
    for (const [i, { result, path, content, style }] of pictures.entries()) {
      told(i, pictures.length);
      const regions = await findRegions(content, style);
      const [picture, contentImage, styleImage] = await Promise.all(
        [path, content, style].map((one) => readImage(one)),
      );
      const scores = await measureAll(
        { result: picture!, content: contentImage!, style: styleImage!, ...(regions && { regions }) },
        [],
        wanted,
      );
      for (const id of tier.metrics) {
        const own = result.scores[id];
        const found = scores[id] ?? Object.entries(scores).find(([other]) => isMeant(id, other))?.[1];
        if (own === undefined)
          problems.push(`${result.file} has no score "${id}", which the protocol asks for.`);
        else if (found === undefined) missing.set(id, missing.get(id) ?? 'no metric here is called so');
        else numbers += compared(result, id, own, found, pixels.has(id), { problems, missing });
      }
      for (const id of Object.keys(result.scores)) {
        if (!tier.metrics.includes(id))
          problems.push(`${result.file} has a score "${id}", which the protocol does not know.`);
      }
    }
    told(pictures.length, pictures.length);
  } finally {
    await engine.dispose();
  }
  return { numbers, missing };
}

async function judgeOf(
  spec: object,
  missing: Map<string, string>,
  ids: readonly string[],
): Promise<Metric[] | undefined> {
  try {
    return heldOutMetrics(await sharedJudge(resolveEncoder(spec as never), { name: 'auto' }));
  } catch (error) {
    if (!(error instanceof NeckarError)) throw error;
    for (const id of ids) if (isHeldOut(id)) missing.set(id, messageOf(error));
    return undefined;
  }
}

/** One where a number was computed anew and agrees. */
function compared(
  { file }: SubmittedResult,
  id: string,
  own: SubmittedResult['scores'][string],
  found: Score,
  isPixels: boolean,
  { problems, missing }: { readonly problems: string[]; readonly missing: Map<string, string> },
): number {
  if ('refused' in found) {
    if ('value' in own) missing.set(id, found.refused);
    return 0;
  }
  if ('refused' in own) {
    missing.set(id, `the submission refuses it (${own.refused})`);
    return 0;
  }
  const allowed = (isPixels ? tolerance.pixels : tolerance.networks) * Math.max(1e-3, Math.abs(found.value));
  if (Math.abs(own.value - found.value) <= allowed) return 1;
  problems.push(
    `${file}: ${found.label} is ${own.value} in ${resultsFile}, and ${found.value} computed from the picture.`,
  );
  return 0;
}

function trusted({ results, training }: Submission, missing: ReadonlyMap<string, string>): string[] {
  const timed = results.filter(({ seconds }) => seconds !== undefined).length;
  return [
    ...[...missing].map(([id, why]) => `"${id}" is not computed anew: ${why.replace(/\.$/, '')}.`),
    ...(timed > 0 ? [`The seconds of ${timed} pictures, and their memory, are as submitted.`] : []),
    ...(training === undefined ? [] : ['The cost of its training is as submitted.']),
    'Settings and machine are as submitted: that these settings make these pictures only another run tells.',
  ];
}
