/** Questions about the rater and the screen. */
import { make } from '../../../platform/browser/make.ts';
import type { AskedFact, Facts } from '../exchange.ts';
import { languageNow, text } from './texts.ts';

/** A choice and its words. */
type Option = readonly [value: string, label: string];

/**
 * A labelled choice among words; the first entry is no answer.
 * @param label - the question; default: the text of this name
 */
export function choiceField(
  name: string,
  options: readonly Option[],
  chosen?: string,
  label = text(name),
): HTMLElement {
  const select = make(
    'select',
    { id: `field-${name}`, name, required: true },
    make('option', { value: '' }, text('choose')),
    ...options.map(([value, label]) => make('option', { value, selected: value === chosen }, label)),
  );
  return make('div', { class: 'field' }, make('label', { for: `field-${name}` }, label), select);
}

/** The choices of a question whose words are in the texts. */
export function wordOptions(name: string, bands: readonly string[]): Option[] {
  return bands.map((band) => [band, text(band === 'undisclosed' ? 'undisclosed' : `${name}.${band}`)]);
}

/** A question about the rater. */
export function backgroundField({ name, answers, list }: AskedFact, chosen: string | undefined): HTMLElement {
  const label = (answer: string) => {
    if (answer === 'undisclosed') return text('undisclosed');
    if (list === undefined) return text(`about.${name}.${answer}`);
    return answer === 'other' ? text('about.other') : listNames(list)(answer);
  };
  const options = answers.map((answer): Option => [answer, label(answer)]);
  if (list !== undefined) {
    const last = ['other', 'undisclosed'];
    const { compare } = new Intl.Collator(languageNow());
    options.sort(([a, one], [b, two]) => last.indexOf(a) - last.indexOf(b) || compare(one, two));
  }
  return choiceField(name, options, chosen, text(`about.${name}`));
}

/** The browser's own names of countries or languages, in the language of the form. */
function listNames(list: 'countries' | 'languages'): (code: string) => string {
  try {
    const type = list === 'countries' ? 'region' : 'language';
    const names = new Intl.DisplayNames(languageNow(), { type });
    return (code) => names.of(code) ?? code;
  } catch {
    return (code) => code;
  }
}

/** Five squares, fainter and fainter, in black or white. */
export function squaresField(name: 'darkSquares' | 'lightSquares', chosen: string | undefined): HTMLElement {
  const dark = name === 'darkSquares';
  const steps = dark ? [34, 24, 16, 10, 5] : [220, 231, 240, 246, 251];
  const strip = make('div', { class: `strip ${dark ? 'black' : 'white'}`, 'aria-hidden': 'true' });
  for (const level of steps) {
    const square = make('span');
    square.style.backgroundColor = `rgb(${level}, ${level}, ${level})`;
    strip.append(square);
  }
  const options = ['0', '1', '2', '3', '4', '5'].map((count): Option => [count, count]);
  const field = choiceField(name, [...options, ['undisclosed', text('undisclosed')]], chosen);
  field.insertBefore(strip, field.lastChild);
  return field;
}

/**
 * Four squares of equal luminance, one of another hue. Its value is `found` or `missed`.
 * @param odd - which one, from 1
 */
export function hueField(name: 'colourRedGreen' | 'colourBlueYellow', odd: number): HTMLElement {
  const hue = name === 'colourRedGreen' ? 'rgb(172, 130, 140)' : 'rgb(143, 143, 98)';
  const strip = make('div', { class: 'strip grey', 'aria-hidden': 'true' });
  for (let i = 1; i <= 4; i++) {
    const square = make('span');
    square.style.backgroundColor = i === odd ? hue : 'rgb(140, 140, 140)';
    strip.append(square);
  }
  const options = [1, 2, 3, 4].map((i): Option => [i === odd ? 'found' : `missed ${i}`, text(`square.${i}`)]);
  const field = choiceField(name, [
    ...options,
    ['missed', text('square.none')],
    ['undisclosed', text('undisclosed')],
  ]);
  field.insertBefore(strip, field.lastChild);
  return field;
}

/** What was chosen in a form, by name. */
export function chosenIn(form: HTMLFormElement): Facts {
  return Object.fromEntries(
    [...new FormData(form)].map(([name, value]) => [name, String(value).replace(/^missed.*/, 'missed')]),
  );
}
