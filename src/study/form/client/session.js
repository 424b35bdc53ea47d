/** A rater's way through the trials. */
import { sheet, show } from './dom.js';
import { pauseScreen, problemScreen, wordsScreen } from './screens.js';
import { randomId } from './sha256.js';
import { text } from './texts.js';
import { askQuestion, openTrial } from './trial.js';

/** Longer than this from one answer to the next is an interruption; the rest of it is not time spent. */
const longestMilliseconds = 60_000;

/** A day: the server takes no longer answers, and a page may be left open for two. */
const mostMilliseconds = 86_400_000;

/** Whether this device is worked with fingers and has no keys at hand. */
function byTouch() {
  return matchMedia('(hover: none) and (pointer: coarse)').matches;
}

/** A text that speaks of fingers or of mouse and keys. */
function byHand(key) {
  return text(byTouch() ? `${key}.touch` : key);
}

/**
 * Asks what has not been answered yet. Resolves with `{ending}` at the end: `time` when
 * there is no more of it, else undefined.
 *
 * @param state - vault, outbox, study, session and pictures; `onlost` is told when the server knows the session no more;
 *   `stopped`: a signal after which nothing is asked or shown
 *   any more
 */
export async function runSession({ vault, outbox, study, session, pictures, onstatus, onlost, stopped }) {
  const { trials } = session;
  const steps = trials.flatMap((trial, at) => trial.questions.map((question) => ({ trial, at, question })));
  const keyOf = ({ at, question }) => `${at} ${question}`;
  const given = new Map(session.answers.map((answer) => [`${answer.trial} ${answer.question}`, answer]));
  for (const answer of vault.record.outbox ?? []) {
    const before = given.get(`${answer.trial} ${answer.question}`);
    if (before === undefined || before.revision < answer.revision) {
      given.set(`${answer.trial} ${answer.question}`, answer);
    }
  }
  const answered = (step) => given.has(keyOf(step));
  const firstMain = steps.findIndex(({ trial }) => !trial.training);
  const firstRating = steps.findIndex(({ trial }) => trial.kind === 'rating');
  const half = steps.findIndex(({ at }) => at === Math.floor(trials.length / 2));
  const told = new Set();
  let position = steps.findIndex((step) => !answered(step));
  if (position < 0) return {};
  let view;
  let zooms = 0;
  let forward = true;
  let since = performance.now();

  while (position < steps.length) {
    const step = steps[position];
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
    showProgress();
    const before = given.get(keyOf(step));
    const outcome = await askQuestion(view, {
      trial,
      question,
      number: trial.questions.indexOf(question) + 1,
      cannotTell: study.cannotTell,
      before: before?.choice,
      canUndo: position > 0,
      stopped,
    });
    if (outcome.pause) {
      if (await pauseScreen(study.resumeHours)) return {};
      since = performance.now();
      view = undefined;
      forward = false;
    } else if (outcome.undo) {
      position--;
      forward = false;
    } else {
      const revision = before === undefined ? 0 : before.revision + 1;
      const { choice } = outcome;
      const milliseconds = Math.min(outcome.milliseconds, mostMilliseconds);
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

  async function openAt(at) {
    for (;;) {
      try {
        const loading = setTimeout(() => stopped.aborted || show(sheet(text('trial.loading'))), 400);
        const urls = await pictures.trial(trials[at]).finally(() => clearTimeout(loading));
        if (stopped.aborted) return await new Promise(() => {});
        const opened = openTrial({ trial: trials[at], urls, onzoom: () => zooms++ });
        onstatus(opened.parts.saved);
        return opened;
      } catch (problem) {
        if (['no-session', 'other-study'].includes(problem.code)) onlost(problem.code);
        if (stopped.aborted) return await new Promise(() => {});
        await problemScreen(problem.code ?? 'picture');
      }
    }
  }

  function showProgress() {
    const { parts } = view;
    const training = trials[view.at].training;
    parts.done.textContent = training
      ? text('trial.training')
      : text('trial.progress', { done: view.at, all: trials.length - 1 });
    parts.bar.value = position / steps.length;
  }
}
