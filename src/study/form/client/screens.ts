/** Everything around the pictures: consent, questions about the rater, words in between, and the end. */
import { make } from '../../../platform/browser/make.ts';
import type { AskedFact, ConsentWords, Facts, PublicStudy } from '../exchange.ts';
import { button, sheet, show } from './dom.ts';
import { backgroundField, choiceField, chosenIn, hueField, squaresField, wordOptions } from './fields.ts';
import type { Ending } from './session.ts';
import { consentNow, languageNames, languageNow, setLanguage, text } from './texts.ts';
import type { Transport } from './transport.ts';
import { asProblem } from './web.ts';

/** A study, and whether its form is a file. */
export type ShownStudy = PublicStudy & { readonly fromDisk: boolean };

/** A screen whose form resolves when it is sent; `build` gets a function that ends it. */
function screen<Result = void>(build: (resolve: (result: Result) => void) => HTMLElement): Promise<Result> {
  return new Promise((resolve) => {
    show(build(resolve));
  });
}

function paragraphs(...keys: readonly string[]): HTMLElement[] {
  return keys.map((key) => make('p', {}, text(key)));
}

/** What the reader did: chose another language, agreed, or wants answers deleted. */
interface Agreed {
  readonly again?: true;
  readonly accessCode?: string;
  readonly withdraw?: true;
}

/** Resolves with the access code, if one is asked for, once the reader agrees. */
export function consentScreen(study: ShownStudy, problem: string | undefined): Promise<Agreed> {
  return screen((resolve) => {
    const values = { minutes: study.minutes, hours: study.resumeHours };
    const languages: HTMLSelectElement = make(
      'select',
      {
        id: 'language',
        onchange: () => {
          setLanguage(languages.value);
          resolve({ again: true });
        },
      },
      ...languageNames().map(([code, name]) =>
        make('option', { value: code, lang: code, selected: code === languageNow() }, name),
      ),
    );
    const form: HTMLFormElement = make(
      'form',
      {
        onsubmit: (event) => {
          event.preventDefault();
          const code = new FormData(form).get('code');
          resolve(code === null ? {} : { accessCode: String(code).trim() });
        },
      },
      study.needsCode &&
        make(
          'div',
          { class: 'field' },
          make('label', { for: 'code' }, text('consent.code')),
          make('input', { id: 'code', name: 'code', required: true, autocomplete: 'off', maxlength: 200 }),
        ),
      make(
        'label',
        { class: 'check' },
        make('input', { type: 'checkbox', name: 'consent', required: true }),
        make('span', {}, text('consent.agree')),
      ),
      make('div', { class: 'actions' }, make('button', { class: 'primary' }, text('consent.begin'))),
    );
    return sheet(
      text('consent.heading'),
      study.title !== '' && make('p', { class: 'small' }, study.title),
      problem !== undefined && make('p', { class: 'problem', role: 'alert' }, text(`problem.${problem}`)),
      make(
        'div',
        { class: 'language' },
        make('label', { for: 'language' }, text('consent.language')),
        languages,
      ),
      ...paragraphs('consent.what'),
      make('p', {}, text('consent.time', values)),
      ...paragraphs('consent.device', 'consent.data', 'consent.free'),
      ownConsent(),
      form,
      !study.fromDisk &&
        make(
          'p',
          { class: 'small' },
          button(text('withdraw.link'), () => resolve({ withdraw: true }), { class: 'link' }),
        ),
    );
  });
}

/** A screen of fields that must all be answered; resolves with what was chosen, or undefined to go back. */
function fieldsScreen(
  title: string,
  why: string,
  fields: readonly HTMLElement[],
  keep: (chosen: Facts) => void,
): Promise<Facts | undefined> {
  return screen((resolve) => {
    const alert = make('p', { class: 'problem', role: 'alert' });
    const form: HTMLFormElement = make(
      'form',
      {
        novalidate: true,
        onchange: () => keep(chosenIn(form)),
        onsubmit: (event) => {
          event.preventDefault();
          const [missing] = [...form.querySelectorAll('select')].filter((select) => select.value === '');
          for (const select of form.querySelectorAll('select')) {
            select.setAttribute('aria-invalid', String(select.value === ''));
          }
          if (missing === undefined) return resolve(chosenIn(form));
          alert.textContent = text('required');
          missing.focus();
        },
      },
      ...fields,
      alert,
      make(
        'div',
        { class: 'actions' },
        button(text('back'), () => resolve(undefined)),
        make('button', { class: 'primary' }, text('continue')),
      ),
    );
    return sheet(title, make('p', {}, why), form);
  });
}

export function backgroundScreen(
  questions: readonly AskedFact[],
  before: Facts,
  keep: (chosen: Facts) => void,
): Promise<Facts | undefined> {
  const fields = questions.map((question) => backgroundField(question, before[question.name]));
  return fieldsScreen(text('background.heading'), text('background.why'), fields, keep);
}

export function conditionsScreen(
  bands: Readonly<Record<string, readonly string[]>>,
  before: Facts,
  keep: (chosen: Facts) => void,
): Promise<Facts | undefined> {
  const worded = ['device', 'screen', 'distance', 'light', 'brightness'];
  const random = () => 1 + Math.floor(Math.random() * 4);
  const fields = [
    ...worded.map((name) => choiceField(name, wordOptions(name, bands[name] ?? []), before[name])),
    squaresField('darkSquares', before.darkSquares),
    squaresField('lightSquares', before.lightSquares),
    hueField('colourRedGreen', random()),
    hueField('colourBlueYellow', random()),
  ];
  return fieldsScreen(text('conditions.heading'), text('conditions.why'), fields, keep);
}

/** A few words and one button. */
export function wordsScreen(
  title: string,
  lines: readonly string[],
  go: string,
  warning?: string,
): Promise<void> {
  return screen((resolve) => {
    const next = button(go, () => resolve(), { class: 'primary' });
    return sheet(
      title,
      warning !== undefined && make('p', { class: 'problem' }, warning),
      ...lines.map((line) => make('p', {}, line)),
      make('div', { class: 'actions' }, next),
    );
  });
}

/** Stop for now, or for good: resolves true to end. */
export function pauseScreen(hours: number): Promise<boolean> {
  return screen((resolve) =>
    sheet(
      text('pause.heading'),
      make('p', {}, text('pause.text', { hours })),
      make(
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
export function problemScreen(
  code: string,
  go = 'problem.retry',
  lines: readonly string[] = [],
): Promise<void> {
  return screen((resolve) =>
    sheet(
      text('problem.heading'),
      make('p', { role: 'alert' }, text(`problem.${code}`)),
      ...lines.map((line) => make('p', {}, line)),
      make(
        'div',
        { class: 'actions' },
        button(text(go), () => resolve(), { class: 'primary' }),
      ),
    ),
  );
}

/** Answers that the server will never take: how many, why, and what to do. Resolves when the reader goes on. */
export function refusedScreen(codes: readonly string[]): Promise<void> {
  const kinds = [...new Set(codes)];
  return screen((resolve) =>
    sheet(
      text(codes.length === 1 ? 'refused.heading' : 'refused.heading.several', { count: codes.length }),
      make('p', { class: 'problem', role: 'alert' }, text('refused', { count: codes.length })),
      ...kinds.flatMap((code) => paragraphs(`refused.${code}`, `refused.${code}.do`)),
      make(
        'div',
        { class: 'actions' },
        button(text('refused.go'), () => resolve(), { class: 'primary' }),
      ),
    ),
  );
}

/** The researcher's own words, built from their tree element by element; nothing of them is read as HTML. */
function ownConsent(): HTMLElement | false {
  const blocks = consentNow();
  if (blocks.length === 0) return false;
  const words = (list: readonly ConsentWords[]) =>
    list.map(({ text: said, style, link }) => {
      if (link !== undefined) {
        return make('a', { href: link, target: '_blank', rel: 'noopener noreferrer' }, said);
      }
      return style === undefined ? said : make(style, {}, said);
    });
  return make(
    'section',
    { class: 'own' },
    ...blocks.map((block) => {
      if (block.kind === 'list') {
        return make(
          block.ordered ? 'ol' : 'ul',
          {},
          ...block.items.map((item) => make('li', {}, ...words(item))),
        );
      }
      return make(block.kind === 'heading' ? 'h2' : 'p', {}, ...words(block.words));
    }),
  );
}

export interface End {
  /** With which everything can be deleted. */
  readonly code: string;
  readonly ending: Ending | undefined;
  /** How many answers are on their way, and how many were not taken. */
  readonly waiting: number;
  readonly refused: number;
  /** Resolves when nothing is on its way any more. */
  readonly saved: Promise<unknown>;
  /** Of a form that is a file: the file with the answers. */
  readonly file: (() => { readonly name: string; readonly text: string }) | undefined;
  onwithdraw(code: string): void;
}

export function endScreen({ code, ending, waiting, refused, saved, file, onwithdraw }: End): void {
  const status = make(
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
  const copy: HTMLButtonElement = button(text('end.copy'), async () => {
    try {
      await navigator.clipboard.writeText(code);
      copy.textContent = text('end.copied');
    } catch {
      getSelection()?.selectAllChildren(output);
    }
  });
  const agreed = ownConsent();
  const output = make('output', { class: 'code' }, code.replace(/.{5}(?=.)/g, '$&-'));
  show(
    sheet(
      text('end.heading'),
      ending !== undefined && make('p', {}, text(`end.${ending}`)),
      refused > 0 && make('p', { class: 'problem', role: 'alert' }, text('refused', { count: refused })),
      status,
      file !== undefined &&
        make(
          'div',
          { class: 'actions' },
          button(
            text('end.save'),
            () => {
              const { name, text: content } = file();
              const url = URL.createObjectURL(new Blob([content], { type: 'application/json' }));
              make('a', { href: url, download: name }).click();
              setTimeout(() => URL.revokeObjectURL(url), 60_000);
              status.textContent = text('end.file.saved', { name });
            },
            { class: 'primary' },
          ),
        ),
      make('p', {}, text('end.about')),
      make('h2', {}, text('end.code')),
      make('div', { class: 'code-row' }, output, copy),
      make('p', {}, text('end.code.why')),
      agreed && make('details', {}, make('summary', {}, text('consent.more')), agreed),
      file === undefined
        ? make(
            'p',
            { class: 'small' },
            button(text('withdraw.link'), () => onwithdraw(code), { class: 'link' }),
          )
        : make('p', { class: 'small' }, text('withdraw.file')),
    ),
  );
}

/** Deletes what a code stands for; resolves with false when the reader goes back instead. */
export async function withdrawScreen(transport: Transport, code = ''): Promise<boolean> {
  const alert = make('p', { class: 'problem', role: 'alert' });
  const deleted = await screen<boolean>((resolve) => {
    const form: HTMLFormElement = make(
      'form',
      {
        onsubmit: async (event) => {
          event.preventDefault();
          alert.textContent = '';
          try {
            await transport.withdraw(String(new FormData(form).get('code')));
            resolve(true);
          } catch (error) {
            const { status, code } = asProblem(error);
            alert.textContent = text(status === 404 ? 'withdraw.unknown' : `problem.${code}`);
          }
        },
      },
      make(
        'div',
        { class: 'field' },
        make('label', { for: 'withdraw-code' }, text('withdraw.code')),
        make('input', {
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
      make(
        'div',
        { class: 'actions' },
        button(text('back'), () => resolve(false)),
        make('button', { class: 'primary' }, text('withdraw.button')),
      ),
    );
    return sheet(text('withdraw.heading'), make('p', {}, text('withdraw.text')), form);
  });
  if (deleted) show(sheet(text('withdraw.done')));
  return deleted;
}
