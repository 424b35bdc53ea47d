/** Which layers of an encoder losses read, told from how they are written out. */

/** Every layer that any of the losses reads, at whatever depth of their settings; layers of weight 0 are not read. */
export function layersRead(losses: unknown): ReadonlySet<string> {
  const layers = new Set<string>();
  const visit = (value: unknown, key: string): void => {
    if (Array.isArray(value)) {
      for (const item of value) {
        if (key === 'cross' && typeof item === 'string') layers.add(item);
        else visit(item, key);
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const [inner, item] of Object.entries(value)) {
        if (['layers', 'covariance'].includes(key) && typeof item === 'number') {
          if (item !== 0) layers.add(inner);
        } else visit(item, inner);
      }
    }
  };
  visit(losses, '');
  return layers;
}
