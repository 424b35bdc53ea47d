/** Building the page. */
import { make } from '../../../platform/browser/make.ts';

type Child = Node | string | false | undefined;

/** Puts a screen in place of the last one, and the reader's attention on its heading. */
export function show(screen: HTMLElement): void {
  document.getElementById('form')!.replaceChildren(screen);
  document.documentElement.scrollTop = 0;
  const heading = screen.querySelector('h1');
  if (heading !== null) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
}

/** Says something to those who listen to the page. */
export function say(text: string): void {
  document.getElementById('live')!.textContent = text;
}

/** A plain screen: heading, paragraphs and whatever else. */
export function sheet(title: string, ...children: readonly Child[]): HTMLElement {
  return make('main', { class: 'sheet' }, make('h1', {}, title), ...children);
}

export function button(
  text: string,
  onclick: () => unknown,
  attributes: Readonly<Record<string, string>> = {},
): HTMLButtonElement {
  return make('button', { type: 'button', onclick, ...attributes }, text);
}
