/** Elements made in code, and the data the page carries. Text only ever becomes text, never markup. */

/**
 * An element with attributes (`onclick` and the like become listeners, false and undefined are left out) and
 * children (strings become text).
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

/** The data in the page's script element of that id. */
export function readJson(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

/** A value kept between visits where the browser allows it. */
export function remembered(key) {
  try {
    return localStorage.getItem(`neckar.${key}`);
  } catch {
    return null;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(`neckar.${key}`, value);
  } catch {
    // A page opened from disk may not be allowed to; it then starts afresh each time.
  }
}
