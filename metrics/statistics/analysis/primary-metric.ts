/** Which quantity decides a question: the one it names, or the one that must stand in for it. */
import { isHeldBack } from '../../registry.ts';
import type { AnalyzedTrial } from './design.ts';
import type { Quantity } from './quantities.ts';
import { resolveMetric } from './question.ts';

export interface PrimaryMetric {
  /** Undefined where nothing can be primary. */
  readonly id?: string;
  /** What a reader must know of the choice. */
  readonly note?: string;
}

/** A metric on held-back layers -> the same one on a held-out encoder. */
const onHeldOutEncoder: Readonly<Record<string, string>> = {
  'gram-relative': 'held-out-gram',
  'moments-relative': 'held-out-moments',
};

/**
 * The quantity that a question's metric means. Layers that were held back of the encoder that made the pictures see much of
 * what its optimised layers see, which favours whoever optimised these well. So a metric on them is never primary where a
 * held-out encoder judged the pictures: that one's same distance is, or nothing.
 *
 * @param wanted - as a question names it
 * @param quantities - all that are compared
 */
export function primaryMetric(
  wanted: string,
  quantities: readonly Quantity[],
  trials: readonly AnalyzedTrial[],
): PrimaryMetric {
  const [family] = wanted.split(';') as [string];
  const judged = quantities.filter(
    (quantity) => quantity.id.startsWith('held-out-') && trials.some((trial) => hasValue(quantity, trial)),
  );
  if (isHeldBack(family) && judged.length > 0) {
    const because = `The question names "${wanted}", which is measured on held-back layers of the very encoder that made the pictures`;
    const ids = judged.map(({ id }) => id);
    const other = onHeldOutEncoder[family];
    const found = other === undefined ? undefined : resolveMetric(other, ids);
    if (found !== undefined && 'id' in found) {
      const { label } = judged.find(({ id }) => id === found.id)!;
      return { id: found.id, note: `${because}. A held-out encoder judged them, too: primary is ${label}.` };
    }
    const names = [...new Set(ids.map((id) => id.split(';', 1)[0]!))];
    return {
      note: `${because}: it cannot be primary where a held-out encoder judged them, so that every comparison is exploratory. Name ${names.join(' or ')} instead.`,
    };
  }
  const resolved = resolveMetric(
    wanted,
    quantities.map(({ id }) => id),
  );
  if ('id' in resolved) {
    if (!isHeldBack(family)) return resolved;
    const note =
      'The primary metric is measured on held-back layers of the encoder that made the pictures, and no held-out encoder judged them: it may favour what was optimised on the others of its layers.';
    return { ...resolved, note };
  }
  const repeated = new Map(quantities.flatMap(({ id, same }) => (same === undefined ? [] : [[same, id]])));
  const again = resolveMetric(wanted, [...repeated.keys()]);
  if ('id' in again) return { id: repeated.get(again.id)! };
  return { note: `${resolved.problem} So every comparison is exploratory.` };
}

function hasValue(quantity: Quantity, trial: AnalyzedTrial): boolean {
  return typeof quantity.value(trial) === 'number';
}
