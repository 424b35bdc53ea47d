/** Elements made in code, for pages that run in a browser. Text only ever becomes text, never markup. */

type Plain = string | number | boolean | undefined;
type Handlers = {
  readonly [Name in keyof GlobalEventHandlersEventMap as `on${Name}`]?: (
    event: GlobalEventHandlersEventMap[Name],
  ) => unknown;
};
type Attributes = Handlers | { readonly [attribute: string]: Plain };

/**
 * An element with attributes and children.
 *
 * @param attributes - `onclick` and the like become listeners; false and undefined are left out, true is an attribute
 *   without a value
 * @param children - strings become text; false and undefined are left out
 */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string | false | undefined)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}
