/**
 * Showing a run while it goes on: on a terminal, a live block with a line for each running trial or training and one for
 * the whole; elsewhere, a line whenever one ends and now and then in between; with `--json`, one event a line.
 */
import { count, plainNumber, roughDuration } from '../platform/format.ts';
import type { RunEvent } from '../runs/launcher.ts';
import type { TrialProgress } from '../runs/trial-io.ts';
import { kindOf, type Work } from '../runs/work.ts';
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

/** Events as JSON lines, named after what they speak of: `trial-started`, `training-finished`. Progress within is left out. */
function jsonReporter({ stdout }: Output): Reporter {
  return {
    report(event) {
      if (event.type === 'progress' || event.type === 'overall') return;
      const shown = 'work' in event ? named(event) : event;
      stdout.write(`${JSON.stringify(shown)}\n`);
    },
    close() {},
  };
}

function named({ type, work, ...event }: Extract<RunEvent, { work: Work }>): unknown {
  const { name } = kindOf(work);
  return { type: `${name}-${type}`, [name]: { id: work.id, label: work.label }, ...event };
}

type Overall = Extract<RunEvent, { type: 'overall' }>;

/** What events that stay on the screen say; undefined for those that only change the live block. */
function lasting(event: RunEvent, paint: Palette): string | undefined {
  switch (event.type) {
    case 'planned': {
      const lines = [plannedText('trial', event)];
      if (event.trainings !== undefined) lines.push(plannedText('training', event.trainings));
      return lines.join('\n');
    }
    case 'finished': {
      const took = event.seconds === undefined ? '' : `, ${roughDuration(event.seconds)}`;
      if (event.state === 'complete')
        return `${paint.good('✓')} ${event.work.label} ${paint.faint(`(${event.reason}${took})`)}`;
      return `${paint.warn('!')} ${event.work.label} ${event.state}: ${event.reason}`;
    }
    case 'failed': {
      const { message, log, command, training } = event.failure;
      const what = `${paint.bad('✗')} ${event.work.label} failed: ${message}`;
      // What failed with its training was never begun: where to look and what to type was said of that.
      return training !== undefined ? what : [what, `    log: ${log}`, `    again: ${command}`].join('\n');
    }
    case 'interrupted':
      return `${paint.warn('‖')} ${event.work.label} stopped at ${kindOf(event.work).unit} ${event.evaluation}; the next run goes on from there`;
    case 'elsewhere':
      return `${paint.faint('…')} ${event.work.label} is run by ${event.by}`;
    case 'note':
      return `${paint.faint('·')} ${event.sentence}`;
    default:
      return undefined;
  }
}

function plannedText(
  what: 'trial' | 'training',
  { total, done, open }: { total: number; done: number; open: number },
): string {
  return `${count(total, what)}: ${done} done, ${open} to run`;
}

function overallLine({ done, failed, running, total, trainings, etaSeconds }: Overall): string {
  const parts = [`${done} of ${total} done`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (trainings !== undefined && trainings.done < trainings.total) {
    const lost = trainings.failed > 0 ? `, ${trainings.failed} failed` : '';
    parts.push(`${trainings.done} of ${count(trainings.total, 'training')}${lost}`);
  }
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
      if (event.type === 'started') spoken.set(event.work.id, now());
      if (event.type !== 'progress' || event.progress.phase !== 'evaluate') return;
      const { work, progress } = event;
      const last = spoken.get(work.id) ?? Number.NEGATIVE_INFINITY;
      // A first evaluation may take longer than people like to wait for the first word.
      const expected = progress.evaluation === 0 ? (progress.etaSeconds ?? 0) * 1000 : 0;
      const long = expected > longTrial * lineInterval && !announced.has(work.id);
      if (now() - last < lineInterval && !long) return;
      announced.add(work.id);
      spoken.set(work.id, now());
      output.stderr.write(`  ${work.label}: ${progressText(progress)}\n`);
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
      if ('work' in event) {
        const { id, label } = event.work;
        if (event.type === 'started') running.set(id, { label });
        else if (event.type === 'progress') running.set(id, { label, progress: event.progress });
        else if (event.type !== 'elsewhere') running.delete(id);
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
