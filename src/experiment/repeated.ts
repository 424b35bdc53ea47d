/** Trials of other people's methods, once for each thing they look at. */
import { readsSetting } from '../external/method.ts';
import { canonicalJson } from '../platform/canonical-json.ts';
import type { SweptValue } from './expand.ts';
import { workOf } from './identity.ts';
import type { TrialConfig } from './trial.ts';

interface Draft {
  readonly config: Omit<TrialConfig, 'swept'>;
  readonly swept: ReadonlyMap<string, SweptValue>;
}

/**
 * The drafts, in order, without those in which another method would only do the same again: an optimiser that is
 * swept, say, means nothing to a program that never hears of it. Of the swept values such a trial keeps those it
 * depends on.
 */
export function withoutRepeats<T extends Draft>(drafts: readonly T[]): T[] {
  const seen = new Set<string>();
  return drafts.flatMap((draft): T[] => {
    const { config } = draft;
    if (config.method === undefined) return [draft];
    const work = workOf({ ...config, swept: {} });
    const key = canonicalJson([config.variant, config.content, config.style, config.method, work]);
    if (seen.has(key)) return [];
    seen.add(key);
    const own = [...draft.swept].filter(([path]) => dependsOn(config.method!, path));
    return [{ ...draft, swept: new Map(own) }];
  });
}

function dependsOn(method: NonNullable<TrialConfig['method']>, path: string): boolean {
  const [first] = path.split('.');
  if (first === 'size' || first === 'sizes') return readsSetting(method, 'size');
  if (first === 'seed') return readsSetting(method, 'seed');
  if (method.kind === 'network' && seenByNetworks.includes(first!))
    return first === 'color' || method.seesStyles === true;
  return ['content', 'style', 'variant', 'method', 'encoder', 'engine'].includes(first!);
}

const seenByNetworks: readonly string[] = ['color', 'styleScale', 'regions'];
