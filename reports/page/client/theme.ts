/** The button that turns the page light or dark, against or with the system. */
import { make } from '../../../src/platform/browser/make.ts';
import { partOf, remember, remembered } from './dom.ts';

const themes = ['auto', 'light', 'dark'];

export function startTheme(): void {
  const label = make('span');
  let theme = themes.find((one) => one === remembered('theme')) ?? 'auto';
  const apply = () => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    label.textContent = theme;
  };
  const turn = () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length]!;
    remember('theme', theme);
    apply();
  };
  apply();
  partOf(document, '#site-nav').append(
    make('button', { type: 'button', class: 'theme', onclick: turn }, 'Theme: ', label),
  );
}
