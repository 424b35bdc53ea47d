/** An analysis as a file: written by `neckar study analyse`, read by the experiment's report. */
import { readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { NeckarError } from '../../errors.ts';
import { parseJson } from '../../runs/store.ts';
import { dataName } from '../form/schema.ts';
import type { Analysis } from './analyze.ts';

/** Of the file's form; a reader accepts only its own. */
const analysisVersion = 2;

/** JSON has no NaN: `JSON.stringify` writes null for it. */
const real = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const share = z.number().min(0).max(1);
const count = z.int().min(0);
const question = dataName;
const estimate = z.strictObject({ value: real, low: real, high: real });

const scale = z.union([
  z.strictObject({ question, refused: z.string() }),
  z.strictObject({
    question,
    primary: z.boolean(),
    raters: count,
    comparisons: count,
    methods: z.array(
      z.strictObject({
        method: z.string(),
        score: estimate,
        jod: estimate,
        wins: real,
        comparisons: count,
        p: real.optional(),
        pHolm: real.optional(),
      }),
    ),
    side: estimate.optional(),
    tie: real,
    tieShare: share,
    leftShare: real,
    finite: z.boolean(),
    untested: z.string().optional(),
    level: share,
  }),
]);

const mean = z.strictObject({ mean: real, low: real, high: real, half: real });
const results = z.strictObject({
  raters: count,
  answers: count,
  scales: z.array(scale),
  opinions: z.array(
    z.strictObject({
      method: z.string(),
      mean: real,
      low: real,
      high: real,
      half: real,
      raters: count,
      ratings: count,
      difference: mean.optional(),
    }),
  ),
});

const analysis = z.strictObject({
  study: z.string(),
  hash: z.string(),
  rulesHash: z.string(),
  reference: z.string(),
  primary: question,
  all: results,
  screened: results,
  raters: z.array(
    z.strictObject({
      id: z.string(),
      answered: count,
      asked: count,
      answeredShare: real,
      anchors: count,
      missedAnchors: count,
      repeats: count,
      consistent: count,
      sided: count,
      left: count,
      medianMilliseconds: real,
      late: count,
      bias: real,
      inconsistency: real,
      reasons: z.array(z.string()),
    }),
  ),
  excluded: z.array(z.strictObject({ rater: z.string(), reasons: z.array(z.string()) })),
  consistency: z.strictObject({ same: count, repeats: count, low: share, high: share }),
  anchors: z.strictObject({ right: count, asked: count }),
  ratingAgreement: z.strictObject({ alpha: real, icc: real, pairs: count }),
  choiceAgreement: z.array(z.strictObject({ question, alpha: real, concordance: real, raters: count })),
  predictors: z.array(
    z.strictObject({
      metric: z.string(),
      label: z.string(),
      question,
      agreement: estimate,
      choices: count,
      tau: real,
    }),
  ),
  subGroups: z.array(z.strictObject({ attribute: z.string(), value: z.string(), raters: count, scale })),
  late: count,
  withdrawals: count,
  wordings: z.record(z.string(), z.string()).optional(),
  composition: z
    .strictObject({
      raters: count,
      smallest: count,
      parts: z.array(
        z.strictObject({
          attribute: z.string(),
          title: z.string(),
          rows: z.array(z.strictObject({ value: z.string(), label: z.string(), raters: count })),
        }),
      ),
    })
    .optional(),
  doubled: z.array(z.strictObject({ question, repeats: count, kappa: estimate })).optional(),
  followed: z.strictObject({ disagreements: count, style: estimate }).optional(),
  population: z
    .strictObject({
      source: z.string(),
      parts: z.array(
        z.strictObject({
          attribute: z.string(),
          title: z.string(),
          rows: z.array(
            z.strictObject({
              label: z.string(),
              sought: share.optional(),
              reached: share.optional(),
              raters: count,
            }),
          ),
        }),
      ),
      raked: z.union([
        z.strictObject({ refused: z.string() }),
        z.strictObject({ designEffect: real, effective: real, scale }),
      ]),
    })
    .optional(),
}) satisfies z.ZodType<Analysis, unknown>;

/** An analysis as its file's text. */
export function analysisText(of: Analysis): string {
  return `${JSON.stringify({ analysisVersion, ...of }, undefined, 1)}\n`;
}

/**
 * An analysis from its file's text.
 *
 * @param path - what the message calls it; its folder is the study's
 * @throws NeckarError when it is damaged, or another version of Neckar wrote it
 */
export function parseAnalysis(text: Uint8Array | string, path: string): Analysis {
  const again = `neckar study analyse ${basename(dirname(path))}`;
  const value = parseJson(text) as { analysisVersion?: unknown } | null | undefined;
  const { analysisVersion: version, ...rest } = value ?? {};
  if (typeof value === 'object' && value !== null && version !== analysisVersion) {
    throw new NeckarError(`"${path}" was written by another version of Neckar. Make it again: ${again}`);
  }
  const parsed = analysis.safeParse(rest);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where =
    value === undefined
      ? 'it is not JSON'
      : value === null
        ? 'it holds no analysis'
        : `${issue?.path.join('.')}: ${issue?.message}`;
  throw new NeckarError(`"${path}" is damaged (${where}). Make it again: ${again}`);
}

/** The analysis in a study's folder; undefined when there is none. */
export async function readAnalysis(folder: string): Promise<Analysis | undefined> {
  const path = join(folder, 'analysis.json');
  const text = await readFile(path).catch(() => undefined);
  return text === undefined ? undefined : parseAnalysis(text, path);
}

/** Deletes the analysis of a study: it tells of every rater, also of one who has just withdrawn. */
export async function forgetAnalysis(folder: string): Promise<void> {
  for (const name of ['analysis.json', 'analysis.html']) await rm(join(folder, name), { force: true });
}
