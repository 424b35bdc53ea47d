/** What `--dry-run` prints. */

import { knownCost } from '../../metrics/cost.ts';
import { foretell, foretoldSentences } from '../../metrics/statistics/analysis/foretold.ts';
import type { Plan } from '../experiment/plan.ts';
import { bytes, count, roughDuration } from '../platform/format.ts';
import type { Preview, PreviewedTraining, PreviewedTrial } from '../runs/preview.ts';
import { columns, type Palette } from './terminal.ts';

/** The preview as lines of text: one for each training and trial, then the sums. */
export function previewLines(preview: Preview, plan: Plan, paint: Palette): string[] {
  const { counts, invalidated } = preview;
  const rows = [
    ...preview.trainings.map((training) => [
      training.id,
      stateOf(training, paint),
      trainingCost(training),
      `${training.label} (for ${count(training.neededBy.length, 'trial')})`,
    ]),
    ...preview.trials.map((trial) => [trial.id, stateOf(trial, paint), costOf(trial), labelOf(trial)]),
  ];
  const lines = columns(rows, [2]);
  for (const { label, reason, successor } of invalidated) {
    lines.push(`${paint.warn('invalid')}: ${label}: ${reason}; ${successor} takes its place`);
  }
  const left = plan.trials.length - preview.trials.length;
  const chosen = left === 0 ? '' : ` (${left} more of the experiment are not asked for)`;
  const failed = counts.failed === 0 ? '' : `, ${counts.failed} of them failed before`;
  const hopeless = counts.total - counts.done - counts.open;
  const lost = hopeless === 0 ? '' : `, ${hopeless} failed with a training that diverged ("neckar retry")`;
  lines.push(
    '',
    `${paint.strong(preview.name)}: ${count(counts.total, 'trial')}${chosen}, ${counts.done} done, ${counts.open} to run${failed}${lost}`,
  );
  lines.push(...trainingLines(preview));
  if (counts.open > 0) {
    lines.push(
      `about ${roughDuration(preview.seconds)} one after the other${preview.trainings.length > 0 ? ' for the trials' : ''} (${basisOf(preview)}), up to ${bytes(preview.memory)} of memory each`,
      ...stripsLines(preview),
    );
  }
  if (preview.sizes !== undefined) lines.push(preview.sizes);
  if (preview.judge !== undefined) lines.push(preview.judge);
  const foretold = foretell(plan.trials, plan.primary);
  if (foretold !== undefined) lines.push(...foretoldSentences(foretold));
  lines.push(`results in ${preview.folder}`);
  return lines;
}

/** How many trainings there are, and how long those take that are to be done. */
function trainingLines({ trainings, trainingSeconds }: Preview): string[] {
  if (trainings.length === 0) return [];
  const open = trainings.filter((training) => training.open);
  const trials = new Set(open.flatMap(({ neededBy }) => neededBy)).size;
  const time =
    trainingSeconds === undefined
      ? 'how long that takes is not known before one of its kind is finished'
      : `about ${roughDuration(trainingSeconds)} one after the other (from finished trainings of this kind)`;
  const todo = open.length === 0 ? '' : `, ${open.length} to run for ${count(trials, 'trial')}: ${time}`;
  return [`${count(trainings.length, 'training')}, ${trainings.length - open.length} done${todo}`];
}

function trainingCost({ open, seconds, result }: PreviewedTraining): string {
  if (!open) return result === undefined ? '' : roughDuration(result.timing.total);
  return seconds === undefined ? '' : `~${roughDuration(seconds)}`;
}

/** What the expected time rests on. */
function basisOf({ basis, speed = 0 }: Preview): string {
  switch (basis) {
    case 'trials':
      return 'from finished trials of this kind';
    case 'similar':
      return 'from finished trials with this encoder, by the operations of each';
    case 'speed':
      return `from the operation count and this processor's speed, ${Math.round(speed / 1e9)} GFLOP/s`;
    case 'operations':
      return 'a rough guess from the operation count';
  }
}

/** Which trials are computed strip by strip, and why. */
function stripsLines({ trials }: Preview): string[] {
  const strips = trials.flatMap((trial) => (trial.strips === undefined ? [] : [trial.strips]));
  const large = strips.flatMap((reason) => (reason.why === 'memory' ? [reason.bytes] : []));
  const asked = strips.length - large.length;
  return [
    ...(large.length === 0
      ? []
      : [
          `${computed(large.length)} strip by strip, as one graph would take up to ${bytes(Math.max(...large))} of memory (tiling=off: try it nevertheless)`,
        ]),
    ...(asked === 0 ? [] : [`${computed(asked)} strip by strip, as tiling says`]),
  ];
}

function computed(trials: number): string {
  return `${count(trials, 'trial')} ${trials === 1 ? 'is' : 'are'} computed`;
}

function stateOf({ state, open, attempt }: PreviewedTrial | PreviewedTraining, paint: Palette): string {
  if (!open) return state === 'complete' ? paint.good('done') : paint.warn(state);
  if (state === 'failed') return paint.bad('failed');
  if (state === 'running') return paint.warn('running');
  return attempt === 0 ? 'new' : 'unfinished';
}

function labelOf({ label, strips }: PreviewedTrial): string {
  return strips === undefined ? label : `${label} (in strips)`;
}

function costOf({ open, forecast, result }: PreviewedTrial): string {
  if (!open) {
    const seconds = result && knownCost(result).seconds;
    return seconds === undefined ? '' : roughDuration(seconds);
  }
  return `~${roughDuration(forecast.seconds)}`;
}

/** The preview as JSON. */
export function previewRecord(preview: Preview, plan: Plan): unknown {
  const { trials, trainings, ...rest } = preview;
  const foretold = foretell(plan.trials, plan.primary);
  return {
    ...rest,
    ...(foretold && { foretold }),
    trainings: trainings.map(
      ({ id, label, state, reason, open, seconds, memory, neededBy, training: { config } }) => ({
        id,
        label,
        state,
        reason,
        open,
        seconds,
        memory,
        neededBy,
        config,
      }),
    ),
    trials: trials.map(({ id, label, state, reason, open, forecast, memory, strips, trial }) => ({
      id,
      label,
      state,
      reason,
      open,
      ...forecast,
      memory,
      strips,
      config: trial.config,
    })),
  };
}
