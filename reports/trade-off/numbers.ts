/** What every way to a picture costs and gives: the trials of a report, way by way. */
import { isHeldOut } from '../../metrics/held-out.ts';
import { nonNegative } from '../../metrics/range.ts';
import { type Estimate, estimate, mean } from '../../metrics/statistics/analysis/compare.ts';
import { pairKey } from '../../metrics/statistics/analysis/design.ts';
import { type Quantity, scoreQuantities } from '../../metrics/statistics/analysis/quantities.ts';
import type { NetworkFacts, TrialResult } from '../../src/experiment/result.ts';
import type { NetworkClass } from '../../src/networks/define.ts';
import { groupBy } from '../group.ts';
import type { ReportedTrial, ReportInput } from '../input.ts';
import type { Model } from '../model.ts';
import { analyzed } from '../people/rated.ts';
import { measuredScales } from '../people/words.ts';
import { courseMetric } from '../words/analysis.ts';
import { type PayOff, payOff } from './pay-off.ts';

/** Image optimisation, the three classes of networks (Jing et al., TVCG 2020), and whatever else makes a picture. */
export type WayClass = 'optimisation' | NetworkClass | 'program' | 'pictures';

/** One way from content and style to a picture, as an experiment has it: a variant with its settings. */
export interface Way {
  readonly name: string;
  /** Of the variant, which charts colour by. */
  readonly variant: string;
  readonly class: WayClass;
  readonly trials: readonly ReportedTrial[];
  /** Pairs of pictures that count: those that all ways have. */
  readonly pairs: number;
  /** Seconds of a picture, once all that serves any number of pictures is there. Absent: nobody measured it. */
  readonly seconds?: Estimate;
  /** Devices with their hosts, and longest sides of the pictures: what seconds compare within. */
  readonly timedOn: readonly string[];
  /** Trials that were timed while others ran beside. */
  readonly shared: number;
  /** Networks only. */
  readonly network?: NetworkCost;
  /** Styles that one network holds; a way that takes any style as it comes: `any`. Absent: unknown. */
  readonly styles?: number | 'any';
  /** Peak memory in bytes, the largest of its trials. */
  readonly memory?: number;
  /** Metric spec id -> the mean over pairs. */
  readonly quality: ReadonlyMap<string, Estimate>;
  /** What people said, where a study has it. */
  readonly people?: { readonly value: number; readonly low: number; readonly high: number };
}

export interface NetworkCost {
  /** Least and greatest among its networks. */
  readonly parameters: readonly [number, number];
  readonly bytes: readonly [number, number];
  /** `here`: in this experiment; `elsewhere`: its weights were given; `none`: it needs none. */
  readonly training: { readonly kind: 'elsewhere' } | { readonly kind: 'none' } | TrainingCost;
}

export interface TrainingCost {
  readonly kind: 'here';
  /** How many were made, one for each network. */
  readonly networks: number;
  /** Of one network, the mean of them. */
  readonly seconds: number;
  readonly steps: number;
  /** Crops it was shown in all, and different files among them. */
  readonly pictures: number;
  readonly files: number;
  /** Devices with their hosts. */
  readonly machines: readonly string[];
  readonly shared: boolean;
}

/** What the training of a way's networks cost, where it was here. */
export function trainedHere({ network }: Way): TrainingCost | undefined {
  return network?.training.kind === 'here' ? network.training : undefined;
}

/** A faster way against a slower one, by their places among `ways`. */
export interface Against {
  readonly fast: number;
  readonly slow: number;
  readonly outcome: PayOff | { readonly refused: string };
}

export interface TradeOff {
  readonly ways: readonly Way[];
  /** Every network whose training is known, against every other way. */
  readonly payOffs: readonly Against[];
  /** What quality is shown in: on a held-out encoder where there is one, the question's own, and of content. */
  readonly metrics: readonly Quantity[];
  readonly people?: { readonly study: string; readonly question: string; readonly reference: string };
  /** Pairs that not all ways have, and that therefore count nowhere. */
  readonly leftOut: number;
  readonly level: number;
}

const level = 0.95;

/**
 * The numbers, or undefined where there is nothing to weigh up: fewer than two ways with a finished picture, or all of one
 * class and no network among them.
 */
export function tradeOffOf(input: ReportInput, model: Model): TradeOff | undefined {
  const finished = input.trials.filter(({ state, result }) => state === 'complete' && result !== undefined);
  const groups = [...groupBy(finished, (trial) => wayName(trial, model))];
  const classes = new Set(finished.map(classOf));
  const networks = groups.filter(([, trials]) => trials.some(({ result }) => result!.network !== undefined));
  if (groups.length < 2 || (classes.size < 2 && networks.length < 2)) return undefined;
  const { common, leftOut } = commonPairs(groups.map(([, trials]) => trials));
  const metrics = shownMetrics(input);
  const rated = peopleOf(input);
  const ways = groups.map(([name, all]) => {
    const trials = common === undefined ? all : all.filter((trial) => common.has(pairKey(trial)));
    return wayOf(name, trials, metrics, rated?.scores);
  });
  return {
    ways,
    payOffs: ways.flatMap((fast, i) =>
      ways.flatMap((slow, k): Against[] => {
        if (i === k || trainedHere(fast) === undefined) return [];
        return [{ fast: i, slow: k, outcome: against(fast, slow) }];
      }),
    ),
    metrics,
    ...(rated !== undefined && { people: rated.about }),
    leftOut,
    level,
  };
}

/** By what made its picture. */
export function classOf({ config, result }: ReportedTrial): WayClass {
  const { method } = config;
  if (method === undefined) return 'optimisation';
  if (method.kind === 'images') return 'pictures';
  return result?.network?.class ?? 'program';
}

/**
 * Seconds of one picture more: a network's pass once it is loaded; for an optimised picture all from reading its images to
 * its last evaluation, without measuring it and keeping pictures on the way; a program from its start to its end.
 */
export function secondsOf({ timing, network }: TrialResult): number | undefined {
  if (network !== undefined) return network.pass;
  if (timing.known === 'nothing') return undefined;
  if (timing.known === 'total') return timing.total;
  return (
    timing.prepare + timing.compile + timing.warmup + timing.evaluate + timing.optimizer + timing.refresh
  );
}

/** A variant with whatever else was swept, seeds not: these are repetitions. */
export function wayName(trial: ReportedTrial, model: Model): string {
  const parts = model.axes.flatMap(({ key, label, values, absent }) => {
    if (['pair', 'content', 'style', 'variant', 'seed', 'case'].includes(key) || values.length < 2) return [];
    // What another method made has an optimiser in its settings that it never asked.
    if (key === 'optimizer' && trial.config.method !== undefined) return [];
    const at = model.positions.get(trial.id)?.[key];
    if (at === undefined || at === absent) return [];
    const value = values[at]!;
    return [Number.isNaN(Number(value)) ? value : `${label} ${value}`];
  });
  return [trial.config.variant, ...parts].join(' · ');
}

/** The pairs that all have, or undefined where there is none. */
function commonPairs(groups: readonly (readonly ReportedTrial[])[]) {
  const each = groups.map((trials) => new Set(trials.map(pairKey)));
  const all = new Set(each.flatMap((pairs) => [...pairs]));
  const common = new Set([...all].filter((pair) => each.every((pairs) => pairs.has(pair))));
  return common.size === 0 ? { common: undefined, leftOut: 0 } : { common, leftOut: all.size - common.size };
}

function wayOf(
  name: string,
  trials: readonly ReportedTrial[],
  metrics: readonly Quantity[],
  scores: ReadonlyMap<string, Way['people']> = new Map(),
): Way {
  const results = trials.map(({ result }) => result!);
  const [first] = trials as [ReportedTrial];
  const overPairs = (of: (trial: ReportedTrial) => number | undefined) => byPair(trials, of);
  const seconds = overPairs(({ result }) => secondsOf(result!));
  // Of somebody else's program nobody knows its memory.
  const peaks = results.flatMap(({ timing, network }) =>
    (timing.known === undefined || network !== undefined) && timing.peakMemory > 0 ? [timing.peakMemory] : [],
  );
  const facts = results.flatMap(({ network }) => network ?? []);
  const quality = new Map(
    metrics.flatMap((metric) => {
      const values = overPairs((trial) => {
        const value = metric.value(trial);
        return typeof value === 'number' ? value : undefined;
      });
      const found = meanOf(values, metric.range);
      return found === undefined ? [] : [[metric.id, found] as const];
    }),
  );
  const own = classOf(first);
  const styles = stylesOf(own, facts);
  const meanSeconds = meanOf(seconds, nonNegative);
  const people = scores.get(first.config.variant);
  return {
    name,
    variant: first.config.variant,
    class: own,
    trials,
    pairs: new Set(trials.map(pairKey)).size,
    ...(meanSeconds !== undefined && { seconds: meanSeconds }),
    timedOn: [
      ...new Set(
        trials.flatMap(({ config, result }) =>
          secondsOf(result!) === undefined ? [] : `${placeOf(result!)}, ${config.sizes.at(-1)} px`,
        ),
      ),
    ],
    shared: results.filter((result) => result.timing.shared && secondsOf(result) !== undefined).length,
    ...(facts.length > 0 && { network: costOf(trials, facts) }),
    ...(styles !== undefined && { styles }),
    ...(peaks.length > 0 && { memory: Math.max(...peaks) }),
    quality,
    ...(people !== undefined && { people }),
  };
}

function stylesOf(own: WayClass, facts: readonly NetworkFacts[]): number | 'any' | undefined {
  if (own === 'optimisation' || own === 'any-style') return 'any';
  if (own === 'per-style') return 1;
  return facts[0]?.styles;
}

function costOf(trials: readonly ReportedTrial[], facts: readonly NetworkFacts[]): NetworkCost {
  const extent = (of: (one: NetworkFacts) => number): [number, number] => {
    const values = facts.map(of);
    return [Math.min(...values), Math.max(...values)];
  };
  const trainings = [
    ...new Map(
      facts.flatMap(({ training }) => (training ? [[training.id, training] as const] : [])),
    ).values(),
  ];
  const method = trials[0]!.config.method;
  const needsNone = method?.kind === 'network' && method.parameters.from === 'nowhere';
  return {
    parameters: extent(({ parameters }) => parameters),
    bytes: extent(({ bytes }) => bytes),
    training:
      trainings.length === 0
        ? { kind: needsNone ? 'none' : 'elsewhere' }
        : {
            kind: 'here',
            networks: trainings.length,
            seconds: mean(trainings.map(({ seconds }) => seconds)),
            steps: mean(trainings.map(({ steps }) => steps)),
            pictures: mean(trainings.map(({ pictures }) => pictures)),
            files: Math.max(...trainings.map(({ files }) => files)),
            machines: [...new Set(trainings.map(({ host, device }) => `${device} on ${host}`))],
            shared: trainings.some(({ shared }) => shared),
          },
  };
}

/** A pair -> the mean of its trials, which are repetitions; pairs without a value are left out. */
function byPair(
  trials: readonly ReportedTrial[],
  of: (trial: ReportedTrial) => number | undefined,
): Map<string, number> {
  const groups = groupBy(
    trials.flatMap((trial) => {
      const value = of(trial);
      return value === undefined ? [] : [{ key: pairKey(trial), value }];
    }),
    ({ key }) => key,
  );
  return new Map([...groups].map(([key, own]) => [key, mean(own.map(({ value }) => value))]));
}

function meanOf(values: ReadonlyMap<string, number>, range: Quantity['range']): Estimate | undefined {
  return values.size === 0 ? undefined : estimate([...values.values()], { level, range });
}

function against(fast: Way, slow: Way): PayOff | { readonly refused: string } {
  const refused = incomparable(fast, slow);
  if (refused !== undefined) return { refused };
  const [ours, theirs] = [fast, slow].map(({ trials }) =>
    byPair(trials, ({ result }) => secondsOf(result!)),
  ) as [Map<string, number>, Map<string, number>];
  const gained = [...ours].flatMap(([pair, seconds]) =>
    theirs.has(pair) ? [theirs.get(pair)! - seconds] : [],
  );
  if (gained.length === 0) return { refused: 'they have no pair of pictures in common' };
  const magnitude = Math.max(...[...ours.values(), ...theirs.values()].map(Math.abs));
  return payOff(estimate(gained, { level, magnitude }), trainingOf(fast) - trainingOf(slow));
}

/** Seconds of a network's training here; what was trained elsewhere, or not at all, costs its user none. */
function trainingOf(way: Way): number {
  return trainedHere(way)?.seconds ?? 0;
}

/** Why seconds of two ways do not add up, beginning in the small; undefined where they do. */
function incomparable(fast: Way, slow: Way): string | undefined {
  if (slow.seconds === undefined) return `nobody measured the seconds of ${slow.name}`;
  if (fast.shared > 0 || slow.shared > 0) return 'pictures were timed while other work ran beside';
  if (new Set([...fast.timedOn, ...slow.timedOn]).size > 1)
    return 'their pictures were made on different machines, or at different sizes';
  for (const way of [fast, slow]) {
    const training = trainedHere(way);
    if (training === undefined) continue;
    if (training.shared) return `${way.name} was trained while other work ran beside`;
    const here = new Set(way.trials.map(({ result }) => placeOf(result!)));
    if (training.machines.some((machine) => !here.has(machine)))
      return `${way.name} was trained on another machine than its pictures were made on`;
  }
  return undefined;
}

function placeOf({ identity: { host, device } }: TrialResult): string {
  return `${device} on ${host}`;
}

function shownMetrics(input: ReportInput): Quantity[] {
  const all = scoreQuantities(input.trials).filter((quantity) =>
    input.trials.some((trial) => trial.result !== undefined && typeof quantity.value(trial) === 'number'),
  );
  const leading = all.find(({ id }) => id === courseMetric(input)?.id);
  const judged =
    leading !== undefined && isHeldOut(leading.id) ? leading : all.find(({ id }) => isHeldOut(id));
  const content = all.find(({ purpose }) => purpose === 'content');
  return [...new Set([judged, leading, content])].filter((one) => one !== undefined);
}

/** The declared question of the first study that has a scale of it. */
function peopleOf({ ratings }: ReportInput) {
  for (const { study, analysis } of analyzed(ratings)) {
    const scale = measuredScales(analysis).find(({ question }) => question === analysis.primary);
    if (scale === undefined) continue;
    return {
      about: { study, question: scale.question, reference: analysis.reference },
      scores: new Map(scale.methods.map(({ method, score }) => [method, score] as const)),
    };
  }
  return undefined;
}
