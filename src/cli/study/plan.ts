/** `neckar study plan`: how many raters a difference needs. */

import { type Command, InvalidArgumentError } from 'commander';
import { votesNeeded } from '../../../metrics/statistics/proportions.ts';
import { NeckarError } from '../../errors.ts';
import { wholePercent } from '../../platform/format.ts';
import { type PowerRow, powerWith, raterSteps } from '../../study/analysis/power.ts';
import { pairQuestions } from '../../study/design/manifest.ts';
import { mostForBlocks } from '../../study/design/new-study.ts';
import { positiveNumber, wholeNumber } from '../options.ts';
import { columns } from '../terminal.ts';

interface PlanFlags {
  readonly methods: number;
  readonly pairs: number;
  readonly preference: number;
  readonly power: number;
  readonly minutes: number;
  readonly repetitions: number;
  readonly raters?: number;
  readonly seed: string;
  readonly json?: boolean;
}

export function defineStudyPlan(command: Command): void {
  command
    .summary('say how many raters a difference needs')
    .description(
      'Makes up raters (some biased, inconsistent, or only clicking), sends them through the design, the exclusion rules and the analysis of a real study, and counts how often one better method is found.',
    )
    .option('--methods <count>', 'compared, the reference among them', wholeNumber, 4)
    .option('--pairs <count>', 'content/style pairs', wholeNumber, 6)
    .option(
      '--preference <percent>',
      'how often the better method is preferred to the reference',
      percentage,
      60,
    )
    .option('--power <percent>', 'how often that is to be found', percentage, 80)
    .option('--minutes <count>', 'how long a session may take, at most 30', positiveNumber, 25)
    .option('--repetitions <count>', 'simulated studies for each number of raters', wholeNumber, 100)
    .option('--raters <count>', 'only this number of raters', wholeNumber)
    .option('--seed <seed>', 'of the simulation', 'plan')
    .option('--json', 'the table as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar study plan --methods 4 --pairs 12 --preference 65\n  neckar study plan --methods 3 --pairs 8 --raters 40 --json',
    )
    .action(plan);
}

function plan(flags: PlanFlags): void {
  if (flags.methods < 2) throw new NeckarError('--methods 1: a study compares at least two methods.');
  if (flags.preference <= 50) {
    throw new NeckarError(`--preference ${flags.preference}: a difference is above 50 percent.`);
  }
  if (flags.minutes > 30)
    throw new NeckarError(`--minutes ${flags.minutes}: a session may last up to 30 minutes.`);
  if (flags.pairs < 2) {
    throw new NeckarError(
      `--pairs ${flags.pairs}: a test needs at least two content/style pairs, as one shows nothing of how much pairs differ.`,
    );
  }
  if (flags.raters !== undefined && flags.raters < 2) {
    throw new NeckarError(
      `--raters ${flags.raters}: a test needs at least two raters, as one shows nothing of how much raters differ.`,
    );
  }
  const target = flags.power / 100;
  const rows: PowerRow[] = [];
  const steps = flags.raters === undefined ? raterSteps : [flags.raters];
  for (const raters of steps) {
    const row = powerWith(
      {
        methods: flags.methods,
        pairs: flags.pairs,
        preference: flags.preference / 100,
        minutes: flags.minutes,
        questions: pairQuestions,
        alpha: 0.05,
        repetitions: flags.repetitions,
        seed: flags.seed,
      },
      raters,
    );
    rows.push(row);
    process.stderr.write(`${raters} raters: ${wholePercent(row.power)}\n`);
    if (row.power >= target) break;
  }
  const enough = rows.find(({ power }) => power >= target);
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ enough: enough?.raters, rows }, undefined, 2)}\n`);
    return;
  }
  const table = columns(
    [
      ['raters', 'found', '', 'false findings', 'left out'],
      ...rows.map(({ raters, power, low, high, falseFindings, excluded }) => [
        String(raters),
        wholePercent(power),
        `[${wholePercent(low)}, ${wholePercent(high)}]`,
        wholePercent(falseFindings),
        wholePercent(excluded),
      ]),
    ],
    [0, 1, 2, 3, 4],
  );
  const independent = votesNeeded(flags.preference / 100, target);
  process.stdout.write(
    [
      ...table,
      '',
      enough === undefined
        ? `${rows.at(-1)!.raters} raters do not find a preference of ${flags.preference} % ${flags.power} % of the time; use more pairs, fewer methods, or ask for a larger difference.${levelsOff(rows, flags.pairs)}`
        : `About ${enough.raters} raters find a preference of ${flags.preference} % in ${wholePercent(enough.power)} of studies (of ${flags.repetitions} simulated).`,
      ...(flags.methods > mostForBlocks
        ? [
            `With ${flags.methods} methods pairs are chosen as answers come in: every rater was simulated after all before had answered; of raters who come at once rather more are needed.`,
          ]
        : []),
      `For comparison: ${independent} independent votes between the two alone would do.`,
      '',
    ].join('\n'),
  );
}

/** That more raters hardly help, where they have not for a while. */
function levelsOff(rows: readonly PowerRow[], pairs: number): string {
  const last = rows.at(-1)!;
  const half = rows.findLast(({ raters }) => raters <= last.raters / 2);
  if (half === undefined || last.power > half.power + 0.05) return '';
  return ` More raters hardly help: methods do better on some pairs than on others, and how ${pairs} pairs differ is known no better for them.`;
}

function percentage(text: string): number {
  const value = Number(text.replace(/\s*%$/, ''));
  if (!(value > 0 && value < 100)) throw new InvalidArgumentError('Expected a percentage between 0 and 100.');
  return value;
}
