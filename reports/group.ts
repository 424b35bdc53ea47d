/** Items by key, in order of first appearance. */
export function groupBy<Item, Key>(items: Iterable<Item>, keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** The item whose value is nearest to one: what an aggregate leads to. `items` must not be empty. */
export function nearest<Item>(items: readonly Item[], value: number, of: (item: Item) => number): Item {
  const distance = (item: Item) => Math.abs(of(item) - value);
  return items.reduce((best, item) => (distance(item) < distance(best) ? item : best));
}

/** The results of `work` on every item, in order, at most `limit` at a time. */
export async function mapLimited<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
