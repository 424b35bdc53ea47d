/** Why a stored trial is not in the plan any more: what a trial of the plan that is most like it has otherwise. */
import { trialId, workOf } from '../experiment/identity.ts';
import { differences, leaves } from './differences.ts';
import { type IdentifiedTrial, missingInput, objectiveVersion } from './identity.ts';

/** What became of a trial that is not planned. */
export interface Staleness {
  /** The planned trial that is most like it; undefined where none of its variant and pictures is left. */
  readonly nearest?: { readonly id: string; readonly label: string };
  /** What the nearest has otherwise, in words such as `seed 1, now 7` or `the style image changed`. */
  readonly changes: readonly string[];
}

/** Candidates that are looked at for each trial: those of the same variant and pictures come first. */
const mostCandidates = 200;

/** Finds for stored trials what tells them from the plan. */
export function stalenessIn(plan: readonly IdentifiedTrial[]): (stored: IdentifiedTrial) => Staleness {
  const groups = new Map<string, IdentifiedTrial[]>();
  const add = (key: string, trial: IdentifiedTrial): void => {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [trial]);
    else if (group.length < mostCandidates) group.push(trial);
  };
  for (const trial of plan) for (const key of keysOf(trial)) add(key, trial);
  const leavesOf = new Map<IdentifiedTrial, ReadonlyMap<string, string>>();
  const known = (trial: IdentifiedTrial): ReadonlyMap<string, string> => {
    let found = leavesOf.get(trial);
    if (found === undefined) {
      found = workLeaves(trial);
      leavesOf.set(trial, found);
    }
    return found;
  };
  return (stored) => {
    const group = keysOf(stored)
      .map((key) => groups.get(key))
      .find((found) => found !== undefined);
    if (group === undefined) return { changes: [gone(stored, plan)] };
    const own = workLeaves(stored);
    const distance = group.map((candidate) => differing(own, known(candidate)));
    const nearest = group[distance.indexOf(Math.min(...distance))]!;
    const { id, label } = nearest;
    return { nearest: { id, label }, changes: changesBetween(stored, nearest) };
  };
}

/** From what is most alike to what is least. */
function keysOf({ config: { variant, content, style }, names }: IdentifiedTrial): string[] {
  const pair = names === undefined ? [content, style] : [names.content, names.style];
  return [JSON.stringify([variant, pair]), JSON.stringify([variant])];
}

/** Everything that enters a trial's id, by path, as text. */
function workLeaves({ config, inputs }: IdentifiedTrial): Map<string, string> {
  const found = leaves({ config: workOf(config), inputs });
  return new Map([...found].map(([path, value]) => [path, JSON.stringify(value)]));
}

function differing(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): number {
  let count = 0;
  for (const [path, value] of a) if (b.get(path) !== value) count++;
  for (const path of b.keys()) if (!a.has(path)) count++;
  return count;
}

function gone({ config, names }: IdentifiedTrial, plan: readonly IdentifiedTrial[]): string {
  const variants = new Set(plan.map((trial) => trial.config.variant));
  if (!variants.has(config.variant)) return `there is no variant "${config.variant}" any more`;
  return `${names?.content ?? config.content}×${names?.style ?? config.style} is no longer planned`;
}

const roleNames: Readonly<Record<string, string>> = {
  content: 'the content image changed',
  style: 'the style image changed',
  encoder: "the encoder's weights changed",
  initialization: 'the initial picture changed',
  picture: 'the picture made elsewhere changed',
  network: "the network's parameters changed",
};

/** What a planned trial has otherwise than a stored one, in words; empty where their ids are the same. */
export function changesBetween(stored: IdentifiedTrial, planned: IdentifiedTrial): string[] {
  if (stored.id === planned.id) return [];
  const settings = Object.entries(differences(workOf(stored.config), workOf(planned.config))).map(
    ([path, [before, now]]) => `${path} ${shown(before)}, now ${shown(now)}`,
  );
  const old = (stored.inputs ?? {}) as unknown as Record<string, string>;
  const inputs = planned.inputs as unknown as Record<string, string>;
  const files = [...new Set([...Object.keys(old), ...Object.keys(inputs)])]
    .filter((role) => old[role] !== inputs[role])
    .map((role) => fileChange(role, stored, planned, old[role]));
  const changes = [...settings, ...files];
  // The same settings and files make another id only by other code.
  const ownCode = trialId(stored.config, stored.inputs, objectiveVersion) === stored.id;
  return ownCode && changes.length > 0 ? changes : [...changes, 'the code computes other numbers now'];
}

function fileChange(role: string, stored: IdentifiedTrial, planned: IdentifiedTrial, old = ''): string {
  if (role === 'picture' && old.startsWith(missingInput)) return 'the picture made elsewhere is there now';
  if ((role === 'content' || role === 'style') && stored.names !== undefined && planned.names !== undefined) {
    const [before, now] = [stored.names[role], planned.names[role]];
    if (before !== now) return `${role} ${before}, now ${now}`;
  }
  if (role.startsWith('network ')) return "the network's file changed";
  return roleNames[role] ?? `${role} changed`;
}

function shown(value: unknown): string {
  if (value === undefined) return 'default';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Changes that a sentence has room for. */
const mostShown = 4;

/** A trial's staleness in words. */
export function stalenessText({ settings }: Pick<IdentifiedTrial, 'settings'>, found: Staleness): string {
  const { nearest, changes } = found;
  const more = changes.length > mostShown ? ` and ${changes.length - mostShown} more` : '';
  const what = `${changes.slice(0, mostShown).join('; ')}${more}`;
  const added = settings === undefined ? '' : `added by "${settings.join(' ')}"; `;
  if (nearest === undefined) return `${added}${what}`;
  return `${added}${what} (nearest in the plan: ${nearest.label}, ${nearest.id})`;
}
