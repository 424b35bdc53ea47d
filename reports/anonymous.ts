/** A report for blind review: what its trials are, without where, by whom and on whose machine. */
import { homedir, hostname, userInfo } from 'node:os';
import { basename } from 'node:path';
import { NeckarError } from '../src/errors.ts';
import type { ReportedTrial, ReportInput } from './input.ts';

/** What is known of the place a report is written at; default: what the system says. */
export interface Place {
  readonly host: string;
  readonly user: string;
  /** The user's home folder. */
  readonly home: string;
}

/** Accounts that many machines have: their names say nothing, and are words of other things. */
const nobody = new Set([
  'root',
  'user',
  'admin',
  'runner',
  'ubuntu',
  'debian',
  'node',
  'guest',
  'home',
  'localhost',
  'build',
]);

/**
 * The same report without the hosts' names, users' names, folders, addresses of repositories and serial numbers of devices,
 * in whatever text they stand: settings, commands, reasons, labels. A file keeps its own name, a processor or a graphics
 * card its model, a machine a number. The words of the experiment (its title, its question, the names of its variants)
 * stay, but for those names.
 */
export function anonymousReport(input: ReportInput, place: Place = thisPlace()): ReportInput {
  const clean = cleaner(input, place);
  const trials = input.trials.map((trial): ReportedTrial => {
    const { id, result, ...rest } = trial;
    const { config, command, ...described } = rest;
    return {
      id,
      ...(clean.deep(described) as Omit<typeof rest, 'config' | 'command'>),
      config: clean.settings(config) as typeof config,
      command: clean.command(command),
      ...(result !== undefined && {
        result: {
          ...(clean.deep({ ...result, config: undefined, identity: undefined }) as typeof result),
          config: clean.settings(result.config) as typeof result.config,
          identity: {
            ...(clean.deep(result.identity) as typeof result.identity),
            host: clean.machine(result.identity.host),
          },
        },
      }),
    };
  });
  const { trace, picture, source, snapshots, trainings, trials: _, command, ...words } = input;
  return {
    ...(clean.deep(words) as typeof words),
    command: clean.command(command),
    ...(snapshots !== undefined && { snapshots }),
    ...(trainings !== undefined && {
      trainings: trainings.map((training) => ({
        ...training,
        result: {
          ...(clean.deep({
            ...training.result,
            config: undefined,
            samples: undefined,
          }) as typeof training.result),
          config: clean.settings(training.result.config) as typeof training.result.config,
          // Their paths are those by which they are read.
          samples: training.result.samples.map((sample) => ({
            ...(clean.settings(sample) as typeof sample),
            path: sample.path,
          })),
        },
        picture: (path: string) => hidden(clean.text, () => training.picture(path)),
      })),
    }),
    trials,
    trace,
    picture: (id, path) => hidden(clean.text, () => picture(id, path)),
    source: (id, which) => hidden(clean.text, () => source(id, which)),
  };
}

function thisPlace(): Place {
  return { host: hostname(), user: userInfo().username, home: homedir() };
}

/** The page says why a picture cannot be read, in the words of the error: also in those there are paths. */
async function hidden<Value>(text: (words: string) => string, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (thrown) {
    throw new NeckarError(text(thrown instanceof Error ? thrown.message : String(thrown)), { exitCode: 1 });
  }
}

function cleaner({ trials, trainings = [] }: ReportInput, place: Place) {
  const hosts = [
    ...new Set([
      ...trainings.map(({ result }) => result.identity.host),
      ...trials.flatMap(({ result }) => [
        ...(result === undefined ? [] : [result.identity.host]),
        ...(result?.network?.training === undefined ? [] : [result.network.training.host]),
      ]),
    ]),
  ];
  const machine = (host: string) => {
    const at = hosts.indexOf(host);
    return hosts.length > 1 && at >= 0 ? `machine ${at + 1}` : 'a machine';
  };
  const users = new Set([place.user, basename(place.home), ...usersIn(JSON.stringify([trials, trainings]))]);
  const secrets: [RegExp, string][] = [
    ...[...new Set([place.host, ...hosts])]
      .filter((host) => host !== '' && !nobody.has(host))
      .map((host): [RegExp, string] => [wholeWord(host), machine(host)]),
    ...[...users]
      .filter((user) => user.length > 2 && !nobody.has(user))
      .map((user): [RegExp, string] => [wholeWord(user), 'somebody']),
  ];
  const files = new Map<string, string>();
  const taken = new Set<string>();
  /** A file's own name; of two files of one name the second gets a number. */
  const file = (path: string) => {
    const known = files.get(path);
    if (known !== undefined) return known;
    const own = path.split(/[\\/]/).filter(Boolean).at(-1) ?? '';
    const dot = own.lastIndexOf('.');
    const [stem, ending] = dot > 0 ? [own.slice(0, dot), own.slice(dot)] : [own, ''];
    let name = own;
    for (let k = 2; taken.has(name); k++) name = `${stem}-${k}${ending}`;
    taken.add(name);
    files.set(path, name);
    return name;
  };
  const text = (words: string): string => {
    const placeless = words
      .replaceAll(addresses, '(address removed)')
      .replaceAll(absolutePaths, file)
      .replaceAll(serials, '$1');
    return secrets.reduce((left, [secret, instead]) => left.replaceAll(secret, instead), placeless);
  };
  /** Text of which every word with a slash is a path. */
  const command = (line: string) => text(line.replaceAll(wordsWithSlash, file));
  const deep = (value: unknown): unknown => mapped(value, text);
  // In settings a string that is a path and nothing else names a file, also where it is relative.
  const settings = (value: unknown) =>
    mapped(value, (one) => (/^[^\s\\/]*[\\/].*\.\w{2,5}$/.test(one) ? text(file(one)) : text(one)));
  return { text, command, deep, settings, machine };
}

/** `/a/b`, `~/a`, `C:\a\b`, and relative ones of three parts or more; a bare `content/style` is no path. */
const absolutePaths =
  /(?<![\w.:/\\~-])(?:~[\w.-]*(?:\/[^\s"'`;,<>|()[\]{}]+)+|\/[^\s/"'`:;,<>|()[\]{}]+(?:\/[^\s/"'`:;,<>|()[\]{}]+)+\/?|[A-Za-z]:\\[^\s"'`;,<>|()[\]{}]+|[\w.-]+(?:\/[\w.@-]+){2,})/g;
const wordsWithSlash = /(?<=^|[\s='"])[^\s='"]*[\\/][^\s'"]*/g;
/** Of repositories and servers. */
const addresses = /\b(?:[a-z][a-z+]*:\/\/[^\s"'`<>]+|[\w.-]+@[\w-]+(?:\.[\w-]+)*(?::[\w./~-]+)?)/g;
/** Devices by their numbers, as drivers write them. */
const serials = /\b(GPU|MIG)-[0-9a-f]{8}(?:-[0-9a-f]+)*\b/g;

/** Those whose home folders are named. */
function usersIn(text: string): string[] {
  return [...text.matchAll(/(?:\/home\/|\/Users\/|\\\\Users\\\\)([\w.-]+)/g)].map(([, user]) => user!);
}

function wholeWord(word: string): RegExp {
  const escaped = word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'giu');
}

/** Every string in plain data, also the names of its fields, by another. */
function mapped(value: unknown, text: (words: string) => string): unknown {
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return value.map((one) => mapped(one, text));
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [key, mapped(one, text)]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [text(key), mapped(one, text)]));
}
