/** What a report's trainings are called: after the variants whose pictures their networks made. */
import { basename, extname } from 'node:path';
import { count } from '../../src/platform/format.ts';
import { groupBy } from '../group.ts';
import type { ReportedTraining, ReportInput } from '../input.ts';
import type { Model } from '../model.ts';
import { wayName } from '../trade-off/numbers.ts';

export interface LabeledTraining {
  readonly training: ReportedTraining;
  /** Such as `johnson · swirl`. */
  readonly label: string;
  /** Of the trials that it serves, which charts colour by. */
  readonly variant: string;
  /** What it was trained in. */
  readonly style: string;
}

/** The trainings under names that tell them apart, in the order of the trials that they serve. */
export function labeledTrainings(input: ReportInput, model: Model): LabeledTraining[] {
  const trials = input.trials.filter(({ result }) => result?.network?.training !== undefined);
  const order = trials.map(({ result }) => result!.network!.training!.id);
  const names = trials.map((trial) => wayName(trial, model));
  // Those of one way beside each other; last what no finished trial is known of.
  const place = (id: string) => {
    const at = order.indexOf(id);
    return at < 0 ? names.length * (names.length + 1) : names.indexOf(names[at]!) * names.length + at;
  };
  const named = [...(input.trainings ?? [])]
    .sort((a, b) => place(a.id) - place(b.id))
    .map((training) => {
      const trial = trials[order.indexOf(training.id)];
      const { styles, network } = training.result.config;
      return {
        training,
        variant: trial?.config.variant ?? network.name,
        name: names[order.indexOf(training.id)] ?? network.name,
        style: styles.length === 1 ? pictureName(styles[0]!) : count(styles.length, 'style'),
      };
    });
  const withStyle = named.map((one) => ({
    ...one,
    label: named.filter(({ name }) => name === one.name).length > 1 ? `${one.name} · ${one.style}` : one.name,
  }));
  const withSeed = [...groupBy(withStyle, ({ label }) => label).values()].flatMap((group) =>
    group.map((one) =>
      group.length === 1 ? one : { ...one, label: `${one.label} · seed ${one.training.result.config.seed}` },
    ),
  );
  const seen = new Map<string, number>();
  return withSeed.map(({ training, variant, style, label }) => {
    const times = (seen.get(label) ?? 0) + 1;
    seen.set(label, times);
    return { training, variant, style, label: times === 1 ? label : `${label} #${times}` };
  });
}

/** A picture's file without its folder and ending. */
export function pictureName(file: string): string {
  return basename(file, extname(file));
}
