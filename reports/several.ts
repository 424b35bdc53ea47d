/** Several experiments as one report: which of them a trial is of becomes a factor like any other. */
import { NeckarError } from '../src/errors.ts';
import { groupBy } from './group.ts';
import type { ReportedTrial, ReportInput } from './input.ts';

/**
 * One input of several. Trials are told apart by their experiment (the factor `experiment`); pictures of one name but
 * of different bytes are named after their experiments too. A question and its comparison stay what they are where all
 * experiments declare the same; otherwise nothing is primary.
 *
 * @param inputs - two or more
 * @throws NeckarError when two have the same name
 */
export function severalReports(inputs: readonly ReportInput[]): ReportInput {
  const names = inputs.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new NeckarError(
      `two of the experiments are named "${twice}", and nothing would tell them apart. Rename one in its file and run it again: finished trials are kept.`,
    );
  }
  const [first] = inputs as [ReportInput];
  const owners = new Map<string, { readonly input: ReportInput; readonly id: string }>();
  const ownName = namesWithin(inputs);
  const trials = inputs.flatMap((input) =>
    input.trials.map((trial): ReportedTrial => {
      const id = idIn(input, trial.id);
      owners.set(id, { input, id: trial.id });
      const swept = { experiment: input.name, ...trial.config.swept };
      return {
        ...trial,
        id,
        label: `${input.name}: ${trial.label}`,
        names: { content: ownName(input, trial, 'content'), style: ownName(input, trial, 'style') },
        config: { ...trial.config, swept },
      };
    }),
  );
  const find = (id: string) => {
    const owner = owners.get(id);
    if (owner === undefined) throw new NeckarError(`The report asks for a trial "${id}" that it has not.`);
    return owner;
  };
  const agreed = <Key extends 'question' | 'primary' | 'rows' | 'columns'>(key: Key) => {
    const same = inputs.every((input) => JSON.stringify(input[key]) === JSON.stringify(first[key]));
    return same && first[key] !== undefined ? { [key]: first[key] } : {};
  };
  const snapshots = inputs.flatMap((input) =>
    [...(input.snapshots ?? [])].map(([id, scores]) => [idIn(input, id), scores] as const),
  );
  const lacking = inputs.flatMap((input) => input.lacking ?? []);
  const notes = inputs.flatMap(({ name, notes: own = [] }) => own.map((note) => `${name}: ${note}`));
  const ratings = inputs.flatMap((input) => input.ratings ?? []);
  // One training may serve several experiments.
  const trainings = [
    ...new Map(inputs.flatMap((input) => (input.trainings ?? []).map((one) => [one.id, one]))).values(),
  ];
  return {
    name: names.join(' + '),
    title: inputs.map(({ title, name }) => title ?? name).join(' + '),
    ...agreed('question'),
    ...agreed('primary'),
    ...agreed('rows'),
    ...agreed('columns'),
    command: inputs.map(({ command }) => command).join(' && '),
    madeAt: first.madeAt,
    metrics: Object.assign({}, ...inputs.map(({ metrics }) => metrics)),
    trials,
    ...(lacking.length > 0 && { lacking: lacking.join(' ') }),
    ...(notes.length > 0 && { notes }),
    ...(ratings.length > 0 && { ratings }),
    ...(trainings.length > 0 && { trainings }),
    ...(snapshots.length > 0 && { snapshots: new Map(snapshots) }),
    trace: (id) => find(id).input.trace(find(id).id),
    picture: (id, path) => find(id).input.picture(find(id).id, path),
    source: (id, which) => find(id).input.source(find(id).id, which),
  };
}

/** The same work may be in several experiments. */
function idIn({ name }: ReportInput, id: string): string {
  return `${id}-${name}`;
}

/** What a trial's picture is called where another experiment calls another picture the same. */
function namesWithin(inputs: readonly ReportInput[]) {
  const every = inputs.flatMap(({ trials }) =>
    trials.flatMap((trial) =>
      (['content', 'style'] as const).map((which) => ({
        key: `${which} ${trial.names[which]}`,
        bytes: bytesOf(trial, which),
      })),
    ),
  );
  const ambiguous = new Set(
    [...groupBy(every, ({ key }) => key)]
      .filter(([, named]) => new Set(named.map(({ bytes }) => bytes)).size > 1)
      .map(([key]) => key),
  );
  return ({ name }: ReportInput, trial: ReportedTrial, which: 'content' | 'style') => {
    const own = trial.names[which];
    return ambiguous.has(`${which} ${own}`) ? `${own} (${name})` : own;
  };
}

/** What tells a picture from another: the hash of its file, or its path where that is not known. */
function bytesOf(trial: ReportedTrial, which: 'content' | 'style'): string {
  return trial.inputs?.[which] ?? trial.config[which];
}
