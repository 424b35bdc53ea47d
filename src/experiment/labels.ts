/** Short names for trials, made of what was swept. */
import type { SweptValue } from './expand.ts';

export type Swept = Readonly<Record<string, SweptValue>>;

/** Swept paths whose value speaks for itself in a label. */
const selfExplaining = new Set(['variant', 'optimizer', 'encoder', 'case', 'settings']);

/**
 * One label for each trial, such as `town×swirl gram adam size=256`. Numbers are cut to 4 significant digits where
 * that leaves all labels different, paths to their last parts.
 * @param trials - the swept values of each; keys in the order they are to be shown
 * @param fallback - the label of a trial in which nothing was swept
 */
export function labelTrials(trials: readonly Swept[], fallback: string): string[] {
  const names = shortNames(new Set(trials.flatMap(Object.keys)));
  for (const digits of [4, 17]) {
    const labels = trials.map((swept) => labelOf(swept, names, digits) || fallback);
    if (new Set(labels).size === labels.length) return labels;
  }
  const seen = new Map<string, number>();
  return trials.map((swept) => {
    const label = labelOf(swept, names, 17) || fallback;
    const times = (seen.get(label) ?? 0) + 1;
    seen.set(label, times);
    return times === 1 ? label : `${label} #${times}`;
  });
}

function labelOf(swept: Swept, names: ReadonlyMap<string, string>, digits: number): string {
  const { content, style, ...others } = swept;
  const pair = [content, style].filter((part) => part !== undefined).join('×');
  const parts = Object.entries(others).map(([path, value]) => {
    const text = typeof value === 'number' ? String(Number(value.toPrecision(digits))) : String(value);
    return selfExplaining.has(path) ? text : `${names.get(path)}=${text}`;
  });
  return [pair, ...parts].filter((part) => part !== '').join(' ');
}

/**
 * The shortest ending of each path that no other path ends with; a loss's option keeps the loss's name.
 */
export function shortNames(paths: Iterable<string>): Map<string, string> {
  const all = [...paths];
  return new Map(
    all.map((path) => {
      const parts = path.split('.');
      const least = path.startsWith('losses.') ? 2 : 1;
      for (let length = least; length < parts.length; length++) {
        const ending = parts.slice(-length).join('.');
        const shared = all.some(
          (other) => other !== path && (other === ending || other.endsWith(`.${ending}`)),
        );
        if (!shared) return [path, ending];
      }
      return [path, path];
    }),
  );
}

/** What a choice's path is called in a trial: losses no longer carry their variant's name, nor sizes their list. */
export function displayPath(path: string): string {
  if (path === 'sizes') return 'size';
  const shown = path.replace(/^variant\.losses\b|^variants\.[^.]+(?=\.)/, 'losses');
  return shown.replace(
    /^losses(?=\.(command|timeout|env|shell|images|pattern|network|weights|alpha|style|training)\b)/,
    'method',
  );
}
