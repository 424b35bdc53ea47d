/** Which style a picture is given: learnt ones and their blend, or any picture, and how much of it. */
import { make } from '../../../../platform/browser/make.ts';
import type { PageData } from '../data.ts';
import type { PassInputs } from './messages.ts';
import { readEmbedded, readPicture, type Source, samplesOf } from './pictures.ts';

export interface StyleChoice {
  /** What a pass is given besides the content; undefined while a style is still to be chosen. */
  inputs(longest: number): Omit<PassInputs, 'content'> | undefined;
}

/**
 * Fills the page's part for styles, if the network has any choice.
 *
 * @param changed - called when another choice was made
 * @param said - told a sentence about what cannot be read
 */
export async function startStyles(
  data: PageData,
  part: HTMLElement,
  changed: () => void,
  said: (sentence: string) => void,
): Promise<StyleChoice> {
  const weights = data.inputs.includes('weights') ? learnt(data, part, changed) : undefined;
  const picture = data.inputs.includes('style') ? await anyStyle(data, part, changed, said) : undefined;
  const alpha = data.inputs.includes('alpha') ? slider(part, 'Strength', 100, changed) : undefined;
  part.hidden = part.childElementCount === 0;
  return {
    inputs(longest) {
      const style = picture?.();
      if (picture !== undefined && style === undefined) return undefined;
      return {
        ...(style !== undefined && { style: samplesOf(style, longest, data.minimumSize) }),
        ...(weights !== undefined && { weights: weights() }),
        ...(alpha !== undefined && { alpha: alpha() / 100 }),
      };
    },
  };
}

function learnt({ styles = 1, styleNames = [] }: PageData, part: HTMLElement, changed: () => void) {
  const options = () =>
    Array.from({ length: styles }, (_, i) => make('option', { value: i }, styleNames[i] ?? `style ${i + 1}`));
  const one = make('select', { id: 'style', onchange: changed }, ...options());
  const other = make('select', { id: 'other-style', onchange: changed }, ...options());
  part.append(labeled('Style', one));
  if (styles === 1) return () => [1];
  other.value = '1';
  part.append(labeled('Blended with', other));
  const share = slider(part, 'Share of the second', 0, changed);
  return () => {
    const weights = Array.from({ length: styles }, () => 0);
    weights[Number(one.value)]! += 1 - share() / 100;
    weights[Number(other.value)]! += share() / 100;
    return weights;
  };
}

/** Pictures in the page to choose from, and one's own. */
async function anyStyle(
  { stylePictures }: PageData,
  part: HTMLElement,
  changed: () => void,
  said: (sentence: string) => void,
): Promise<() => Source | undefined> {
  const sources: Source[] = [];
  const list = make('div', { class: 'style-pictures' });
  const add = (source: Source, chosen: boolean) => {
    const i = sources.push(source) - 1;
    const radio = make('input', { type: 'radio', name: 'style', value: i, onchange: changed });
    radio.checked = chosen;
    const thumbnail = make('canvas', { width: 128, height: 128, 'aria-hidden': 'true' });
    const side = Math.min(source.width, source.height);
    const [x, y] = [(source.width - side) / 2, (source.height - side) / 2];
    thumbnail.getContext('2d')!.drawImage(source.image, x, y, side, side, 0, 0, 128, 128);
    list.append(make('label', {}, radio, thumbnail, make('span', { class: 'unseen' }, source.name)));
  };
  for (const [i, picture] of stylePictures.entries()) add(await readEmbedded(picture, 'example'), i === 0);
  const file = make('input', { type: 'file', id: 'style-file', accept: 'image/*', class: 'unseen' });
  file.addEventListener('change', async () => {
    const [chosen] = file.files ?? [];
    file.value = '';
    if (chosen === undefined) return;
    try {
      add(await readPicture(chosen, chosen.name, 'photograph'), true);
      changed();
    } catch (error) {
      said((error as Error).message);
    }
  });
  part.append(
    make('fieldset', {}, make('legend', {}, 'Style'), list),
    make('div', {}, file, make('label', { for: 'style-file', class: 'button' }, 'Choose a style picture')),
  );
  return () => {
    const checked = list.querySelector<HTMLInputElement>('input:checked');
    return checked === null ? undefined : sources[Number(checked.value)];
  };
}

/** A slider in per cent; gives what reads it. */
function slider(part: HTMLElement, label: string, value: number, changed: () => void): () => number {
  const id = label.toLowerCase().replaceAll(' ', '-');
  const range = make('input', { type: 'range', id, min: 0, max: 100, step: 5, value });
  const shown = make('output', { for: id }, `${value} %`);
  range.addEventListener('input', () => {
    shown.textContent = `${range.value} %`;
  });
  range.addEventListener('change', changed);
  // Around both, a label would be the output's.
  const ends = make('div', { class: 'ends' }, make('label', { for: id }, label), shown);
  part.append(make('div', { class: 'field' }, ends, range));
  return () => Number(range.value);
}

function labeled(label: string, ...controls: readonly HTMLElement[]): HTMLElement {
  return make('label', { class: 'field' }, make('span', {}, label), ...controls);
}
