/** The pictures and one question about them. */
import { make } from '../../../platform/browser/make.ts';
import type { PublicTrial } from '../exchange.ts';
import { say } from './dom.ts';
import { text } from './texts.ts';
import { type Zoom, zoomTogether } from './zoom.ts';

/** An answer within this time of the pictures' appearing is a slip of the finger. */
const slipMilliseconds = 250;

/** The screen of one trial. */
export interface TrialView {
  readonly parts: Parts;
  readonly zoom: Zoom;
}

type Parts = Readonly<Record<'done' | 'saved' | 'question' | 'more' | 'answers', HTMLElement>> &
  Readonly<Record<'undo' | 'closer' | 'further' | 'pause', HTMLButtonElement>> & {
    readonly bar: HTMLProgressElement;
  };

export interface ShownTrial {
  readonly trial: PublicTrial;
  /** Part -> address of its picture. */
  readonly urls: Readonly<Record<string, string>>;
  /** Called whenever the rater zoomed. */
  onzoom(): void;
}

/** Its questions are asked one after the other. */
export function openTrial({ trial, urls, onzoom }: ShownTrial): TrialView {
  const figure = (part: string) => {
    const { width, height } = trial.pictures[part]!;
    const image = make('img', { src: urls[part], alt: text(`trial.${part}`), draggable: 'false' });
    const frame = make('div', { class: 'frame' }, image);
    frame.style.setProperty('--ratio', String(width / height));
    return make('figure', { class: `picture ${part}` }, frame, make('figcaption', {}, text(`trial.${part}`)));
  };
  const results = Object.keys(trial.pictures).filter((part) => part !== 'content' && part !== 'style');
  const parts: Parts = {
    done: make('span', { class: 'done' }),
    bar: make('progress', { max: '1', value: '0', 'aria-hidden': 'true' }),
    saved: make('span', { class: 'saved', role: 'status' }),
    undo: make(
      'button',
      { type: 'button', 'aria-label': text('undo.long'), 'aria-keyshortcuts': 'u' },
      '↶ ',
      text('undo'),
    ),
    closer: make('button', { type: 'button', 'aria-label': text('zoom.in'), 'aria-keyshortcuts': '+' }, '+'),
    further: make(
      'button',
      { type: 'button', 'aria-label': text('zoom.out'), 'aria-keyshortcuts': '-' },
      '−',
    ),
    pause: make('button', { type: 'button', 'aria-label': text('pause.long') }, text('pause')),
    question: make('h1', { tabindex: '-1' }),
    more: make('p', { class: 'more' }),
    answers: make('div', { class: 'answers', role: 'group', 'aria-labelledby': 'question' }),
  };
  parts.question.id = 'question';
  const main = make(
    'main',
    { class: `trial ${trial.kind}` },
    make(
      'div',
      { class: 'bar' },
      make('span', { class: 'progress' }, parts.done, parts.bar),
      parts.saved,
      make('span', { class: 'tools' }, parts.further, parts.closer, parts.undo, parts.pause),
    ),
    make('div', { class: 'sources' }, figure('content'), figure('style')),
    make('div', { class: 'results' }, ...results.map(figure)),
    make('section', { class: 'ask' }, parts.question, parts.more, parts.answers),
  );
  document.getElementById('form')!.replaceChildren(main);
  document.documentElement.scrollTop = 0;
  // The style shows another place than the rest: it moves alone.
  const together = [...main.querySelectorAll<HTMLElement>('.content img, .results img')];
  const zoom = zoomTogether(together, onzoom);
  zoomTogether([...main.querySelectorAll<HTMLElement>('.style img')], onzoom);
  parts.closer.onclick = zoom.closer;
  parts.further.onclick = zoom.further;
  return { parts, zoom };
}

type Offered = readonly [choice: string, label: string, long: string | undefined, key: string];

/** What can be answered. */
function offered(trial: PublicTrial, cannotTell: boolean): Offered[] {
  if (trial.kind === 'rating') {
    return ['5', '4', '3', '2', '1'].map(
      (score): Offered => [score, text(`answer.${score}`), undefined, score],
    );
  }
  return [
    ['left', text('answer.left'), text('answer.left.long'), 'ArrowLeft'],
    ...(cannotTell ? [['tie', text('answer.tie'), undefined, 'ArrowDown'] as const] : []),
    ['right', text('answer.right'), text('answer.right.long'), 'ArrowRight'],
  ];
}

const arrows: Readonly<Record<string, string>> = { ArrowLeft: '←', ArrowRight: '→', ArrowDown: '↓' };

/** One of a trial's questions. */
export interface AskedQuestion {
  readonly trial: PublicTrial;
  readonly question: string;
  /** Which of the trial's questions this is, from 1. */
  readonly number: number;
  readonly cannotTell: boolean;
  /** The choice made earlier, when the rater has come back. */
  readonly before: string | undefined;
  readonly canUndo: boolean;
  /** After which the keys answer nothing any more. */
  readonly stopped: AbortSignal;
}

/** What the rater did. */
export type Reply =
  | { readonly kind: 'answer'; readonly choice: string; readonly milliseconds: number }
  | { readonly kind: 'undo' }
  | { readonly kind: 'pause' };

/** Asks one question on an open trial. */
export function askQuestion(view: TrialView, asked: AskedQuestion): Promise<Reply> {
  const { trial, question, number, cannotTell, before, canUndo, stopped } = asked;
  const { parts } = view;
  const since = performance.now();
  return new Promise((resolve) => {
    // Until then what is pressed was meant for something before.
    delete parts.answers.dataset.open;
    const opening = setTimeout(() => {
      parts.answers.dataset.open = '';
    }, slipMilliseconds);
    const finish = (reply: Reply) => {
      clearTimeout(opening);
      delete parts.answers.dataset.open;
      removeEventListener('keydown', onkey);
      resolve(reply);
    };
    const choose = (choice: string) => {
      if (parts.answers.dataset.open === undefined) return;
      const milliseconds = Math.round(performance.now() - since);
      for (const node of parts.answers.querySelectorAll('button'))
        node.classList.toggle('chosen', node.value === choice);
      finish({ kind: 'answer', choice, milliseconds });
    };
    const options = offered(trial, cannotTell);
    const onkey = (event: KeyboardEvent) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
      const option = options.find(([, , , key]) => key === event.key);
      if (option !== undefined) choose(option[0]);
      else if ((event.key === 'u' || event.key === 'U' || event.key === 'Backspace') && canUndo)
        finish({ kind: 'undo' });
      else if (event.key === '+' || event.key === '=') view.zoom.closer();
      else if (event.key === '-') view.zoom.further();
      else if (event.key === '0') view.zoom.whole();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onkey, { signal: stopped });
    parts.question.textContent = text(`ask.${question}`);
    parts.more.textContent = text(`ask.${question}.more`);
    parts.answers.replaceChildren(
      ...options.map(([choice, label, long, key]) =>
        make(
          'button',
          {
            type: 'button',
            value: choice,
            class: choice,
            'aria-label': long,
            'aria-keyshortcuts': key,
            'aria-pressed': choice === before ? 'true' : 'false',
            onclick: () => choose(choice),
          },
          make('kbd', { 'aria-hidden': 'true' }, arrows[key] ?? key),
          make('span', {}, label),
        ),
      ),
    );
    parts.undo.disabled = !canUndo;
    parts.undo.onclick = () => finish({ kind: 'undo' });
    parts.pause.onclick = () => finish({ kind: 'pause' });
    // Heard by those who listen, and the keys work at once for those who type.
    parts.question.focus({ preventScroll: true });
    say(trial.questions.length > 1 ? `${number}/${trial.questions.length}: ${text(`ask.${question}`)}` : '');
  });
}
