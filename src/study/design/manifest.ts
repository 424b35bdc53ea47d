/**
 * What a study is: which pictures are shown to whom, in what order, on which side, and how the answers will be judged.
 * Written once, before the first answer, and hashed. It names the methods, so it never leaves the server.
 */
import { z } from 'zod';
import { didYouMean, NeckarError } from '../../errors.ts';
import { canonicalJson } from '../../platform/canonical-json.ts';
import { sha256 } from '../../runs/hash.ts';
import { parseJson } from '../../runs/store.ts';
import { dataName, studyForm } from '../form/schema.ts';
import type { PairQuestion } from './pair-questions.ts';
import { population } from './population.ts';

export { type PairQuestion, pairQuestions } from './pair-questions.ts';

/** Of the manifest's form; a reader accepts its own and older ones. */
export const manifestVersion = 2;

/** The one question about a single result: 5 excellent … 1 bad. */
export const ratingQuestion = 'quality';
export type Question = PairQuestion;

const count = z.int().min(0);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A picture of a pair: a method's result by its index, the unmodified content, or a crop of the style. */
const shown = z.union([count, z.literal('content'), z.literal('style')]);

const pairTrial = z.strictObject({
  kind: z.literal('pair'),
  /** Index of the content/style pair. */
  pair: count,
  left: shown,
  right: shown,
  questions: z.array(dataName).min(1),
  /**
   * `repeat`: an earlier trial with its sides swapped; `self`: one picture against itself; `anchor`: the answer is
   * known; only `main` enters the scales.
   */
  role: z.enum(['training', 'main', 'repeat', 'self', 'anchor']),
  /** Of an anchor. */
  expected: z.enum(['left', 'right']).optional(),
  /** Of a repeat: the position of the trial it repeats. */
  repeats: count.optional(),
});

const ratingTrial = z.strictObject({
  kind: z.literal('rating'),
  pair: count,
  shown,
  questions: z.tuple([z.literal(ratingQuestion)]),
  role: z.enum(['training', 'main', 'anchor']),
});

const trial = z.discriminatedUnion('kind', [pairTrial, ratingTrial]);
export type PairTrial = z.infer<typeof pairTrial>;
export type RatingTrial = z.infer<typeof ratingTrial>;
export type StudyTrial = z.infer<typeof trial>;
export type Shown = z.infer<typeof shown>;

const score = z.strictObject({
  value: z.number(),
  better: z.enum(['higher', 'lower']),
  label: z.string(),
});

/** A stimulus by the SHA-256 of its file; the file is called by its first 32 digits. */
const stimulus = z.strictObject({ hash, width: count, height: count, bytes: count });
export type Stimulus = z.infer<typeof stimulus>;

/** When a rater's answers are left out of the second analysis. Declared, and hashed, before anyone has answered. */
const exclusionRules = z.strictObject({
  /** Leave out raters whom the screening of ITU-R BT.500 rejects on their 5-point ratings. */
  bt500: z.boolean(),
  /** Leave out raters whose inconsistency (alternating projection) is this many times the median. */
  inconsistencyTimesMedian: z.number().positive(),
  /** Leave out raters who miss more than this share of the anchors. */
  missedAnchors: z.number().min(0).max(1),
  /** Leave out raters who chose one side more often than this. */
  oneSide: z.number().min(0.5).max(1),
  /** Leave out raters whose median answer took fewer milliseconds. */
  medianMilliseconds: z.number().min(0),
  /** Leave out raters who answered less than this share of their session. */
  answered: z.number().min(0).max(1),
});
export type ExclusionRules = z.infer<typeof exclusionRules>;

/**
 * Exclusion rules from a file's text: some or all of them, in JSON; the rest are the default ones.
 *
 * @param path - what the message calls it
 * @throws NeckarError naming the rule that is unknown or out of its range
 */
export function parseRules(text: string, path: string): Partial<ExclusionRules> {
  const value = parseJson(text);
  const names = Object.keys(defaultRules);
  const unknown = Object.keys((value ?? {}) as object).find((name) => !names.includes(name));
  if (value !== undefined && unknown !== undefined) {
    throw new NeckarError(
      `"${path}": there is no exclusion rule "${unknown}". ${didYouMean(unknown, names)}Choose from ${names.join(', ')}.`,
    );
  }
  const parsed = exclusionRules.partial().safeParse(value);
  if (parsed.success) return parsed.data as Partial<ExclusionRules>;
  const issue = parsed.error.issues[0];
  throw new NeckarError(
    `"${path}" holds no exclusion rules: ${value === undefined ? 'it is not JSON' : `${issue?.path.join('.') || 'the file'}: ${issue?.message}`}. For example: ${JSON.stringify({ missedAnchors: 0.5, oneSide: 0.9 })}`,
  );
}

export const defaultRules: ExclusionRules = {
  bt500: true,
  inconsistencyTimesMedian: 2.5,
  missedAnchors: 0.5,
  oneSide: 0.9,
  medianMilliseconds: 700,
  answered: 0.5,
};

const body = z.strictObject({
  manifestVersion: z.int(),
  name: z.string().min(1),
  /** Counts up when a study without answers is made anew. */
  version: z.int().min(1),
  /** What raters read on the first page; may be empty. */
  title: z.string(),
  experiment: z.string(),
  createdAt: z.string(),
  seed: z.union([z.number(), z.string()]),
  methods: z.array(z.strictObject({ name: z.string() })).min(2),
  /** Index of the method all others are compared with. */
  reference: count,
  pairs: z
    .array(
      z.strictObject({
        name: z.string(),
        /** As shown above the results, and as anchors. */
        content: stimulus,
        style: stimulus,
        styleCrop: stimulus,
        /** By method. */
        results: z.array(
          z.strictObject({ stimulus, trial: z.string(), scores: z.record(z.string(), score) }),
        ),
      }),
    )
    .min(1),
  questions: z.array(dataName).min(1),
  primary: dataName,
  cannotTell: z.boolean(),
  /** What raters read and are asked; absent in manifests of version 1, which were all alike. */
  form: studyForm.optional(),
  raters: z.int().min(1),
  /** A session's limit; at most 30. */
  minutes: z.number().positive().max(30),
  /** How long an interrupted session can be resumed. */
  resumeHours: z.number().positive(),
  design: z.discriminatedUnion('kind', [
    /** Every session written out beforehand, from blocks of `k` methods. */
    z.strictObject({
      kind: z.literal('blocks'),
      v: count,
      b: count,
      r: count,
      k: count,
      lambda: count,
    }),
    /** Pairs are chosen when a session begins, by what the answers so far leave open. */
    z.strictObject({ kind: z.literal('active'), comparisons: z.int().min(1) }),
  ]),
  /** One per planned rater; further raters start over. Empty for active designs. */
  sessions: z.array(z.array(trial)),
  rules: exclusionRules,
  /** Whom the study speaks for; absent where it was not declared. */
  population: population.optional(),
  /** SHA-256 of the rules' canonical JSON: what to publish before the first rater. */
  rulesHash: hash,
});

const manifest = body.extend({ hash });
export type StudyManifest = z.infer<typeof manifest>;
export type ManifestBody = z.infer<typeof body>;

/** The manifest with its hash: SHA-256 of everything else as canonical JSON. */
export function seal(content: ManifestBody): StudyManifest {
  return { ...content, hash: sha256(canonicalJson(content)) };
}

export function hashRules(rules: ExclusionRules): string {
  return sha256(canonicalJson(rules));
}

/** What the file of a stimulus is called. */
export function stimulusFile({ hash: digits }: Stimulus): string {
  return `${digits.slice(0, 32)}.webp`;
}

/** The stimulus that is shown for one side of a trial. */
export function stimulusOf(study: StudyManifest, pair: number, which: Shown): Stimulus {
  const { content, styleCrop, results } = study.pairs[pair]!;
  if (which === 'content') return content;
  if (which === 'style') return styleCrop;
  return results[which]!.stimulus;
}

/**
 * A manifest from its file's text.
 *
 * @param path - what the message calls it
 * @throws NeckarError when it is damaged, was edited, or a newer Neckar wrote it
 */
export function parseManifest(text: Uint8Array | string, path: string): StudyManifest {
  const value = parseJson(text) as { manifestVersion?: unknown } | undefined;
  if (typeof value?.manifestVersion === 'number' && value.manifestVersion > manifestVersion) {
    throw new NeckarError(
      `"${path}" was written by a newer Neckar (manifest version ${value.manifestVersion}; this one reads up to ${manifestVersion}). Update Neckar.`,
    );
  }
  const parsed = manifest.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new NeckarError(
      `"${path}" is not a study's manifest: ${issue === undefined ? 'it cannot be read' : `${issue.path.join('.') || 'the file'}: ${issue.message}`}. Restore it, or make the study anew.`,
    );
  }
  const { hash: stated, ...content } = parsed.data;
  if (sha256(canonicalJson(content)) !== stated) {
    throw new NeckarError(
      `"${path}" was changed after the study was made: it does not match its hash. Restore it, or make a new study.`,
    );
  }
  if (hashRules(content.rules) !== content.rulesHash) {
    throw new NeckarError(`"${path}": the exclusion rules do not match their hash. Make a new study.`);
  }
  return parsed.data;
}
