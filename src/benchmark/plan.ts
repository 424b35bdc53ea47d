/** From a protocol and methods to an ordinary plan: one trial for each pair and method. */
import { existsSync } from 'node:fs';
import { isHeldOut } from '../../metrics/held-out.ts';
import { NeckarError } from '../errors.ts';
import type { ExperimentInput } from '../experiment/define.ts';
import { type Plan, type PlannedTrial, planTrials } from '../experiment/plan.ts';
import { readImageInfo } from '../images/decode.ts';
import { fitLongestSide } from '../images/resize.ts';
import { count } from '../platform/format.ts';
import { type BenchmarkMethod, methodsCalled, ofProtocol } from './methods.ts';
import type { LocatedPicture } from './pictures.ts';
import { type LoadedProtocol, type Part, tierOf } from './protocol.ts';
import type { Protocol } from './protocol-schema.ts';

/** What of a protocol is run. */
export interface BenchmarkChoice {
  readonly part: Part;
  /** Default: the protocol's first. */
  readonly tier?: string | undefined;
  /** As typed; none: the reference with all baselines. */
  readonly methods: readonly string[];
  /** Leave the reference out. */
  readonly alone?: boolean | undefined;
}

/** What the runs of a protocol are called: one experiment for each version and tier. */
export function benchmarkName({ name, version }: Pick<Protocol, 'name' | 'version'>, tier: string): string {
  return `${name}.${version}-${tier}`;
}

/** How pictures made elsewhere are named. */
const picturePattern = '{content}-{style}.png';

/**
 * The plan of a run. Its name is that of the protocol, its version and tier, whatever the methods: later runs add to it.
 *
 * @param located - the protocol's pictures, which are there
 * @throws NeckarError for methods that do not exist, have one name, or make more or less than one picture of a pair
 */
export async function planBenchmark(
  { protocol }: LoadedProtocol,
  located: readonly LocatedPicture[],
  choice: BenchmarkChoice,
): Promise<Plan> {
  const { name: tierName, tier } = tierOf(protocol, choice.tier);
  const asked = (await Promise.all(choice.methods.map((word) => methodsCalled(word, tier)))).flat();
  const named = choice.methods.length === 0 ? tier.baselines.map(ofProtocol) : asked;
  const reference = choice.alone && asked.length > 0 ? [] : [ofProtocol(tier.reference)];
  // Whoever names the reference gets it once.
  const chosen = [
    ...reference,
    ...named.filter(({ name }) => reference.length === 0 || name !== tier.reference.name),
  ];
  const twice = chosen.find(({ name }, i) => chosen.findIndex((other) => other.name === name) !== i);
  if (twice !== undefined) {
    throw new NeckarError(
      `two methods are named "${twice.name}". Give one of them another name, as in name=folder, or take only one`,
    );
  }
  const name = benchmarkName(protocol, tierName);
  const settings = [`part=${choice.part}`, ...choice.methods];
  const trials: PlannedTrial[] = [];
  for (const method of chosen) {
    const planned = plannedOf(protocol, tierName, name, located, method);
    await refuseForeign(planned, protocol.size, method.name);
    trials.push(
      ...planned.map((trial) => ({
        ...trial,
        label: `${trial.names.content}×${trial.names.style} ${method.name}`,
        settings,
      })),
    );
  }
  return {
    name,
    question: protocol.title,
    report: { title: `${protocol.title}, ${tierName}`, rows: 'pair', columns: 'variant' },
    trials,
    selected: trials,
    asked: [settings],
    unfit: [],
  };
}

function plannedOf(
  protocol: Protocol,
  tierName: string,
  name: string,
  located: readonly LocatedPicture[],
  { name: method, experiment, folder }: BenchmarkMethod,
): readonly PlannedTrial[] {
  const { tier } = tierOf(protocol, tierName);
  const files = (role: string) =>
    Object.fromEntries(
      located.flatMap((one) => (one.role === role ? [[one.picture.name, one.path]] : [])),
    ) as Record<string, string>;
  const [contents, styles] = [files('content'), files('style')];
  const { sizes: _, size: __, levels: ___, report: ____, launcher: _____, ...own } = experiment;
  const { trials } = planTrials(
    {
      ...own,
      name,
      contents,
      styles,
      // The size is the protocol's, whatever a method's own levels are.
      levels: [],
      size: protocol.size,
      metrics: tier.metrics.filter((id) => !isHeldOut(id)),
      heldOut: tier.heldOut as NonNullable<ExperimentInput['heldOut']>,
    },
    folder === undefined ? {} : { folder },
  );
  const pairs = Object.keys(contents).length * Object.keys(styles).length;
  if (trials.length !== pairs) {
    throw new NeckarError(
      `the method "${method}" makes ${count(trials.length, 'picture')} of ${count(pairs, 'pair')}: a benchmark wants one of each. Take its sweeps out`,
    );
  }
  return trials.map((trial) => ({ ...trial, config: { ...trial.config, variant: method } }));
}

/**
 * Pictures made elsewhere are looked at before anything is run.
 * @throws NeckarError for one that is missing, or of another size than the protocol's
 */
async function refuseForeign(trials: readonly PlannedTrial[], size: number, method: string): Promise<void> {
  for (const { config, names } of trials) {
    if (config.method?.kind !== 'images') return;
    const { file } = config.method;
    if (!existsSync(file)) {
      const pair = `${names.content} × ${names.style}`;
      throw new NeckarError(
        `the method "${method}" has no picture of the pair ${pair}: "${file}" is missing. Every pair of the protocol wants one, named ${picturePattern}`,
      );
    }
    await refuseSize(file, config.content, size);
  }
}

/**
 * @param file - a result
 * @throws NeckarError where it has not the size that the protocol wants of this content
 */
export async function refuseSize(file: string, content: string, size: number): Promise<void> {
  const [own, of] = await Promise.all([readImageInfo(file), readImageInfo(content)]);
  const wanted = fitLongestSide(of.width, of.height, size);
  if (own.width !== wanted.width || own.height !== wanted.height) {
    throw new NeckarError(
      `"${file}" has ${own.width}×${own.height} pixels; the protocol wants ${wanted.width}×${wanted.height} of this content (longest side ${size}). Make it anew at that size, rather than resampling it`,
    );
  }
}
