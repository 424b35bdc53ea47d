/** What the page is made of. */

/** The one element that a selector names, which the page always has. */
export function partOf<Part extends HTMLElement = HTMLElement>(selector: string): Part {
  const found = document.querySelector<Part>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

/** The data in the page's script element of that id. */
export function readJson<Data>(id: string): Data {
  return JSON.parse(partOf(`#${id}`).textContent) as Data;
}
