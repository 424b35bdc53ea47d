/** What the page says, in the reader's language. */

export const formData = JSON.parse(document.getElementById('form-data').textContent);
/** Languages in the order in which they are offered. */
const offeredLanguages = Object.keys(formData.texts);
let language = offeredLanguages[0];

export function languageNow() {
  return language;
}

export function languageNames() {
  return Object.entries(formData.texts).map(([code, texts]) => [code, texts.language]);
}

export function setLanguage(code) {
  language = offeredLanguages.includes(code) ? code : offeredLanguages[0];
  document.documentElement.lang = language;
  document.documentElement.dir = formData.texts[language].direction;
  document.title = text('page.title');
}

/** The language the browser prefers among those there are. */
export function preferredLanguage() {
  for (const tag of navigator.languages ?? [navigator.language]) {
    const lower = tag.toLowerCase();
    const found =
      offeredLanguages.find((code) => code.toLowerCase() === lower) ??
      offeredLanguages.find((code) => code.split('-')[0].toLowerCase() === lower.split('-')[0]);
    if (found !== undefined) return found;
  }
  return offeredLanguages[0];
}

/** A text by its key, `{name}` replaced by values. */
export function text(key, values = {}) {
  const found = formData.texts[language][key] ?? key;
  return found.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

export function hasText(key) {
  return key in formData.texts[language];
}

/** The researcher's own words before consent in the reader's language, as a tree; empty where there are none. */
export function consentNow() {
  return formData.consent[language] ?? [];
}
