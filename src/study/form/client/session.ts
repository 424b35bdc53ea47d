/** A rater's way through the trials. */
import type { KnownAnswer, PublicSession } from '../exchange.ts';
import { sheet, show } from './dom.ts';
import type { Outbox } from './outbox.ts';
import type { Pictures } from './pictures.ts';
import { pauseScreen, problemScreen, type ShownStudy, wordsScreen } from './screens.ts';
import { randomId } from './sha256.ts';
import { text } from './texts.ts';
import { askQuestion, openTrial, type TrialView } from './trial.ts';
import type { Vault } from './vault.ts';
import { Problem } from './web.ts';

/** Why a session ends before everything was answered here: no time left, too late to go on, ended elsewhere. */
export type Ending = 'time' | 'expired' | 'elsewhere';

export interface SessionOptions {
  readonly vault: Vault;
  readonly outbox: Outbox;
  readonly study: ShownStudy;
  readonly session: PublicSession;
  readonly pictures: Pictures;
  /** Called with the place that says whether answers are saved. */
  onstatus(node: HTMLElement): void;
  /** Called when the server knows the session no more. */
  onlost(problem: string): void;
  /** After which nothing is asked or shown any more. */
  readonly stopped: AbortSignal;
}

/** Longer than this from one answer to the next is an interruption; the rest of it is not time spent. */
const longestMilliseconds = 60_000;

/** A day: the server takes no longer answers, and a page may be left open for two. */
const mostMilliseconds = 86_400_000;

/** Whether this device is worked with fingers and has no keys at hand. */
function byTouch() {
  return matchMedia('(hover: none) and (pointer: coarse)').matches;
}

/** A text that speaks of fingers or of mouse and keys. */
function byHand(key: string): string {
  return text(byTouch() ? `${key}.touch` : key);
}

/** Asks what has not been answered yet. Resolves at the end, with `time` when there is no more of it. */
export async function runSession(options: SessionOptions): Promise<{ readonly ending?: 'time' }> {
  const { vault, outbox, study, session, pictures, onstatus, onlost, stopped } = options;
  const { trials } = session;
  const steps = trials.flatMap((trial, at) => trial.questions.map((question) => ({ trial, at, question })));
  type Step = (typeof steps)[number];
  const keyOf = ({ at, question }: Step) => `${at} ${question}`;
  const given = new Map<string, KnownAnswer>(
    session.answers.map((answer) => [`${answer.trial} ${answer.question}`, answer]),
  );
  for (const answer of vault.record.outbox ?? []) {
    const before = given.get(`${answer.trial} ${answer.question}`);
    if (before === undefined || before.revision < answer.revision) {
      given.set(`${answer.trial} ${answer.question}`, answer);
    }
  }
  const answered = (step: Step) => given.has(keyOf(step));
  const firstMain = steps.findIndex(({ trial }) => !trial.training);
  const firstRating = steps.findIndex(({ trial }) => trial.kind === 'rating');
  const half = steps.findIndex(({ at }) => at === Math.floor(trials.length / 2));
  const told = new Set<number>();
  let position = steps.findIndex((step) => !answered(step));
  if (position < 0) return {};
  let view: (TrialView & { readonly at: number }) | undefined;
  let zooms = 0;
  let forward = true;
  let since = performance.now();

  while (position < steps.length) {
    const step = steps[position]!;
    const { trial, at, question } = step;
    if (forward && !answered(step) && !told.has(position)) {
      told.add(position);
      if (await interlude()) view = undefined;
    }
    if (spent() > study.minutes * 60_000) return { ending: 'time' };
    if (view?.at !== at) {
      view = { ...(await openAt(at)), at };
      zooms = 0;
    }
    pictures.ahead(trials[at + 1]);
    showProgress(view);
    const before = given.get(keyOf(step));
    const reply = await askQuestion(view, {
      trial,
      question,
      number: trial.questions.indexOf(question) + 1,
      cannotTell: study.cannotTell,
      before: before?.choice,
      canUndo: position > 0,
      stopped,
    });
    if (reply.kind === 'pause') {
      if (await pauseScreen(study.resumeHours)) return {};
      since = performance.now();
      view = undefined;
      forward = false;
    } else if (reply.kind === 'undo') {
      position--;
      forward = false;
    } else {
      const revision = before === undefined ? 0 : before.revision + 1;
      const { choice } = reply;
      const milliseconds = Math.min(reply.milliseconds, mostMilliseconds);
      const answer = { id: randomId(), trial: at, question, revision, choice, milliseconds, zooms };
      given.set(keyOf(step), answer);
      // Words in between and waiting for pictures are time spent, too.
      const lap = Math.min(performance.now() - since, longestMilliseconds);
      since = performance.now();
      vault.put({ spent: spent() + lap, answered: true });
      outbox.put(answer);
      position++;
      forward = true;
    }
  }
  return {};

  function spent() {
    return vault.record.spent ?? 0;
  }

  /** Words before a new part; true when there were any. */
  async function interlude() {
    const warning = vault.keeps ? undefined : text('storage.none');
    if (position === 0) {
      const lines = [
        text('training.above'),
        text('training.practice'),
        text(`training.answer${byTouch() ? '.touch' : ''}${study.cannotTell ? '' : '.forced'}`),
        byHand('training.undo'),
        byHand('training.zoom'),
      ];
      await wordsScreen(text('training.heading'), lines, text('training.begin'), warning);
    } else if (position === firstMain) {
      await wordsScreen(text('main.heading'), [text('main.text')], text('main.begin'), warning);
    } else if (position === firstRating) {
      await wordsScreen(text('rating.heading'), [byHand('rating.text')], text('continue'));
    } else if (position === half) {
      await wordsScreen(text('break.heading'), [text('break.text')], text('continue'));
    } else return false;
    return true;
  }

  async function openAt(at: number): Promise<TrialView> {
    const trial = trials[at]!;
    for (;;) {
      try {
        const loading = setTimeout(() => stopped.aborted || show(sheet(text('trial.loading'))), 400);
        const urls = await pictures.trial(trial).finally(() => clearTimeout(loading));
        if (stopped.aborted) return await new Promise<never>(() => {});
        const opened = openTrial({ trial, urls, onzoom: () => zooms++ });
        onstatus(opened.parts.saved);
        return opened;
      } catch (error) {
        const code = error instanceof Problem ? error.code : 'picture';
        if (['no-session', 'other-study'].includes(code)) onlost(code);
        if (stopped.aborted) return await new Promise<never>(() => {});
        await problemScreen(code);
      }
    }
  }

  function showProgress({ parts, at }: TrialView & { readonly at: number }): void {
    const { training } = trials[at]!;
    parts.done.textContent = training
      ? text('trial.training')
      : text('trial.progress', { done: at, all: trials.length - 1 });
    parts.bar.value = position / steps.length;
  }
}
