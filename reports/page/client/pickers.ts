/**
 * One panel of each chart, and a list to choose it from. Charts of one kind share the choice: who has chosen a metric
 * sees it in every chart that has it. Without it all panels are on the page, one below the other.
 */

import { make } from '../../../src/platform/browser/make.ts';
import { addressed, onAddress, setAddress } from './address.ts';

/** Chosen to see all of a chart's panels beside each other. */
const every = 'all';

type Show = (choice: string | undefined) => void;

interface Picker {
  /** Of what it picks one, such as `Metric`. */
  readonly kind: string;
  readonly show: Show;
  readonly first?: string;
}

export interface Pickers {
  choose(kind: string, choice: string): void;
  /** Calls `show` with what is chosen now and whenever that changes; undefined: nothing is. */
  follow(kind: string, show: Show): void;
}

export function startPickers(): Pickers {
  const pickers: Picker[] = [...document.querySelectorAll<HTMLElement>('[data-picks]')].map(pickerOf);

  function choose(kind: string, choice: string): void {
    setAddress({ [`by:${kind}`]: choice });
    apply(addressed());
  }

  function follow(kind: string, show: Show): void {
    pickers.push({ kind, show });
    show(addressed().get(`by:${kind}`) ?? undefined);
  }

  function apply(address: URLSearchParams): void {
    for (const { kind, show, first } of pickers) show(address.get(`by:${kind}`) ?? first);
  }

  function pickerOf(host: HTMLElement): Picker {
    const kind = host.dataset.picks!;
    const parts = [...host.querySelectorAll<HTMLElement>(':scope > [data-choice]')];
    const choices = parts.map((part) => part.dataset.choice!);
    const first = host.dataset.first ?? choices[0];
    const select: HTMLSelectElement = make(
      'select',
      { onchange: () => choose(kind, select.value) },
      ...choices.map((choice) => make('option', { value: choice }, choice)),
      // Alternatives of a whole chart are two, and each has panels enough.
      host.matches('.panels') && make('option', { value: every }, `all ${choices.length}`),
    );
    const label = make('label', { class: 'picker' }, make('span', {}, kind), select);
    const title = host.matches('.panels') ? host.parentElement!.querySelector('h3') : undefined;
    if (title) title.after(label);
    else host.prepend(label);

    function show(wanted: string | undefined): void {
      const all = wanted === every && host.matches('.panels');
      // What another chart was set to and this one has not leaves it as it is.
      const chosen = all
        ? every
        : wanted !== undefined && choices.includes(wanted)
          ? wanted
          : parts.every((part) => !part.hidden)
            ? first
            : select.value;
      select.value = chosen!;
      for (const part of parts) part.hidden = !all && part.dataset.choice !== chosen;
      // Of the variants only those have a place in the legend that are seen.
      const seen = parts.filter((part) => !part.hidden && part.dataset.variants !== undefined);
      const variants = new Set(seen.flatMap((part) => JSON.parse(part.dataset.variants!) as string[]));
      for (const entry of host.parentElement!.querySelectorAll<HTMLElement>('.legend [data-color]'))
        entry.hidden = variants.size > 0 && !variants.has(entry.dataset.color!);
    }
    return { kind, show, ...(first !== undefined && { first }) };
  }

  apply(addressed());
  onAddress(apply);
  return { choose, follow };
}
