/**
 * Showing a run while it goes on: on a terminal, a live block with a line for each running trial and one for the
 * whole; elsewhere, a line whenever a trial ends and now and then in between; with `--json`, one event a line.
 */
import { plainNumber, roughDuration } from '../platform/format.ts';
import type { RunEvent } from '../runs/launcher.ts';
import type { TrialProgress } from '../runs/trial-io.ts';
import { cut, drawOver, type Output, type Palette, palette, wantsColor } from './terminal.ts';

export interface Reporter {
  report(event: RunEvent): void;
  /** Takes the live block away; whatever is written afterwards stays. */
  close(): void;
}

export interface ReporterOptions {
  readonly output: Output;
  readonly json?: boolean;
  /** Milliseconds between two lines about a running trial where there is no terminal. Default: 30 000. */
  readonly lineInterval?: number;
  /** Milliseconds between two redraws of the live block. Default: 100. */
  readonly redrawInterval?: number;
  readonly now?: () => number;
}

/** The reporter that fits the output. */
export function createReporter(options: ReporterOptions): Reporter {
  if (options.json) return jsonReporter(options.output);
  return options.output.stderr.isTTY ? liveReporter(options) : lineReporter(options);
}

/** Events as JSON lines; progress within trials is left out. */
function jsonReporter({ stdout }: Output): Reporter {
  return {
    report(event) {
      if (event.type === 'trial-progress' || event.type === 'overall') return;
      const shown =
        'trial' in event ? { ...event, trial: { id: event.trial.id, label: event.trial.label } } : event;
      stdout.write(`${JSON.stringify(shown)}\n`);
    },
    close() {},
  };
}

type Overall = Extract<RunEvent, { type: 'overall' }>;

/** What events that stay on the screen say; undefined for those that only change the live block. */
function lasting(event: RunEvent, paint: Palette): string | undefined {
  switch (event.type) {
    case 'planned':
      return `${event.total} ${event.total === 1 ? 'trial' : 'trials'}: ${event.done} done, ${event.open} to run`;
    case 'trial-finished': {
      const took = event.seconds === undefined ? '' : `, ${roughDuration(event.seconds)}`;
      if (event.state === 'complete')
        return `${paint.good('✓')} ${event.trial.label} ${paint.faint(`(${event.reason}${took})`)}`;
      return `${paint.warn('!')} ${event.trial.label} ${event.state}: ${event.reason}`;
    }
    case 'trial-failed':
      return [
        `${paint.bad('✗')} ${event.trial.label} failed: ${event.failure.message}`,
        `    log: ${event.failure.log}`,
        `    again: ${event.failure.command}`,
      ].join('\n');
    case 'trial-interrupted':
      return `${paint.warn('‖')} ${event.trial.label} stopped at evaluation ${event.evaluation}; the next run goes on from there`;
    case 'trial-elsewhere':
      return `${paint.faint('…')} ${event.trial.label} is run by ${event.by}`;
    case 'note':
      return `${paint.faint('·')} ${event.sentence}`;
    default:
      return undefined;
  }
}

function overallLine({ done, failed, running, total, etaSeconds }: Overall): string {
  const parts = [`${done} of ${total} done`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (running > 1) parts.push(`${running} running`);
  if (etaSeconds !== undefined && done + failed < total) parts.push(`${roughDuration(etaSeconds)} left`);
  return parts.join(' · ');
}

const phaseNames: Readonly<Record<TrialProgress['phase'], string>> = {
  prepare: 'reading images, computing targets',
  compile: 'compiling the objective',
  evaluate: 'evaluating',
  measure: 'measuring the picture',
};

function progressText(progress: TrialProgress): string {
  const { phase, evaluation, evaluations, total, etaSeconds } = progress;
  const parts = [phase === 'evaluate' ? `${evaluation}/${evaluations}` : phaseNames[phase]];
  if (total !== undefined) parts.push(`total ${plainNumber(total)}`);
  if (etaSeconds !== undefined) {
    // Before the first evaluation that is what trials like it took, or a guess.
    parts.push(`${evaluation === 0 ? 'about ' : ''}${roughDuration(etaSeconds)} left`);
  }
  return parts.join(' · ');
}

/** Where a trial is expected to take so many times the interval between two lines, it is told of at its start. */
const longTrial = 4;

function lineReporter({ output, lineInterval = 30_000, now = Date.now }: ReporterOptions): Reporter {
  const paint = palette(wantsColor(output.stderr));
  const spoken = new Map<string, number>();
  const announced = new Set<string>();
  return {
    report(event) {
      const line = lasting(event, paint);
      if (line !== undefined) output.stderr.write(`${line}\n`);
      if (event.type === 'trial-started') spoken.set(event.trial.id, now());
      if (event.type !== 'trial-progress' || event.progress.phase !== 'evaluate') return;
      const { trial, progress } = event;
      const last = spoken.get(trial.id) ?? Number.NEGATIVE_INFINITY;
      // A first evaluation may take longer than people like to wait for the first word.
      const expected = progress.evaluation === 0 ? (progress.etaSeconds ?? 0) * 1000 : 0;
      const long = expected > longTrial * lineInterval && !announced.has(trial.id);
      if (now() - last < lineInterval && !long) return;
      announced.add(trial.id);
      spoken.set(trial.id, now());
      output.stderr.write(`  ${trial.label}: ${progressText(progress)}\n`);
    },
    close() {},
  };
}

const barWidth = 16;

function bar({ evaluation, evaluations }: TrialProgress): string {
  const filled =
    evaluations === 0 ? 0 : Math.round((barWidth * Math.min(evaluation, evaluations)) / evaluations);
  return '━'.repeat(filled) + '╌'.repeat(barWidth - filled);
}

function liveReporter({ output, redrawInterval = 100, now = Date.now }: ReporterOptions): Reporter {
  const { stderr } = output;
  const paint = palette(wantsColor(stderr));
  const running = new Map<string, { readonly label: string; progress?: TrialProgress }>();
  let overall: Overall | undefined;
  let drawn = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;

  const clear = () => (drawn === 0 ? '' : `\u001b[${drawn}A\u001b[0J`);
  const draw = (above = '') => {
    const width = (stderr.columns || 80) - 1;
    const trials = [...running.values()].map(({ label, progress }) => {
      if (progress === undefined) return cut(`  ${label}`, width);
      return cut(`  ${bar(progress)} ${label} ${paint.faint(progressText(progress))}`, width);
    });
    const lines =
      overall === undefined ? trials : [...trials, cut(paint.strong(overallLine(overall)), width)];
    drawOver(stderr, clear(), above + lines.map((line) => `${line}\n`).join(''));
    drawn = lines.length;
    drawnAt = now();
  };

  return {
    report(event) {
      const line = lasting(event, paint);
      if ('trial' in event) {
        if (event.type === 'trial-started') running.set(event.trial.id, { label: event.trial.label });
        else if (event.type === 'trial-progress') {
          running.set(event.trial.id, { label: event.trial.label, progress: event.progress });
        } else if (event.type !== 'trial-elsewhere') running.delete(event.trial.id);
      }
      if (event.type === 'overall') overall = event;
      if (line !== undefined) draw(`${line}\n`);
      else if (now() - drawnAt >= redrawInterval) draw();
    },
    close() {
      drawOver(stderr, clear());
      drawn = 0;
      running.clear();
      overall = undefined;
    },
  };
}

/** Progress of a single piece of work without a run around it. */
export interface TrialReporter {
  report(progress: TrialProgress): void;
  close(): void;
}

/** One line that is written over on a terminal, a line now and then elsewhere, nothing with `--json`. */
export function trialReporter(
  output: Output,
  json = false,
  options: { lineInterval?: number; now?: () => number } = {},
): TrialReporter {
  const { stderr } = output;
  const { lineInterval = 10_000, now = Date.now } = options;
  const live = stderr.isTTY === true;
  const interval = live ? 100 : lineInterval;
  let shownAt = now() - (live ? interval : 0);
  let open = false;
  return {
    report(progress) {
      if (json || now() - shownAt < interval) return;
      shownAt = now();
      const text =
        progress.phase === 'evaluate' ? `${bar(progress)} ${progressText(progress)}` : progressText(progress);
      if (live) {
        drawOver(stderr, '\r\u001b[2K', cut(text, (stderr.columns || 80) - 1));
        open = true;
      } else stderr.write(`${progressText(progress)}\n`);
    },
    close() {
      if (open) drawOver(stderr, '\r\u001b[2K');
      open = false;
    },
  };
}
