/** Building the page. */

/** An element with properties (`on…` listeners, `class`, attributes) and children (nodes or texts). */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.filter((child) => child !== undefined && child !== false));
  return node;
}

/** Puts a screen in place of the last one, and the reader's attention on its heading. */
export function show(screen) {
  document.getElementById('form').replaceChildren(screen);
  document.documentElement.scrollTop = 0;
  const heading = screen.querySelector('h1');
  if (heading !== null) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
}

/** Says something to those who listen to the page. */
export function say(text) {
  document.getElementById('live').textContent = text;
}

/** A plain screen: heading, paragraphs and whatever else. */
export function sheet(title, ...children) {
  return el('main', { class: 'sheet' }, el('h1', {}, title), ...children);
}

export function button(text, onclick, properties = {}) {
  return el('button', { type: 'button', onclick, ...properties }, text);
}
