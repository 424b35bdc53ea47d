import { readFile } from 'node:fs/promises';

/**
 * The style sheet that pages of Neckar's begin with: colours in light and dark, type, the reset, what is read aloud alone
 * (`.unseen`). A page's own follows it.
 */
export function pageStyle(): Promise<string> {
  return readFile(new URL('page.css', import.meta.url), 'utf8');
}
