/** What the page says, in the reader's language. */

export const formData = JSON.parse(document.getElementById('form-data').textContent);
let language = 'en';

export function languageNow() {
  return language;
}

export function languageNames() {
  return Object.entries(formData.texts).map(([code, texts]) => [code, texts.language]);
}

export function setLanguage(code) {
  language = code in formData.texts ? code : 'en';
  document.documentElement.lang = language;
  document.title = text('page.title');
}

/** The language the browser prefers among those there are. */
export function preferredLanguage() {
  const wanted = (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.find((code) => code in formData.texts) ?? 'en';
}

/** A text by its key, `{name}` replaced by values. */
export function text(key, values = {}) {
  const found = formData.texts[language][key] ?? formData.texts.en[key] ?? key;
  return found.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

export function hasText(key) {
  return key in formData.texts[language];
}
