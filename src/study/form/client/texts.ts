/** What the page says, in the reader's language. */
import type { ConsentBlock, FormPageData } from '../exchange.ts';

export const formData = JSON.parse(document.getElementById('form-data')!.textContent) as FormPageData;
/** Languages in the order in which they are offered. */
const offeredLanguages = Object.keys(formData.texts);
let language = offeredLanguages[0]!;

export function languageNow(): string {
  return language;
}

export function languageNames(): (readonly [code: string, name: string])[] {
  return Object.entries(formData.texts).map(([code, texts]) => [code, texts.language ?? code]);
}

export function setLanguage(code: string): void {
  language = offeredLanguages.includes(code) ? code : offeredLanguages[0]!;
  document.documentElement.lang = language;
  document.documentElement.dir = formData.texts[language]!.direction!;
  document.title = text('page.title');
}

/** The language the browser prefers among those there are. */
export function preferredLanguage(): string {
  for (const tag of navigator.languages ?? [navigator.language]) {
    const lower = tag.toLowerCase();
    const found =
      offeredLanguages.find((code) => code.toLowerCase() === lower) ??
      offeredLanguages.find((code) => code.split('-')[0].toLowerCase() === lower.split('-')[0]);
    if (found !== undefined) return found;
  }
  return offeredLanguages[0]!;
}

/** A text by its key, `{name}` replaced by values. */
export function text(key: string, values: Readonly<Record<string, string | number>> = {}): string {
  const found = formData.texts[language]![key] ?? key;
  return found.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

export function hasText(key: string): boolean {
  return key in formData.texts[language]!;
}

/** The researcher's own words before consent in the reader's language, as a tree; empty where there are none. */
export function consentNow(): readonly ConsentBlock[] {
  return formData.consent[language] ?? [];
}
