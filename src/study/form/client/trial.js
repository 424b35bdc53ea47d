/** The pictures and one question about them. */
import { el, say } from './dom.js';
import { text } from './texts.js';
import { zoomTogether } from './zoom.js';

/** An answer within this time of the pictures' appearing is a slip of the finger. */
const slipMilliseconds = 250;

/** The screen of one trial; its questions are asked one after the other. */
export function openTrial({ trial, urls, onzoom }) {
  const figure = (part) => {
    const { width, height } = trial.pictures[part];
    const image = el('img', { src: urls[part], alt: text(`trial.${part}`), draggable: 'false' });
    const frame = el('div', { class: 'frame' }, image);
    frame.style.setProperty('--ratio', String(width / height));
    return el('figure', { class: `picture ${part}` }, frame, el('figcaption', {}, text(`trial.${part}`)));
  };
  const results = Object.keys(trial.pictures).filter((part) => part !== 'content' && part !== 'style');
  const parts = {
    done: el('span', { class: 'done' }),
    bar: el('progress', { max: '1', value: '0', 'aria-hidden': 'true' }),
    saved: el('span', { class: 'saved', role: 'status' }),
    undo: el(
      'button',
      { type: 'button', 'aria-label': text('undo.long'), 'aria-keyshortcuts': 'u' },
      '↶ ',
      text('undo'),
    ),
    closer: el('button', { type: 'button', 'aria-label': text('zoom.in'), 'aria-keyshortcuts': '+' }, '+'),
    further: el('button', { type: 'button', 'aria-label': text('zoom.out'), 'aria-keyshortcuts': '-' }, '−'),
    pause: el('button', { type: 'button', 'aria-label': text('pause.long') }, text('pause')),
    question: el('h1', { tabindex: '-1' }),
    more: el('p', { class: 'more' }),
    answers: el('div', { class: 'answers', role: 'group', 'aria-labelledby': 'question' }),
  };
  parts.question.id = 'question';
  const main = el(
    'main',
    { class: `trial ${trial.kind}` },
    el(
      'div',
      { class: 'bar' },
      el('span', { class: 'progress' }, parts.done, parts.bar),
      parts.saved,
      el('span', { class: 'tools' }, parts.further, parts.closer, parts.undo, parts.pause),
    ),
    el('div', { class: 'sources' }, figure('content'), figure('style')),
    el('div', { class: 'results' }, ...results.map(figure)),
    el('section', { class: 'ask' }, parts.question, parts.more, parts.answers),
  );
  document.getElementById('form').replaceChildren(main);
  document.documentElement.scrollTop = 0;
  // The style shows another place than the rest: it moves alone.
  const together = [...main.querySelectorAll('.content img, .results img')];
  const zoom = zoomTogether(together, onzoom);
  zoomTogether([main.querySelector('.style img')], onzoom);
  parts.closer.onclick = zoom.closer;
  parts.further.onclick = zoom.further;
  return { main, parts, zoom, since: performance.now() };
}

/** What can be answered: `[choice, label, long label, key]`. */
function offered(trial, cannotTell) {
  if (trial.kind === 'rating') {
    return ['5', '4', '3', '2', '1'].map((score) => [score, text(`answer.${score}`), undefined, score]);
  }
  return [
    ['left', text('answer.left'), text('answer.left.long'), 'ArrowLeft'],
    ...(cannotTell ? [['tie', text('answer.tie'), undefined, 'ArrowDown']] : []),
    ['right', text('answer.right'), text('answer.right.long'), 'ArrowRight'],
  ];
}

const arrows = { ArrowLeft: '←', ArrowRight: '→', ArrowDown: '↓' };

/**
 * Asks one question on an open trial. Resolves with `{choice, milliseconds}`, `{undo}` or `{pause}`.
 *
 * @param before - the choice made earlier, when the rater has come back
 * @param number - which of the trial's questions this is, from 1
 * @param stopped - a signal after which the keys answer nothing any more
 */
export function askQuestion(view, { trial, question, number, cannotTell, before, canUndo, stopped }) {
  const { parts } = view;
  const since = performance.now();
  return new Promise((resolve) => {
    // Until then what is pressed was meant for something before.
    delete parts.answers.dataset.open;
    const opening = setTimeout(() => {
      parts.answers.dataset.open = '';
    }, slipMilliseconds);
    const finish = (outcome) => {
      clearTimeout(opening);
      delete parts.answers.dataset.open;
      removeEventListener('keydown', onkey);
      resolve(outcome);
    };
    const choose = (choice) => {
      if (parts.answers.dataset.open === undefined) return;
      const milliseconds = Math.round(performance.now() - since);
      for (const node of parts.answers.children) node.classList.toggle('chosen', node.value === choice);
      finish({ choice, milliseconds });
    };
    const options = offered(trial, cannotTell);
    const onkey = (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
      const option = options.find(([, , , key]) => key === event.key);
      if (option !== undefined) choose(option[0]);
      else if ((event.key === 'u' || event.key === 'U' || event.key === 'Backspace') && canUndo)
        finish({ undo: true });
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
        el(
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
          el('kbd', { 'aria-hidden': 'true' }, arrows[key] ?? key),
          el('span', {}, label),
        ),
      ),
    );
    parts.undo.disabled = !canUndo;
    parts.undo.onclick = () => finish({ undo: true });
    parts.pause.onclick = () => finish({ pause: true });
    // Heard by those who listen, and the keys work at once for those who type.
    parts.question.focus({ preventScroll: true });
    say(trial.questions.length > 1 ? `${number}/${trial.questions.length}: ${text(`ask.${question}`)}` : '');
  });
}
