/** `neckar measure <experiment>`: what finished trials were not measured by, on the pictures that are stored. */
import { statSync } from 'node:fs';
import { type EncoderSpec, resolveEncoder } from '../encoders/registry.ts';
import { NeckarError } from '../errors.ts';
import { metricProblems, problemList } from '../experiment/header.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import { planOf } from '../run.ts';
import { diskFiles } from '../runs/files.ts';
import { identifyTrials } from '../runs/identity.ts';
import {
  type FinishedTrial,
  finishedTrials,
  type MeasuredTrial,
  type MeasuringProgress,
  measureMissing,
} from '../runs/missing-scores.ts';
import { status } from '../runs/status.ts';
import { watchInterrupts } from './interrupt.ts';
import { findStored } from './stored.ts';
import { drawOver } from './terminal.ts';

export interface ExperimentFlags {
  readonly runs: string;
  readonly metrics?: readonly string[];
  readonly heldOut?: string;
  readonly json?: boolean;
}

/**
 * Measures what is missing of all finished trials and says what was.
 * @param experiment - as for other verbs; a file's own metrics and held-out encoder count, as they are now
 * @throws NeckarError when there are no runs, or a metric or an encoder is not known
 */
export async function measureExperiment(experiment: string, flags: ExperimentFlags): Promise<void> {
  const problems = metricProblems(flags.metrics, '--metrics');
  if (problems.length > 0) throw problemList(problems);
  const heldOut = flags.heldOut === undefined ? undefined : resolveEncoder(flags.heldOut);
  const { folder, name, runs } = await findStored(experiment, flags.runs);
  const files = diskFiles();
  const wishes = await wishesOf(experiment, runs);
  const stored = finishedTrials((await status(folder, { files })).trials);
  const trials = stored.map((trial) => ({ ...trial, config: wishes.get(trial.id) ?? trial.config }));
  if (trials.length === 0)
    throw new NeckarError(`"${name}" has no finished trials to measure yet.`, { exitCode: 1 });
  const measured = await measuredWithProgress(trials, {
    files,
    metrics: flags.metrics ?? [],
    heldOut,
  });
  const interrupted = measured.interrupted;
  if (flags.json) {
    const record = { experiment: name, trials: trials.length, interrupted, measured: measured.trials };
    process.stdout.write(`${JSON.stringify(record, undefined, 2)}\n`);
  } else process.stdout.write(`${wordsOf(measured.trials, trials.length, interrupted).join('\n')}\n`);
  if (interrupted) process.exitCode = 130;
  else if (measured.trials.some(({ problem }) => problem !== undefined)) process.exitCode = 1;
}

/** What an experiment's file asks of each trial now, by id; nothing for an experiment that is named otherwise. */
async function wishesOf(experiment: string, runs: string): Promise<ReadonlyMap<string, TrialConfig>> {
  if (statSync(experiment, { throwIfNoEntry: false })?.isFile() !== true) return new Map();
  const identified = await identifyTrials((await planOf(experiment, { runs })).trials);
  return new Map(identified.map(({ id, config }) => [id, config]));
}

/** Without a terminal a line now and then. */
const secondsBetweenLines = 10;

async function measuredWithProgress(
  trials: readonly FinishedTrial[],
  options: {
    readonly files: ReturnType<typeof diskFiles>;
    readonly metrics: readonly string[];
    readonly heldOut: EncoderSpec | undefined;
  },
): Promise<{ trials: MeasuredTrial[]; interrupted: boolean }> {
  const interrupts = watchInterrupts(() =>
    process.stderr.write('\nfinishing the trial at hand; Ctrl-C again ends now\n'),
  );
  interrupts.kill.addEventListener('abort', () => process.exit(130));
  let said = performance.now();
  try {
    const measured = await measureMissing(trials, {
      ...options,
      signal: interrupts.stop,
      onProgress: (progress) => {
        if (process.stderr.isTTY) drawOver(process.stderr, '\r\u001b[K', progressLine(progress));
        else if (performance.now() - said > secondsBetweenLines * 1000) {
          said = performance.now();
          process.stderr.write(`${progressLine(progress)}\n`);
        }
      },
    });
    return { trials: measured, interrupted: interrupts.stop.aborted };
  } finally {
    if (process.stderr.isTTY) drawOver(process.stderr, '\r\u001b[K');
    interrupts.release();
  }
}

function progressLine({ done, total, label, etaSeconds }: MeasuringProgress): string {
  const left = etaSeconds === undefined ? '' : `, about ${Math.ceil(etaSeconds)} s left`;
  return `measuring ${done + 1} of ${total}: ${label}${left}`;
}

function wordsOf(measured: readonly MeasuredTrial[], total: number, interrupted: boolean): string[] {
  const scores = measured.flatMap((trial) => Object.values(trial.scores));
  const values = scores.filter((score) => 'value' in score).length;
  const some = measured.filter((trial) => Object.keys(trial.scores).length > 0).length;
  const refused = new Set(
    scores.flatMap((score) => ('value' in score ? [] : [`${score.label}: ${score.refused}`])),
  );
  return [
    measured.length === 0
      ? `Nothing is missing of ${total === 1 ? 'the finished trial' : `the ${total} finished trials`}.`
      : `${some} of ${total} finished trials measured: ${values} values, ${scores.length - values} refusals.`,
    ...[...refused].map((line) => `  not measured: ${line}`),
    ...measured.flatMap(({ label, problem }) => (problem === undefined ? [] : [`  ${label}: ${problem}`])),
    ...(interrupted ? ['Interrupted: the same command goes on with the rest.'] : []),
  ];
}
