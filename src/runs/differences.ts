/** What tells two trees of plain data apart. */

/** Leaves that differ, by dotted path; lists count as leaves unless they hold objects. */
export function differences(a: unknown, b: unknown): Record<string, readonly [unknown, unknown]> {
  const left = leaves(a);
  const right = leaves(b);
  const found: Record<string, readonly [unknown, unknown]> = {};
  for (const path of new Set([...left.keys(), ...right.keys()])) {
    const [x, y] = [left.get(path), right.get(path)];
    if (JSON.stringify(x) !== JSON.stringify(y)) found[path] = [x, y];
  }
  return found;
}

/** The leaves of a tree by dotted path; lists count as leaves unless they hold objects. */
export function leaves(value: unknown, path = '', found = new Map<string, unknown>()): Map<string, unknown> {
  const isTree =
    typeof value === 'object' &&
    value !== null &&
    (!Array.isArray(value) || value.some((item) => typeof item === 'object'));
  if (!isTree) {
    if (value !== undefined) found.set(path, value);
    return found;
  }
  for (const [key, item] of Object.entries(value)) leaves(item, path === '' ? key : `${path}.${key}`, found);
  return found;
}
