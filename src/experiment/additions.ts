/**
 * An experiment is its file and whatever it was run with besides: `neckar run night seed=7` adds trials to those of
 * `neckar run night`. Here the drafts of all such runs become one plan, in which every trial can be told from the others.
 */

import { canonicalJson } from '../platform/canonical-json.ts';
import { type SweptValue, shownTogether } from './expand.ts';
import { valueInside } from './filter.ts';
import { workKey } from './identity.ts';
import { displayPath } from './labels.ts';
import { distinctNames } from './names.ts';
import { normalizeEntry } from './normalize.ts';
import { parseOverride } from './override-syntax.ts';
import type { Draft } from './plan.ts';
import type { TrialConfig } from './trial.ts';

/** Overrides as they were typed. */
export type Overrides = readonly string[];

/** A trial of the whole experiment. */
export interface JoinedDraft extends Draft {
  /** The first overrides that asked for it. */
  readonly settings: Overrides;
  /** Whether the present ones ask for it. */
  readonly own: boolean;
}

/** Whether two runs were given the same overrides. */
export function sameSettings(a: Overrides, b: Overrides): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

/** Every list of overrides once, the file as written first where it was run. */
export function withOwn(earlier: readonly Overrides[], own: Overrides): Overrides[] {
  const all = [...earlier, own];
  const once = all.filter((one, i) => all.findIndex((other) => sameSettings(one, other)) === i);
  return [...once.filter((one) => one.length === 0), ...once.filter((one) => one.length > 0)];
}

/**
 * The trials of all parts, those that several ask for once. What the present overrides say of one (its metrics, say)
 * counts. Repetitions within the present part stay, to be refused.
 */
export function united(
  parts: readonly { readonly settings: Overrides; readonly drafts: readonly Draft[] }[],
  own: { readonly drafts: readonly Draft[] },
): JoinedDraft[] {
  if (parts.length === 1)
    return own.drafts.map((draft) => ({ ...draft, settings: parts[0]!.settings, own: true }));
  const found: JoinedDraft[] = [];
  const places = new Map<string, number>();
  for (const part of parts) {
    const isOwn = part.drafts === own.drafts;
    for (const draft of part.drafts) {
      const key = workKey(draft.config);
      const place = places.get(key);
      if (place === undefined) {
        places.set(key, found.push({ ...draft, settings: part.settings, own: isOwn }) - 1);
      } else if (isOwn && found[place]!.own) found.push({ ...draft, settings: part.settings, own: true });
      else if (isOwn) found[place] = { ...found[place]!, config: draft.config, own: true };
    }
  }
  return renamed(found);
}

/** Different pictures of different parts may have one name. */
function renamed(drafts: readonly JoinedDraft[]): JoinedDraft[] {
  const contents = distinctNames(
    drafts.map(({ names, config }) => ({ name: names.content, file: config.content })),
  );
  const styles = distinctNames(
    drafts.map(({ names, config: { style, styles: blended } }) => ({
      name: names.style,
      file: style,
      identity: blended === undefined ? style : canonicalJson(blended),
    })),
  );
  return drafts.map((draft, i) => {
    const names = { content: contents[i]!, style: styles[i]! };
    return { ...draft, names, swept: new Map([...draft.swept, ...Object.entries(names)]) };
  });
}

/** Settings that are no part of a trial, or told by its pictures' names. */
const untold = new Set([
  ...['name', 'question', 'report', 'launcher', 'metrics', 'heldOut', 'contents', 'styles', 'pairs'],
  ...['variants', 'sweep', 'presets'],
]);

/** What tells trials of different overrides apart where no single setting does. */
const wholeSettings = 'settings';

/**
 * Trials of several runs, each with the values of what the overrides of any of them set: beside `seed=7`, the trials of
 * the file show their seed as well. Where that does not tell them apart, the overrides themselves do.
 */
export function withAdditions(drafts: readonly JoinedDraft[], asked: readonly Overrides[]): JoinedDraft[] {
  const present = asked.filter((one) => drafts.some(({ settings }) => sameSettings(one, settings)));
  if (present.length < 2) return [...drafts];
  const paths = new Set(present.flatMap((one) => one.flatMap(pathsOf)));
  let joined = [...drafts];
  for (const path of paths) {
    const values = shownValues(
      joined.map(({ swept, config }) => (swept.has(path) ? undefined : settingOf(config, path))),
    );
    joined = joined.map((draft, i) =>
      values[i] === undefined ? draft : { ...draft, swept: new Map([...draft.swept, [path, values[i]!]]) },
    );
  }
  const places = joined.map(({ swept }) => canonicalJson([...swept].sort(([a], [b]) => (a < b ? -1 : 1))));
  if (new Set(places).size === places.length) return joined;
  return joined.map((draft) => ({
    ...draft,
    swept: new Map([...draft.swept, [wholeSettings, draft.settings.join(' ') || 'as written']]),
  }));
}

/** The path that trials show an override's setting under, if it can be read off them. */
function pathsOf(text: string): string[] {
  const path = parseOverride(text).path;
  const [first, ...rest] = path.split('.') as [string, ...string[]];
  const [name] = normalizeEntry(first, undefined);
  if (rest.length === 0 && untold.has(name)) return [];
  const shown = displayPath([name, ...rest].join('.'));
  return untold.has(shown.split('.')[0]!) ? [] : [shown];
}

function settingOf(config: Omit<TrialConfig, 'swept'>, path: string): unknown {
  if (path !== 'size') return valueInside(config, path);
  return config.sizes.length === 1 ? config.sizes[0] : config.sizes;
}

/** Values as labels show them; undefined stays. */
function shownValues(values: readonly unknown[]): (SweptValue | undefined)[] {
  const keys = values.map((value) => (value === undefined ? undefined : canonicalJson(value)));
  const distinct = new Map(keys.flatMap((key, i) => (key === undefined ? [] : [[key, values[i]] as const])));
  const shown = shownTogether([...distinct.values()]);
  const byKey = new Map([...distinct.keys()].map((key, i) => [key, shown[i]!.shown]));
  return keys.map((key) => (key === undefined ? undefined : byKey.get(key)));
}
