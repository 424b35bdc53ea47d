/** Why stored work is not in the plan any more: what the planned work that is most like it has otherwise. */
import { basename } from 'node:path';
import { trialId, workOf } from '../experiment/identity.ts';
import { trainingFiles, trainingId, trainingOf, workOfTraining } from '../experiment/training-identity.ts';
import { differences, leaves } from './differences.ts';
import { type IdentifiedTraining, type IdentifiedTrial, missingInput } from './identity.ts';
import { objectiveVersion } from './objective-version.ts';
import type { PlannedWork, Work } from './work.ts';

/** What became of work that is not planned. */
export interface Staleness {
  /** The planned work that is most like it; undefined where none of its variant and pictures, or its network, is left. */
  readonly nearest?: { readonly id: string; readonly label: string };
  /** What the nearest has otherwise, in words such as `seed 1, now 7` or `the style image changed`. */
  readonly changes: readonly string[];
}

/** Candidates that are looked at for each: those of the same variant and pictures come first. */
const mostCandidates = 200;

/** Finds for stored work what tells it from the plan. */
export function stalenessIn({ trainings, trials }: PlannedWork): (stored: Work) => Staleness {
  const ofTrial = nearestIn(trials, keysOf, workLeaves);
  const ofTraining = nearestIn(trainings, keysOfTraining, trainingLeaves);
  return (stored) => {
    if (stored.kind === 'training') {
      const nearest = ofTraining(stored);
      if (nearest === undefined) return { changes: ['no trial needs a training of its network any more'] };
      return { nearest: named(nearest), changes: changesBetweenTrainings(stored, nearest) };
    }
    const nearest = ofTrial(stored);
    if (nearest === undefined) return { changes: [gone(stored, trials)] };
    return { nearest: named(nearest), changes: changesBetween(stored, nearest) };
  };
}

function named({ id, label }: Work): { readonly id: string; readonly label: string } {
  return { id, label };
}

/** Finds the planned work that is most like stored work: of those that share the first key with it that any shares. */
function nearestIn<Own extends Work>(
  plan: readonly Own[],
  keys: (work: Own) => readonly string[],
  leavesOf: (work: Own) => ReadonlyMap<string, string>,
): (stored: Own) => Own | undefined {
  const groups = new Map<string, Own[]>();
  const add = (key: string, work: Own): void => {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [work]);
    else if (group.length < mostCandidates) group.push(work);
  };
  for (const work of plan) for (const key of keys(work)) add(key, work);
  const known = new Map<Own, ReadonlyMap<string, string>>();
  const remembered = (work: Own): ReadonlyMap<string, string> => {
    const found = known.get(work) ?? leavesOf(work);
    known.set(work, found);
    return found;
  };
  return (stored) => {
    const group = keys(stored)
      .map((key) => groups.get(key))
      .find((found) => found !== undefined);
    if (group === undefined) return undefined;
    const own = leavesOf(stored);
    const distance = group.map((candidate) => differing(own, remembered(candidate)));
    return group[distance.indexOf(Math.min(...distance))]!;
  };
}

/** From what is most alike to what is least. */
function keysOf({ config: { variant, content, style }, names }: IdentifiedTrial): string[] {
  const pair = names === undefined ? [content, style] : [names.content, names.style];
  return [JSON.stringify([variant, pair]), JSON.stringify([variant])];
}

function keysOfTraining({ label, config: { network } }: IdentifiedTraining): string[] {
  return [JSON.stringify([label]), JSON.stringify([network.name, 'network'])];
}

/** Everything that enters a trial's id, by path, as text. */
function workLeaves({ config, inputs }: IdentifiedTrial): Map<string, string> {
  return asText(leaves({ config: workOf(config), inputs }));
}

function trainingLeaves({ config, inputs }: IdentifiedTraining): Map<string, string> {
  return asText(leaves({ config: workOfTraining(config), inputs }));
}

function asText(found: ReadonlyMap<string, unknown>): Map<string, string> {
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
  const settings = settingChanges(workOf(stored.config), workOf(planned.config));
  const old = (stored.inputs ?? {}) as unknown as Record<string, string>;
  const inputs = planned.inputs as unknown as Record<string, string>;
  const files = [...new Set([...Object.keys(old), ...Object.keys(inputs)])]
    .filter((role) => old[role] !== inputs[role] && role !== 'training')
    .map((role) => fileChange(role, stored, planned, old[role]));
  const changes = [...settings, ...files, ...trainingChanges(stored, planned)];
  // The same settings and files make another id only by other code.
  const ownCode = trialId(stored.config, stored.inputs, objectiveVersion) === stored.id;
  return ownCode && changes.length > 0 ? changes : [...changes, 'the code computes other numbers now'];
}

function settingChanges(stored: unknown, planned: unknown): string[] {
  return Object.entries(differences(stored, planned)).map(
    ([path, [before, now]]) => `${path} ${shown(before)}, now ${shown(now)}`,
  );
}

/** What of a trial's training is another by now, as far as the trials tell: settings, or files. */
function trainingChanges(stored: IdentifiedTrial, planned: IdentifiedTrial): string[] {
  if (stored.inputs?.training === planned.inputs.training) return [];
  const [old, now] = [trainingOf(stored.config), trainingOf(planned.config)];
  if (old === undefined || now === undefined) return ['its network is trained here, or was'];
  const settings = settingChanges(workOfTraining(old), workOfTraining(now));
  const changes = settings.length > 0 ? settings : ['a file that goes in changed'];
  return changes.map((change) => `its training: ${change}`);
}

/** What a planned training has otherwise than a stored one, in words; empty where their ids are the same. */
function changesBetweenTrainings(stored: IdentifiedTraining, planned: IdentifiedTraining): string[] {
  if (stored.id === planned.id) return [];
  const changes = [
    ...settingChanges(workOfTraining(stored.config), workOfTraining(planned.config)),
    ...pictureChanges(stored, planned, 'picture'),
    ...pictureChanges(stored, planned, 'style'),
    ...['encoder', 'from'].flatMap((role) =>
      stored.inputs[role] === planned.inputs[role]
        ? []
        : [role === 'encoder' ? roleNames.encoder! : 'the weights that it begins with changed'],
    ),
  ];
  const ownCode = trainingId(stored.config, stored.inputs, objectiveVersion) === stored.id;
  return ownCode && changes.length > 0 ? changes : [...changes, 'the code computes other numbers now'];
}

/** Pictures that came, went, or changed under their name; where there is none of these, their order. */
function pictureChanges(
  stored: IdentifiedTraining,
  planned: IdentifiedTraining,
  role: 'picture' | 'style',
): string[] {
  const [old, now] = [hashesByName(stored, role), hashesByName(planned, role)];
  const names = [...new Set([...old.keys(), ...now.keys()])];
  const changes = names.flatMap((name) => {
    const [before, after] = [old.get(name), now.get(name)];
    if (before === after) return [];
    if (before === undefined) return [`${role} ${name} is new`];
    return [after === undefined ? `${role} ${name} is gone` : `${role} ${name} changed`];
  });
  if (changes.length > 0) return changes;
  const inOrder = (training: IdentifiedTraining) =>
    JSON.stringify([...hashesByName(training, role).values()]);
  return inOrder(stored) === inOrder(planned) ? [] : [`the ${role}s are in another order`];
}

/** Files of a role by their names, in order; of one name the second and further are numbered. */
function hashesByName({ config, inputs }: IdentifiedTraining, role: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, file] of Object.entries(trainingFiles(config))) {
    if (!key.startsWith(`${role} `)) continue;
    let name = basename(file);
    for (let k = 2; found.has(name); k++) name = `${basename(file)} (${k})`;
    found.set(name, inputs[key] ?? '');
  }
  return found;
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

/** The staleness of a piece of work in words. */
export function stalenessText(work: Work, found: Staleness): string {
  const settings = work.kind === 'training' ? undefined : work.settings;
  const { nearest, changes } = found;
  const more = changes.length > mostShown ? ` and ${changes.length - mostShown} more` : '';
  const what = `${changes.slice(0, mostShown).join('; ')}${more}`;
  const added = settings === undefined ? '' : `added by "${settings.join(' ')}"; `;
  if (nearest === undefined) return `${added}${what}`;
  return `${added}${what} (nearest in the plan: ${nearest.label}, ${nearest.id})`;
}
