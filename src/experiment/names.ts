/** What pictures are called: short, but never the same for two pictures. */
import { dirname } from 'node:path';

/** A picture by its name, where it lies, and what makes it the same picture as another. */
export interface NamedFile {
  readonly name: string;
  readonly file: string;
  /** Such as the hash of its bytes; default: its path. */
  readonly identity?: string;
}

/**
 * Names in the order of the pictures. Where different pictures have one name, all of these get as many of their
 * folders before it as it takes: `set1/content` and `set2/content`. Where folders do not tell them apart either, they
 * are numbered.
 */
export function distinctNames(files: readonly NamedFile[]): string[] {
  const names = files.map(({ name }) => name);
  const identities = files.map(({ identity, file }) => identity ?? file);
  for (const members of clashes(names, identities)) {
    const folders = members.map((i) => foldersOf(files[i]!.file));
    const deepest = Math.max(...folders.map(({ length }) => length));
    for (let depth = 1; depth <= deepest; depth++) {
      const longer = members.map((i, k) => [...folders[k]!.slice(-depth), files[i]!.name].join('/'));
      const distinct = clashes(
        longer,
        members.map((i) => identities[i]!),
      );
      if (distinct.length > 0 && depth < deepest) continue;
      for (const [k, i] of members.entries()) names[i] = longer[k]!;
      break;
    }
  }
  for (const members of clashes(names, identities)) {
    const known = [...new Set(members.map((i) => identities[i]!))];
    for (const i of members) {
      const number = known.indexOf(identities[i]!) + 1;
      if (number > 1) names[i] = `${names[i]} (${number})`;
    }
  }
  return names;
}

/** The groups of positions that share a name but are not the same picture. */
function clashes(names: readonly string[], identities: readonly string[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [i, name] of names.entries()) {
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [i]);
    else group.push(i);
  }
  return [...groups.values()].filter((group) => new Set(group.map((i) => identities[i])).size > 1);
}

function foldersOf(file: string): string[] {
  return dirname(file)
    .split(/[\\/]/)
    .filter((part) => part !== '' && part !== '.');
}
