/** The page of a running sweep: asks for its state again and again, and shows what has changed. */
import { make } from '../../../src/platform/browser/make.ts';
import { count, roughDuration } from '../../../src/platform/format.ts';
import type { LiveState } from '../state.ts';
import { mapDrawing } from './curve.ts';
import { failureEntry, finishedCard, machineTable, progressText, runningCard, stateNames } from './parts.ts';

/** Milliseconds between two questions, of a page that is seen and of one that is not, and until an answer counts as lost. */
const pause = { seen: 700, unseen: 5000, answer: 8000 };

interface Told {
  readonly version: string;
  readonly state: LiveState;
}

const title = make('h1', {}, 'Neckar');
const question = make('p', { class: 'question' });
const progress = make('p', { class: 'progress', role: 'status' });
const connection = make('p', { class: 'connection', role: 'status' });
const problem = make('p', { class: 'alert' });
const bar = make('div', { class: 'bar', 'aria-hidden': true });
const map = make('div', { class: 'map-frame' });
const key = make('ul', { class: 'key' });
const running = section('Running');
const failures = section('Failed');
const finished = section('Finished, the latest first');
const machines = section('Speed and memory');

document
  .querySelector('#page')!
  .replaceChildren(
    make('header', {}, title, question, progress, connection, problem, bar, map, key),
    running.whole,
    failures.whole,
    finished.whole,
    machines.whole,
  );

let told: Told | undefined;
let heardAt = performance.now();
let wake = (): void => {};
/** What each part was made of last: a part is made anew only where that has changed. */
const madeOf = new Map<unknown, string>();

document.addEventListener('visibilitychange', () => wake());
window.addEventListener('resize', () => {
  madeOf.delete(map);
  if (told !== undefined) show(told.state);
});
void follow();

async function follow(): Promise<void> {
  for (;;) {
    await ask();
    await new Promise<void>((resolve) => {
      wake = resolve;
      setTimeout(resolve, document.hidden ? pause.unseen : pause.seen);
    });
  }
}

async function ask(): Promise<void> {
  try {
    const after = told === undefined ? '' : `?after=${told.version}`;
    const answer = await fetch(`state${after}`, {
      cache: 'no-store',
      signal: AbortSignal.timeout(pause.answer),
    });
    if (answer.status === 200) {
      told = (await answer.json()) as Told;
      show(told.state);
    } else if (answer.status !== 204) throw new Error(String(answer.status));
    heardAt = performance.now();
    connection.textContent = '';
  } catch {
    const silent = (performance.now() - heardAt) / 1000;
    connection.textContent = `Nobody answers here since ${roughDuration(silent)}: this is how it was then. Start neckar watch again, and the page goes on by itself.`;
  }
}

function show(state: LiveState): void {
  const { name, map: states } = state;
  document.title = states === '' ? name : `${Math.round((100 * settled(states)) / states.length)} % ${name}`;
  title.textContent = name;
  question.textContent = state.question ?? '';
  problem.textContent = state.problem ?? '';
  progress.textContent = states === '' ? '' : progressText(state);
  renew(map, states, () => {
    const letters = Object.keys(stateNames).filter((letter) => states.includes(letter));
    bar.replaceChildren(
      ...letters.map((letter) => {
        const part = make('span', { class: `state-${letter}` });
        part.style.flexGrow = String(amount(states, letter));
        return part;
      }),
    );
    map.replaceChildren(mapDrawing(states, map.clientWidth));
    key.replaceChildren(
      ...letters.map((letter) =>
        make('li', { class: `state-${letter}` }, `${amount(states, letter)} ${stateNames[letter]}`),
      ),
    );
  });
  fill(running, state.running, (work) => work.id, runningCard, more(state.moreRunning));
  fill(finished, state.finished, ({ id }) => id, finishedCard);
  const open = new Set(
    [...failures.list.querySelectorAll('details[open]')].map((one) => (one as HTMLElement).dataset.id),
  );
  fill(
    failures,
    state.failures,
    ({ id }) => id,
    (one) => failureEntry(one, open.has(one.id)),
    more(state.moreFailures),
  );
  renew(machines, JSON.stringify(state.machines), () => {
    machines.whole.hidden = state.machines.length === 0;
    machines.list.replaceChildren(machineTable(state.machines));
  });
}

function more(left: number): string {
  return left === 0 ? '' : `and ${count(left, 'more', 'more')}`;
}

interface Section {
  readonly whole: HTMLElement;
  readonly list: HTMLElement;
  readonly rest: HTMLElement;
}

function section(heading: string): Section {
  const list = make('div', { class: `list ${heading.split(/[ ,]/)[0]!.toLowerCase()}` });
  const rest = make('p', { class: 'faint' });
  const whole = make('section', { hidden: true }, make('h2', {}, heading), list, rest);
  return { whole, list, rest };
}

/** The entries of a section; those that are as they were stay in their places with what is open or selected in them. */
function fill<Entry>(
  { whole, list, rest }: Section,
  entries: readonly Entry[],
  idOf: (entry: Entry) => string,
  draw: (entry: Entry) => HTMLElement,
  more = '',
): void {
  const before = drawn.get(list) ?? new Map<string, { text: string; element: HTMLElement }>();
  const now = new Map(
    entries.map((entry) => {
      const text = JSON.stringify(entry);
      const known = before.get(idOf(entry));
      return [idOf(entry), known?.text === text ? known : { text, element: draw(entry) }];
    }),
  );
  drawn.set(list, now);
  whole.hidden = entries.length === 0;
  const elements = [...now.values()].map(({ element }) => element);
  const same =
    elements.length === list.children.length && elements.every((one, i) => one === list.children[i]);
  if (!same) list.replaceChildren(...elements);
  rest.textContent = more;
}

const drawn = new WeakMap<HTMLElement, Map<string, { text: string; element: HTMLElement }>>();

function renew(part: unknown, text: string, draw: () => void): void {
  if (madeOf.get(part) === text) return;
  madeOf.set(part, text);
  draw();
}

function amount(states: string, letter: string): number {
  return states.split(letter).length - 1;
}

function settled(states: string): number {
  return states.length - amount(states, 'w') - amount(states, 'r');
}
