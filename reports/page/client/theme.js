/** The button that turns the page light or dark, against or with the system. */
import { make, remember, remembered } from './dom.js';

const themes = ['auto', 'light', 'dark'];

export function startTheme() {
  const label = make('span');
  let theme = themes.includes(remembered('theme')) ? remembered('theme') : 'auto';
  const apply = () => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    label.textContent = theme;
  };
  const turn = () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    remember('theme', theme);
    apply();
  };
  apply();
  document
    .querySelector('#site-nav')
    .append(make('button', { type: 'button', class: 'theme', onclick: turn }, 'Theme: ', label));
}
