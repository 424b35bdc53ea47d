/** What `--dry-run` prints. */
import type { Plan } from '../experiment/plan.ts';
import type { Preview, PreviewedTrial } from '../runs/preview.ts';
import { knownCost } from '../runs/result.ts';
import { columns, counted, formatBytes, formatDuration, type Palette } from './terminal.ts';

/** The preview as lines of text: one for each trial, then the sums. */
export function previewLines(preview: Preview, plan: Plan, paint: Palette): string[] {
  const { counts, invalidated } = preview;
  const rows = preview.trials.map((trial) => [trial.id, stateOf(trial, paint), costOf(trial), trial.label]);
  const lines = columns(rows, [2]);
  for (const { label, reason, successor } of invalidated) {
    lines.push(`${paint.warn('invalid')}: ${label}: ${reason}; ${successor} takes its place`);
  }
  const left = plan.trials.length - preview.trials.length;
  const chosen = left === 0 ? '' : ` (${left} of ${plan.trials.length} left out by --filter or --limit)`;
  const failed = counts.failed === 0 ? '' : `, ${counts.failed} of them failed before`;
  lines.push(
    '',
    `${paint.strong(preview.name)}: ${counted(counts.total, 'trial')}${chosen}, ${counts.done} done, ${counts.open} to run${failed}`,
  );
  if (counts.open > 0) {
    const rough =
      preview.basis === 'trials' ? 'from finished trials' : 'a rough guess from the operation count';
    lines.push(
      `about ${formatDuration(preview.seconds)} one after the other (${rough}), up to ${formatBytes(preview.memory)} of memory each`,
    );
  }
  lines.push(`results in ${preview.folder}`);
  return lines;
}

function stateOf({ state, open, reason }: PreviewedTrial, paint: Palette): string {
  if (!open) return state === 'complete' ? paint.good('done') : paint.warn(state);
  if (state === 'failed') return paint.bad('failed');
  if (state === 'running') return paint.warn('running');
  return reason === 'not begun' ? 'new' : 'unfinished';
}

function costOf({ open, forecast, result }: PreviewedTrial): string {
  if (!open) {
    const seconds = result && knownCost(result).seconds;
    return seconds === undefined ? '' : formatDuration(seconds);
  }
  return `~${formatDuration(forecast.seconds)}`;
}

/** The preview as JSON. */
export function previewRecord(preview: Preview): unknown {
  const { trials, ...rest } = preview;
  return {
    ...rest,
    trials: trials.map(({ id, label, state, reason, open, forecast, memory, trial }) => ({
      id,
      label,
      state,
      reason,
      open,
      ...forecast,
      memory,
      config: trial.config,
    })),
  };
}
