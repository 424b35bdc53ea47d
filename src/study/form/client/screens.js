/** Everything around the pictures: consent, questions about the rater, words in between, and the end. */
import { button, el, sheet, show } from './dom.js';
import { backgroundField, choiceField, chosenIn, hueField, squaresField, wordOptions } from './fields.js';
import { consentNow, languageNames, languageNow, setLanguage, text } from './texts.js';

/** A screen whose form resolves when it is sent; `build` gets a function that ends it. */
function screen(build) {
  return new Promise((resolve) => {
    show(build(resolve));
  });
}

function paragraphs(...keys) {
  return keys.map((key) => el('p', {}, text(key)));
}

/** Resolves with the access code, if one is asked for, once the reader agrees. */
export function consentScreen(study, problem) {
  return screen((resolve) => {
    const values = { minutes: study.minutes, hours: study.resumeHours };
    const languages = el(
      'select',
      {
        id: 'language',
        onchange: ({ target }) => {
          setLanguage(target.value);
          resolve({ again: true });
        },
      },
      ...languageNames().map(([code, name]) =>
        el('option', { value: code, lang: code, selected: code === languageNow() }, name),
      ),
    );
    const form = el(
      'form',
      {
        onsubmit: (event) => {
          event.preventDefault();
          resolve({ accessCode: new FormData(form).get('code')?.trim() });
        },
      },
      study.needsCode &&
        el(
          'div',
          { class: 'field' },
          el('label', { for: 'code' }, text('consent.code')),
          el('input', { id: 'code', name: 'code', required: true, autocomplete: 'off', maxlength: 200 }),
        ),
      el(
        'label',
        { class: 'check' },
        el('input', { type: 'checkbox', name: 'consent', required: true }),
        el('span', {}, text('consent.agree')),
      ),
      el('div', { class: 'actions' }, el('button', { class: 'primary' }, text('consent.begin'))),
    );
    return sheet(
      text('consent.heading'),
      study.title !== '' && el('p', { class: 'small' }, study.title),
      problem !== undefined && el('p', { class: 'problem', role: 'alert' }, text(`problem.${problem}`)),
      el('div', { class: 'language' }, el('label', { for: 'language' }, text('consent.language')), languages),
      ...paragraphs('consent.what'),
      el('p', {}, text('consent.time', values)),
      ...paragraphs('consent.device', 'consent.data', 'consent.free'),
      ownConsent(),
      form,
      !study.fromDisk &&
        el(
          'p',
          { class: 'small' },
          button(text('withdraw.link'), () => resolve({ withdraw: true }), { class: 'link' }),
        ),
    );
  });
}

/** A screen of fields that must all be answered; resolves with what was chosen, or undefined to go back. */
function fieldsScreen(title, why, fields, keep) {
  return screen((resolve) => {
    const alert = el('p', { class: 'problem', role: 'alert' });
    const form = el(
      'form',
      {
        novalidate: true,
        onchange: () => keep(chosenIn(form)),
        onsubmit: (event) => {
          event.preventDefault();
          const missing = [...form.querySelectorAll('select')].filter((select) => select.value === '');
          for (const select of form.querySelectorAll('select')) {
            select.setAttribute('aria-invalid', String(select.value === ''));
          }
          if (missing.length === 0) return resolve(chosenIn(form));
          alert.textContent = text('required');
          missing[0].focus();
        },
      },
      ...fields,
      alert,
      el(
        'div',
        { class: 'actions' },
        button(text('back'), () => resolve(undefined)),
        el('button', { class: 'primary' }, text('continue')),
      ),
    );
    return sheet(title, el('p', {}, why), form);
  });
}

export function backgroundScreen(questions, before, keep) {
  const fields = questions.map((question) => backgroundField(question, before[question.name]));
  return fieldsScreen(text('background.heading'), text('background.why'), fields, keep);
}

export function conditionsScreen(bands, before, keep) {
  const worded = ['device', 'screen', 'distance', 'light', 'brightness'];
  const random = () => 1 + Math.floor(Math.random() * 4);
  const fields = [
    ...worded.map((name) => choiceField(name, wordOptions(name, bands[name]), before[name])),
    squaresField('darkSquares', before.darkSquares),
    squaresField('lightSquares', before.lightSquares),
    hueField('colourRedGreen', random()),
    hueField('colourBlueYellow', random()),
  ];
  return fieldsScreen(text('conditions.heading'), text('conditions.why'), fields, keep);
}

/** A few words and one button. */
export function wordsScreen(title, lines, go, warning) {
  return screen((resolve) => {
    const next = button(go, () => resolve(), { class: 'primary' });
    return sheet(
      title,
      warning !== undefined && el('p', { class: 'problem' }, warning),
      ...lines.map((line) => el('p', {}, line)),
      el('div', { class: 'actions' }, next),
    );
  });
}

/** Stop for now, or for good: resolves true to end. */
export function pauseScreen(hours) {
  return screen((resolve) =>
    sheet(
      text('pause.heading'),
      el('p', {}, text('pause.text', { hours })),
      el(
        'div',
        { class: 'actions' },
        button(text('pause.end'), () => resolve(true)),
        button(text('pause.resume'), () => resolve(false), { class: 'primary' }),
      ),
    ),
  );
}

/**
 * Something failed; resolves when the reader wants to try again.
 * @param lines - what else there is to say
 */
export function problemScreen(code, go = 'problem.retry', lines = []) {
  return screen((resolve) =>
    sheet(
      text('problem.heading'),
      el('p', { role: 'alert' }, text(`problem.${code}`)),
      ...lines.map((line) => el('p', {}, line)),
      el(
        'div',
        { class: 'actions' },
        button(text(go), () => resolve(), { class: 'primary' }),
      ),
    ),
  );
}

/** Answers that the server will never take: how many, why, and what to do. Resolves when the reader goes on. */
export function refusedScreen(codes) {
  const kinds = [...new Set(codes)];
  return screen((resolve) =>
    sheet(
      text(codes.length === 1 ? 'refused.heading' : 'refused.heading.several', { count: codes.length }),
      el('p', { class: 'problem', role: 'alert' }, text('refused', { count: codes.length })),
      ...kinds.flatMap((code) => paragraphs(`refused.${code}`, `refused.${code}.do`)),
      el(
        'div',
        { class: 'actions' },
        button(text('refused.go'), () => resolve(), { class: 'primary' }),
      ),
    ),
  );
}

/** The researcher's own words, built from their tree element by element; nothing of them is read as HTML. */
function ownConsent() {
  const blocks = consentNow();
  if (blocks.length === 0) return false;
  const words = (list) =>
    list.map(({ text: said, style, link }) => {
      if (link !== undefined) {
        return el('a', { href: link, target: '_blank', rel: 'noopener noreferrer' }, said);
      }
      return style === undefined ? said : el(style, {}, said);
    });
  return el(
    'section',
    { class: 'own' },
    ...blocks.map((block) => {
      if (block.kind === 'list') {
        return el(
          block.ordered ? 'ol' : 'ul',
          {},
          ...block.items.map((item) => el('li', {}, ...words(item))),
        );
      }
      return el(block.kind === 'heading' ? 'h2' : 'p', {}, ...words(block.words));
    }),
  );
}

/** The end. `saved` resolves when nothing is on its way any more. */
export function endScreen({ code, ending, waiting, refused, saved, file, onwithdraw }) {
  const status = el(
    'p',
    { class: 'strong', role: 'status' },
    file !== undefined
      ? text('end.file')
      : waiting > 0
        ? text('end.waiting', { count: waiting })
        : refused > 0
          ? ''
          : text('end.saved'),
  );
  saved.then(() => {
    // What was refused is said above; that everything was saved would not be true.
    if (file === undefined) status.textContent = refused > 0 ? '' : text('end.saved');
  });
  const copy = button(text('end.copy'), async () => {
    try {
      await navigator.clipboard.writeText(code);
      copy.textContent = text('end.copied');
    } catch {
      getSelection().selectAllChildren(output);
    }
  });
  const agreed = ownConsent();
  const output = el('output', { class: 'code' }, code.replace(/.{5}(?=.)/g, '$&-'));
  show(
    sheet(
      text('end.heading'),
      ending !== undefined && el('p', {}, text(`end.${ending}`)),
      refused > 0 && el('p', { class: 'problem', role: 'alert' }, text('refused', { count: refused })),
      status,
      file !== undefined &&
        el(
          'div',
          { class: 'actions' },
          button(
            text('end.save'),
            () => {
              const { name, text: content } = file();
              const url = URL.createObjectURL(new Blob([content], { type: 'application/json' }));
              el('a', { href: url, download: name }).click();
              setTimeout(() => URL.revokeObjectURL(url), 60_000);
              status.textContent = text('end.file.saved', { name });
            },
            { class: 'primary' },
          ),
        ),
      el('p', {}, text('end.about')),
      el('h2', {}, text('end.code')),
      el('div', { class: 'code-row' }, output, copy),
      el('p', {}, text('end.code.why')),
      agreed && el('details', {}, el('summary', {}, text('consent.more')), agreed),
      file === undefined
        ? el(
            'p',
            { class: 'small' },
            button(text('withdraw.link'), () => onwithdraw(code), { class: 'link' }),
          )
        : el('p', { class: 'small' }, text('withdraw.file')),
    ),
  );
}

/** Deletes what a code stands for; resolves with false when the reader goes back instead. */
export async function withdrawScreen(transport, code = '') {
  const alert = el('p', { class: 'problem', role: 'alert' });
  const deleted = await screen((resolve) => {
    const form = el(
      'form',
      {
        onsubmit: async (event) => {
          event.preventDefault();
          alert.textContent = '';
          try {
            await transport.withdraw(new FormData(form).get('code'));
            resolve(true);
          } catch (problem) {
            alert.textContent = text(
              problem.status === 404 ? 'withdraw.unknown' : `problem.${problem.code ?? 'defect'}`,
            );
          }
        },
      },
      el(
        'div',
        { class: 'field' },
        el('label', { for: 'withdraw-code' }, text('withdraw.code')),
        el('input', {
          id: 'withdraw-code',
          name: 'code',
          required: true,
          autocomplete: 'off',
          spellcheck: 'false',
          maxlength: 60,
          value: code,
        }),
      ),
      alert,
      el(
        'div',
        { class: 'actions' },
        button(text('back'), () => resolve(false)),
        el('button', { class: 'primary' }, text('withdraw.button')),
      ),
    );
    return sheet(text('withdraw.heading'), el('p', {}, text('withdraw.text')), form);
  });
  if (deleted) show(sheet(text('withdraw.done')));
  return deleted;
}
