/**
 * A metric as one object that says everything about itself: what it is called, what it needs, how its value is to be
 * read, and how it is measured.
 */
import { fileURLToPath } from 'node:url';
import { moduleHash } from '../src/components/modules.ts';
import { type Component, createRegistry } from '../src/components/registry.ts';
import { NeckarError } from '../src/errors.ts';
import type { RgbImage } from '../src/images/image.ts';
import type { tf } from '../src/tensor.ts';
import { featurePairs, featureParts, type LayerPair } from './feature-pair.ts';
import {
  isRefusal,
  type MeasuringEncoder,
  type Metric,
  type MetricInput,
  type Purpose,
  type Refusal,
  specId,
} from './metric.ts';
import type { Range } from './range.ts';

/** What every metric says of itself. */
interface About extends Component {
  /**
   * What its spec id begins with (`psnr`); where several share that, with the parts that tell it from the others
   * (`lpips;net=alex`). A metric asked for by the beginning alone is all of them.
   */
  readonly name: string;
  readonly better: 'higher' | 'lower';
  readonly purpose: Purpose;
  /** Unit of the value, for axes: only values with one unit may share one. */
  readonly unit: string;
  /** The least and the greatest value there can be: intervals of its means keep inside, and what is outside is refused. */
  readonly range: Range;
  /** Whatever decides the value besides its name: windows, sizes, how colours are read. All of it enters the spec id. */
  readonly parts?: Readonly<Record<string, string | number>>;
  /** Measured on every trial's picture, asked for or not: the few that tell most and cost least. */
  readonly essential?: boolean;
}

/** Looks at the pixels of result, content and style; with `regions`, at what region maps say of them as well. */
export interface PixelMetricDefinition extends About {
  readonly needs: 'pixels' | 'regions';
  /** Its name for people. */
  readonly label: string;
  /** @returns the value, or a refusal where it cannot be had of this picture */
  measure(input: MetricInput): Promise<number | Refusal>;
}

/**
 * Compares features on the layers that an encoder keeps for measurement: all `layers` together, or each `layer` by
 * itself. It is refused where they were optimised, which need not be asked.
 */
export interface FeatureMetricDefinition extends About {
  readonly needs: 'layers' | 'layer';
  readonly against: 'content' | 'style';
  label(encoder: string, layers: readonly string[]): string;
  /** @param pairs - the features of the result and of the reference, layer by layer; with `layer`, of one */
  measure(pairs: readonly LayerPair[]): number | Refusal;
}

/** A distance with its weights at hand. */
export interface PairDistance {
  /** SHA-256 of each weight set, in the order of the definition's names. */
  readonly hashes: readonly string[];
  /** Of two pictures [1,H,W,3] of one size in [0,1]; pure tfjs. */
  distance(result: tf.Tensor4D, reference: tf.Tensor4D): tf.Scalar;
}

/** The distance of the result from the content as a published network sees it; refused while its weights are missing. */
export interface NetworkMetricDefinition extends About {
  readonly needs: 'network';
  readonly label: string;
  /** Names in the catalogue of weights. */
  readonly weights: readonly string[];
  /** The least height and width of a picture. */
  readonly leastSize: number;
  /** What is done to both pictures first; default: nothing. */
  prepare?(image: RgbImage): RgbImage;
  /** @throws NeckarError when a file of weights is not what it should be */
  load(): Promise<PairDistance>;
}

/** What style distances need of one layer: FᵀF/M, and the channels' means and population standard deviations. */
export interface LayerStatistics {
  readonly gram: ArrayLike<number>;
  readonly mean: ArrayLike<number>;
  readonly deviation: ArrayLike<number>;
}

/** Compares a held-out encoder's statistics of the result with the style's, averaged over its measuring layers. */
export interface HeldOutMetricDefinition extends About {
  readonly needs: 'held-out';
  /** @param judge - the encoder's name; absent where it cannot be asked */
  label(judge?: string): string;
  measure(result: LayerStatistics, style: LayerStatistics): number;
}

export type MetricDefinition =
  | PixelMetricDefinition
  | FeatureMetricDefinition
  | NetworkMetricDefinition
  | HeldOutMetricDefinition;

/** What an experiment may hold of a metric instead of its name. */
export interface MetricComponent {
  readonly definition: { readonly name: string };
}

/** A metric of pixels, which is ready; one of features, which wants an encoder; others as they were defined. */
export type Defined<Definition extends MetricDefinition> = MetricComponent &
  (Definition extends PixelMetricDefinition
    ? Metric
    : Definition extends FeatureMetricDefinition
      ? (encoder: MeasuringEncoder, layer?: string) => Metric
      : Definition);

/** `ssim` of `ssim;scale=native`, and of a whole spec id. */
export function familyOf(name: string): string {
  return name.split(';', 1)[0]!;
}

export const metrics = createRegistry<MetricDefinition>('metric', familyOf);

/**
 * Enters a metric and gives what experiments write it by. One that does not come with Neckar says in which module it is,
 * `module: import.meta.url`: that module's hash is part of its spec id, so that no two versions of it share one.
 *
 * @throws NeckarError when there is another of that name, or its name is none
 */
export function defineMetric<const Definition extends MetricDefinition>(
  definition: Definition,
): Defined<Definition> {
  const { name, module } = definition;
  if (!/^[a-z][\w-]*(;[\w-]+=[^;=\s]+)*$/i.test(name)) {
    throw new NeckarError(
      `the metric "${name}" needs a name of letters, digits, - and _, which starts with a letter: spec ids begin with it.`,
    );
  }
  const entered: MetricDefinition =
    module === undefined
      ? definition
      : { ...definition, parts: { ...definition.parts, module: hashOf(module) } };
  metrics.add(entered);
  return made(entered) as Defined<Definition>;
}

function made(definition: MetricDefinition): object {
  switch (definition.needs) {
    case 'pixels':
    case 'regions':
      return { ...pixelMetric(definition), definition };
    case 'layers':
    case 'layer':
      return Object.assign(
        (encoder: MeasuringEncoder, layer?: string) =>
          featureMetric(definition, encoder, layer === undefined ? encoder.layers : [layer]),
        { definition },
      );
    default:
      return { ...definition, definition };
  }
}

function hashOf(module: string): string {
  return moduleHash(fileOf(module)).slice(0, 12);
}

function fileOf(module: string): string {
  return fileURLToPath(module.replace(/[?#].*$/, ''));
}

/**
 * What a metric says of itself apart from its measurement.
 * @param parts - all that its spec id tells besides its name
 */
export function described(
  { name, better, purpose, unit, range, module }: MetricDefinition,
  label: string,
  parts: Readonly<Record<string, string | number>>,
): Omit<Metric, 'measure'> {
  const [family, ...telling] = name.split(';') as [string, ...string[]];
  const told = telling.map((part) => part.split('=') as [string, string]).filter(([key]) => !(key in parts));
  return {
    id: specId(family, { ...Object.fromEntries(told), ...parts }),
    label,
    better,
    purpose,
    unit,
    range,
    ...(module !== undefined && { module: fileOf(module) }),
  };
}

export function pixelMetric(definition: PixelMetricDefinition): Metric {
  return {
    ...described(definition, definition.label, definition.parts ?? {}),
    measure: (input) => definition.measure(input),
  };
}

/** @param layers - those of the encoder's measuring layers that are compared */
function featureMetric(
  definition: FeatureMetricDefinition,
  encoder: MeasuringEncoder,
  layers: readonly string[],
): Metric {
  const { against } = definition;
  return {
    ...described(definition, definition.label(encoder.name, layers), {
      ...featureParts(encoder, layers, against),
      ...definition.parts,
    }),
    async measure(input) {
      const pairs = await featurePairs(input, encoder, layers, against);
      return isRefusal(pairs) ? pairs : definition.measure(pairs);
    },
  };
}

/** The metrics that definitions amount to with an encoder: one for all its measuring layers, or one for each. */
export function featureMetricsOf(definition: FeatureMetricDefinition, encoder: MeasuringEncoder): Metric[] {
  if (definition.needs === 'layers') return [featureMetric(definition, encoder, encoder.layers)];
  return encoder.layers.map((layer) => featureMetric(definition, encoder, [layer]));
}
