/** The parts of the page, each made of what the server said. Names are others' words: they only ever become text. */
import { make } from '../../../src/platform/browser/make.ts';
import { bytes, count, duration, number, roughDuration } from '../../../src/platform/format.ts';
import type {
  Counts,
  LiveFailure,
  LiveFinished,
  LiveMachine,
  LivePicture,
  LiveRunning,
  LiveState,
} from '../state.ts';
import { curveDrawing } from './curve.ts';

/** What states are called, by the letters of the map. */
export const stateNames: Readonly<Record<string, string>> = {
  c: 'complete',
  r: 'running',
  w: 'waiting',
  d: 'diverged',
  p: 'pruned',
  x: 'failed',
};

/** How far everything is, in a sentence. */
export function progressText({ trials, trainings, etaSeconds, map }: LiveState): string {
  const done = doneOf(trials);
  const parts = [`${done} of ${count(map.length, 'trial')} finished`];
  if (trials.running > 0) parts.push(`${trials.running} running`);
  if (trials.failed > 0) parts.push(`${trials.failed} failed`);
  if (trainings !== undefined) {
    const all = Object.values(trainings).reduce((sum, one) => sum + one, 0);
    parts.push(`${doneOf(trainings)} of ${count(all, 'training')} done`);
  }
  const open = trials.waiting + trials.running + (trainings?.waiting ?? 0) + (trainings?.running ?? 0);
  const busy = trials.running + (trainings?.running ?? 0) > 0;
  if (etaSeconds !== undefined) parts.push(`about ${roughDuration(etaSeconds)} left`);
  else if (open > 0 && !busy) parts.push('nobody is working at it now');
  return `${parts.join(', ')}.`;
}

/** Finished, in whatever way. */
export function doneOf({ complete, diverged, pruned }: Counts): number {
  return complete + diverged + pruned;
}

export function runningCard(work: LiveRunning): HTMLElement {
  const { label, host, at, of, pace, etaSeconds, memory, silent, curves, pictures, kind } = work;
  const unit = kind === 'training' ? 'step' : 'evaluation';
  const facts = [
    at === 0 ? 'preparing' : `${unit} ${at} of ${of}`,
    pace !== undefined && `${number(pace)} a second`,
    etaSeconds !== undefined && `${roughDuration(etaSeconds)} left`,
    memory !== undefined && bytes(memory),
    `on ${host}`,
  ].filter((fact) => fact !== false);
  return make(
    'article',
    { class: 'card' },
    make('h3', {}, label),
    make('progress', { max: of, value: at, 'aria-label': `${label}: ${unit}s` }),
    make('p', { class: 'facts' }, facts.join(' · ')),
    silent !== undefined &&
      make(
        'p',
        { class: 'alert' },
        `No sign of life for ${roughDuration(silent)}: its process may be gone. Another takes it over.`,
      ),
    curves.length > 0 && curveDrawing(curves, of),
    curves.length > 1 && legend(curves.map(({ name }) => name)),
    pictures.length > 0 && strip(pictures, unit),
  );
}

function legend(names: readonly string[]): HTMLElement {
  const items = names.map((name, i) => make('li', { class: `line-${i}` }, name));
  return make('ul', { class: 'legend' }, ...items);
}

function strip(pictures: readonly LivePicture[], unit: string): HTMLElement {
  const figures = pictures.map(({ url, at }) =>
    make(
      'figure',
      {},
      make('a', { href: url }, picture(url, `The picture at ${unit} ${at}`)),
      make('figcaption', {}, String(at)),
    ),
  );
  return make('div', { class: 'strip' }, ...figures);
}

/** Pictures by their address: one that is shown already moves into the new part instead of being loaded again. */
const pictures = new Map<string, HTMLImageElement>();

function picture(url: string, alt: string): HTMLImageElement {
  const known = pictures.get(url) ?? make('img', { src: url, alt, loading: 'lazy', decoding: 'async' });
  pictures.delete(url);
  pictures.set(url, known);
  // As many as are shown at most, twice.
  if (pictures.size > 400) pictures.delete(pictures.keys().next().value!);
  return known;
}

export function finishedCard(work: LiveFinished): HTMLElement {
  const { label, state, reason, seconds, total, picture: shown, host } = work;
  const facts = [total !== null && number(total), duration(seconds), host].filter((fact) => fact !== false);
  return make(
    'figure',
    { class: 'finished' },
    shown !== undefined && make('a', { href: shown.url }, picture(shown.url, `The picture of ${label}`)),
    make(
      'figcaption',
      {},
      make('strong', {}, label),
      state !== 'complete' && make('span', { class: 'alert' }, `${state}: ${reason}`),
      make('span', {}, facts.join(' · ')),
    ),
  );
}

export function failureEntry(failure: LiveFailure, open: boolean): HTMLDetailsElement {
  const { label, message, command, log, url, id } = failure;
  return make(
    'details',
    { class: 'failure', open, 'data-id': id },
    make('summary', {}, make('strong', {}, label), ` ${message}`),
    make('p', {}, 'Again: ', make('code', {}, command)),
    log !== '' && make('pre', { tabindex: 0 }, log),
    url !== undefined && make('p', {}, make('a', { href: url }, 'The whole log')),
  );
}

export function machineTable(machines: readonly LiveMachine[]): HTMLElement {
  const head = ['Machine', 'Trials', 'An evaluation', 'Memory at most'];
  const rows = machines.map(({ machine, trials, shared, perEvaluation, memory }) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row' }, machine),
      make('td', {}, shared === 0 ? String(trials) : `${trials} (${shared} beside others)`),
      make('td', {}, perEvaluation === null ? '–' : duration(perEvaluation)),
      make('td', {}, memory > 0 ? bytes(memory) : '–'),
    ),
  );
  return make(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Speed and memory' },
    make(
      'table',
      {},
      make('thead', {}, make('tr', {}, ...head.map((text) => make('th', { scope: 'col' }, text)))),
      make('tbody', {}, ...rows),
    ),
  );
}
