/**
 * What the page shows, in its address: the axes, the choices, the picker of each chart, the comparison. A link shows the
 * same to whoever follows it, and the browser's Back goes from the comparison to the page.
 *
 * The fragment is either a plain anchor (`#scores`) or `#?name=value&…`, in which `go` is the anchor.
 */

/** What the address says now. */
export function addressed(): URLSearchParams {
  const hash = location.hash.slice(1);
  if (hash.startsWith('?')) return new URLSearchParams(hash.slice(1));
  const plain = new URLSearchParams();
  if (hash !== '') plain.set('go', decoded(hash));
  return plain;
}

function decoded(hash: string): string {
  try {
    return decodeURIComponent(hash);
  } catch {
    return hash;
  }
}

/**
 * Says something else in the address.
 * @param changes - name -> value; undefined takes the name out
 * @param push - as a step of its own, from which Back leads to here
 */
export function setAddress(
  changes: Readonly<Record<string, string | number | undefined>>,
  push = false,
): void {
  const next = addressed();
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) next.delete(name);
    else next.set(name, String(value));
  }
  const only = [...next.keys()].length === 1 ? next.get('go') : null;
  const fragment = only ? encodeURIComponent(only) : [...next.keys()].length > 0 ? `?${next}` : '';
  const url = location.href.replace(/#.*$/s, '') + (fragment === '' ? '' : `#${fragment}`);
  try {
    if (push) history.pushState(null, '', url);
    else history.replaceState(history.state, '', url);
  } catch {
    // Some browsers count changes, or let a file from disk make none: the page works on without its address.
  }
}

/** Calls back whenever the reader goes back or forward, or changes the address by hand. */
export function onAddress(apply: (address: URLSearchParams) => void): void {
  addEventListener('popstate', () => apply(addressed()));
}
