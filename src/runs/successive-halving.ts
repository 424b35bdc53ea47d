/**
 * Asynchronous successive halving (L. Li, K. Jamieson, A. Rostamizadeh, E. Gonina, J. Ben-tzur, M. Hardt, B. Recht &
 * A. Talwalkar, "A system for massively parallel hyperparameter tuning", MLSys 2020), in its stopping form: at each
 * rung, a number of evaluations, a trial reports a value and goes on only if it is among the best 1/η of all that
 * have reported there so far. No trial waits for another, so the first ones are judged by few.
 *
 * The reports are folders of the store, numbered in the order in which they came:
 *
 *     rungs/<group>/<evaluations>/<number>/report.json
 *
 * Whoever takes a number, takes it for good: processes, machines and later runs all judge by the same list, and a trial
 * that is killed after its report and resumed is judged as it was before.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Pruning, TrialConfig } from '../experiment/trial.ts';
import { canonicalJson } from '../platform/canonical-json.ts';
import type { Files } from './files.ts';
import { sha256 } from './hash.ts';
import type { IdentifiedTrial } from './identity.ts';
import { objectiveVersion } from './objective-version.ts';
import { parseJson, trialFolder } from './store.ts';

/** What a trial reports at a rung. */
export interface RungValue {
  /** Evaluations over all levels. */
  readonly evaluation: number;
  readonly value: number;
  /** What was measured: `total`, or a metric's spec id. */
  readonly measure: string;
  readonly better: 'higher' | 'lower';
}

/** Where the last of a rung's reports stands among them. */
export interface Standing {
  /** 1: none is better. */
  readonly rank: number;
  readonly of: number;
  /** How many of so many go on. */
  readonly places: number;
  readonly goesOn: boolean;
}

/**
 * The decision: of n reports the best max(1, ⌊n/η⌋) go on. Equal values share the better rank; a value that is no
 * number is worse than any other.
 *
 * @param values - in the order of the reports, the one to be judged last
 * @param reduction - η
 */
export function standingOf(
  values: readonly number[],
  better: 'higher' | 'lower',
  reduction: number,
): Standing {
  const sign = better === 'higher' ? -1 : 1;
  const badness = (value: number) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : sign * value);
  const own = badness(values.at(-1)!);
  const rank = 1 + values.filter((value) => badness(value) < own).length;
  const places = Math.max(1, Math.floor(values.length / reduction));
  return { rank, of: values.length, places, goesOn: rank <= places };
}

/** The decision as a trial's reason to stop. */
function pruningReason({ evaluation, value, measure }: RungValue, standing: Standing): string {
  const { rank, of, places } = standing;
  const name = measure.split(';', 1)[0]!;
  const go = places === 1 ? 'only the best goes on' : `the best ${places} go on`;
  return `rung ${evaluation}: rank ${rank} of ${of} by ${name} (${Number(value.toPrecision(4))}); ${go}`;
}

/**
 * Reports a trial's value at a rung, once: a trial that has reported there before is judged by that report.
 *
 * @returns why the trial is to stop, or undefined
 */
export async function reportRung(
  files: Files,
  experimentFolder: string,
  trial: IdentifiedTrial,
  report: RungValue,
): Promise<string | undefined> {
  const { pruning } = trial.config.budget;
  if (pruning === undefined) return undefined;
  const group = rungGroup(trial, report.measure);
  const folder = join(experimentFolder, 'rungs', group, String(report.evaluation).padStart(8, '0'));
  const reports = await reportsUpTo(files, experimentFolder, folder, trial.id, report.value);
  const own = { ...report, value: reports.at(-1)! };
  const standing = standingOf(reports, pruning.direction ?? report.better, pruning.reduction);
  return standing.goesOn ? undefined : pruningReason(own, standing);
}

/** The values of a rung in their order, this trial's last. */
async function reportsUpTo(
  files: Files,
  experimentFolder: string,
  folder: string,
  id: string,
  value: number,
): Promise<number[]> {
  await files.folder(folder);
  const draft = join(folder, `.${id}.${randomBytes(6).toString('hex')}.tmp`);
  for (;;) {
    const names = await files.list(folder);
    const values: number[] = [];
    for (const name of names) {
      const bytes = await files.read(join(folder, name, 'report.json'));
      const held = bytes === undefined ? undefined : (parseJson(bytes) as Report | undefined);
      if (held?.trial === id) {
        await files.remove(draft);
        return [...values, numberIn(held)];
      }
      // What was removed by hand takes no part any more.
      if (held === undefined || (await files.size(trialFolder(experimentFolder, held.trial))) === undefined)
        continue;
      values.push(numberIn(held));
    }
    if ((await files.size(draft)) === undefined) {
      await files.folder(draft);
      await files.write(join(draft, 'report.json'), `${JSON.stringify({ trial: id, value })}\n`);
    }
    const next = Number.parseInt(names.at(-1) ?? '0', 10) + 1;
    // A folder's new name goes to one only; whoever comes second finds the report of the first before its own.
    if (await files.move(draft, join(folder, String(next).padStart(6, '0')))) return [...values, value];
  }
}

interface Report {
  readonly trial: string;
  /** Null: it was no number. */
  readonly value: number | null;
}

function numberIn({ value }: Report): number {
  return value ?? Number.NaN;
}

/**
 * What must agree for two trials to compete, hashed: the rule, the measure, the images and the sizes; for the total
 * also whatever makes it another number, which is the whole objective with its conventions and weights. Totals under
 * different weights do not compare; sweep those under a metric.
 */
export function rungGroup({ config, inputs }: IdentifiedTrial, measure: string): string {
  const pruning: Pruning = config.budget.pruning!;
  const { content, style } = inputs;
  const images = { content, style, sizes: config.sizes };
  const objective = measure === 'total' ? objectiveOf(config, inputs.encoder) : null;
  return sha256(canonicalJson([objectiveVersion, pruning, measure, images, objective])).slice(0, 16);
}

function objectiveOf(config: TrialConfig, weights: string | undefined): unknown {
  const { losses, weighting, styleScale, encoder, initialization, seed } = config;
  // Factors found at the start depend on the start.
  const start = weighting === 'gradient-norm' ? { initialization, seed } : null;
  return [losses, weighting, styleScale, encoder, weights, start, ...controlsOf(config)];
}

/** What else makes the total another number, where a trial has it. */
function controlsOf({ color, levels, losses, budget }: TrialConfig): unknown[] {
  const scheduled = losses.some((loss) => /"schedule":/.test(JSON.stringify(loss)));
  return [
    ...(color === undefined ? [] : [{ color }]),
    // Optimisers may differ: they are what is compared.
    ...(levels === undefined ? [] : [levels.map(({ styleScale, weights }) => ({ styleScale, weights }))]),
    // Which weights hold at a rung, or which level it lies in, depends on how the evaluations are shared out.
    ...(scheduled || budget.perLevel !== undefined
      ? [{ evaluations: budget.evaluations, perLevel: budget.perLevel }]
      : []),
  ];
}
