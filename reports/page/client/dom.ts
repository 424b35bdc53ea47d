/** What the page is made of, the data it carries, and what the browser remembers of it. */

/** Trial id -> its figure, in the document or not. */
export type Figures = ReadonlyMap<string, HTMLElement>;

/** Finds a part of a view by its name; it is always there. */
export type FindPart = <Part extends HTMLElement = HTMLElement>(name: string) => Part;

/** The one element below another that a selector names, which the page always has. */
export function partOf<Part extends Element = HTMLElement>(whole: ParentNode, selector: string): Part {
  const found = whole.querySelector<Part>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

/** Where a link leads, in HTML or in a drawing. */
export function addressOf(link: Element): string | null {
  return link.getAttribute('href') ?? link.getAttribute('xlink:href');
}

/** What an event happened on, or the nearest thing around it of that kind. */
export function around<Kind extends Element = HTMLElement>(event: Event, selector: string): Kind | null {
  return (event.target as Element).closest<Kind>(selector);
}

/** The data in the page's script element of that id. */
export function readJson<Data>(id: string): Data {
  return JSON.parse(partOf(document, `#${id}`).textContent) as Data;
}

/** A value kept between visits where the browser allows it. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`neckar.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`neckar.${key}`, value);
  } catch {
    // A page opened from disk may not be allowed to; it then starts afresh each time.
  }
}
