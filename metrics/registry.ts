/** All metrics, and how a finished picture gets its scores. */
import type { Engine } from '../src/engines/engine.ts';
import { toBytes } from '../src/images/encode.ts';
import type { RgbImage } from '../src/images/image.ts';
import { longRangeToStyle } from './autocorrelation.ts';
import { cfsd } from './cfsd.ts';
import { checkerboardArtifacts } from './checkerboard.ts';
import {
  familyOf,
  featureMetricsOf,
  type MetricComponent,
  type MetricDefinition,
  metrics,
  type NetworkMetricDefinition,
  pixelMetric,
} from './define.ts';
import { dists } from './dists.ts';
import { edgeAgreementWithContent } from './edges.ts';
import { featuresToContent } from './feature-content.ts';
import { frechetToStyle } from './frechet.ts';
import { fsimToContent } from './fsim.ts';
import { gmsdToContent } from './gmsd.ts';
import { gramToStyle } from './gram-distance.ts';
import { heldOutGram, heldOutMoments } from './held-out.ts';
import { highFrequency } from './high-frequency.ts';
import { labHistogramToStyle, labWassersteinToStyle } from './lab-colors.ts';
import { lpipsMetrics } from './lpips.ts';
import { meanColorToStyle } from './mean-color.ts';
import {
  contentAtResult,
  isMeant,
  isRefusal,
  type MeasuringEncoder,
  type Metric,
  type MetricInput,
  scoreOf,
  styleAtResult,
} from './metric.ts';
import { momentsToStyle } from './moment-distance.ts';
import { msSsimToContent } from './ms-ssim.ts';
import { mutualInformationWithContent } from './mutual-information.ts';
import { paletteToStyle } from './palette.ts';
import { patchPlacement } from './patch-placement.ts';
import { patchCoverageOfStyle, patchDistanceToStyle } from './patch-style.ts';
import { mayMean, perceptualMetric, perceptualOutline } from './perceptual.ts';
import { psnrToContent } from './psnr.ts';
import { saturation } from './saturation.ts';
import { type ReadableAbout, readAbout, type Score, writtenAbout } from './score.ts';
import { slicedToStyle } from './sliced-features.ts';
import { ssimDownsampled, ssimNative } from './ssim.ts';
import { vifToContent } from './vif.ts';

/** Those that come with Neckar, in the order in which scores are listed. */
const shipped: readonly MetricComponent[] = [
  ssimNative,
  ssimDownsampled,
  msSsimToContent,
  gmsdToContent,
  fsimToContent,
  vifToContent,
  mutualInformationWithContent,
  psnrToContent,
  edgeAgreementWithContent,
  gramToStyle,
  momentsToStyle,
  featuresToContent,
  slicedToStyle,
  frechetToStyle,
  meanColorToStyle,
  labHistogramToStyle,
  labWassersteinToStyle,
  paletteToStyle,
  patchDistanceToStyle,
  patchCoverageOfStyle,
  longRangeToStyle,
  saturation,
  highFrequency,
  checkerboardArtifacts,
  patchPlacement,
  ...lpipsMetrics,
  dists,
  cfsd,
  heldOutGram,
  heldOutMoments,
];

metrics.close();

/** Every definition there is, whoever entered it. */
function definitions(): MetricDefinition[] {
  const own = shipped.map(({ definition }) => metrics.get(definition.name));
  return [...own, ...metrics.all().filter((one) => !own.includes(one))];
}

/** Metrics that look at pixels, and at region maps where there are some. */
export function pixelMetrics(): Metric[] {
  return definitions().flatMap((one) =>
    one.needs === 'pixels' || one.needs === 'regions' ? [pixelMetric(one)] : [],
  );
}

/** Metrics that look at an encoder's measuring layers: those on all together, then those on each by itself. */
export function featureMetrics(encoder: MeasuringEncoder): Metric[] {
  return (['layers', 'layer'] as const).flatMap((needs) =>
    definitions().flatMap((one) => (one.needs === needs ? featureMetricsOf(one, encoder) : [])),
  );
}

/**
 * Those of the metrics with published networks that are wanted, ready to run; where weights are not installed, one that
 * says so.
 *
 * @param wanted - as in `chosenMetrics`
 * @param engine - what runs the networks
 */
export async function perceptualMetrics(wanted: readonly string[], engine: Engine): Promise<Metric[]> {
  return await Promise.all(meantOf(wanted).map((one) => perceptualMetric(one, engine)));
}

/** The same as they are listed before anything is read: their ids do not name the weights. */
export function perceptualOutlines(wanted: readonly string[]): Metric[] {
  return meantOf(wanted).map(perceptualOutline);
}

function meantOf(wanted: readonly string[]): NetworkMetricDefinition[] {
  return definitions().flatMap((one) =>
    one.needs === 'network' && wanted.some((name) => name === everyMetric || mayMean(name, one)) ? [one] : [],
  );
}

/**
 * Every metric there is with these encoders.
 * @param others - those with networks of their own, as `perceptualMetrics` and `heldOutMetrics` make them
 */
export function allMetrics(
  encoders: readonly MeasuringEncoder[] = [],
  others: readonly Metric[] = [],
): Metric[] {
  return [...pixelMetrics(), ...others, ...encoders.flatMap(featureMetrics)];
}

/**
 * The few that tell most and cost least: for every trial.
 * @param mapped - whether region maps are given: those that need them are then among the few
 */
export function essentialMetrics(encoders: readonly MeasuringEncoder[] = [], mapped = false): Metric[] {
  return definitions().flatMap((one) => {
    if (one.essential !== true) return [];
    if (one.needs === 'pixels' || (one.needs === 'regions' && mapped)) return [pixelMetric(one)];
    if (one.needs !== 'layers' && one.needs !== 'layer') return [];
    return encoders.flatMap((encoder) => featureMetricsOf(one, encoder));
  });
}

/** Asks for every metric there is. */
export const everyMetric = 'all';

/**
 * The essential metrics and the named ones.
 * @param wanted - names (all of that name), names with some parts of the spec id, whole ids, or `all`
 * @param others - as in `allMetrics`
 * @param heldOut - those of the held-out encoder, which count as essential
 * @param mapped - as in `essentialMetrics`
 * @returns the metrics, each once, essential ones first; `unknown`: what is not measured with these encoders
 */
export function chosenMetrics(
  wanted: readonly string[],
  encoders: readonly MeasuringEncoder[] = [],
  others: readonly Metric[] = [],
  heldOut: readonly Metric[] = [],
  mapped = false,
): { metrics: Metric[]; unknown: string[] } {
  const all = allMetrics(encoders, [...others, ...heldOut]);
  const essential = [...essentialMetrics(encoders, mapped), ...heldOut];
  const chosen = new Map(essential.map((metric) => [metric.id, metric]));
  const unknown: string[] = [];
  for (const one of wanted) {
    const meant = one === everyMetric ? all : all.filter(({ id }) => isMeant(one, id));
    if (meant.length === 0) unknown.push(one);
    for (const metric of meant) if (!chosen.has(metric.id)) chosen.set(metric.id, metric);
  }
  return { metrics: [...chosen.values()], unknown };
}

/**
 * The score of a picture on each metric by spec id, refusals included. The picture is measured as it is written, its
 * values rounded to 8 bits, so that a trial and a later look at its PNG agree.
 *
 * @param encoders - what to measure features with; none leaves the metrics of pixels
 * @param metrics - default: all there are with these encoders
 */
export async function measureAll(
  input: MetricInput,
  encoders: MeasuringEncoder | readonly MeasuringEncoder[] = [],
  metrics: readonly Metric[] = allMetrics([encoders].flat()),
): Promise<Record<string, Score>> {
  const prepared = prepare(input);
  const scores: Record<string, Score> = {};
  for (const metric of metrics) scores[metric.id] = await scoreOf(metric, prepared);
  return scores;
}

/**
 * The scores that are another one's number again in every result that has them: SSIM of a picture seen whole is SSIM itself
 * where nothing is averaged down. Where sizes are mixed, and one result differs, none is repeated.
 *
 * @param results - the scores of each
 * @returns the repeated spec id -> the one that is shown
 */
export function repeatedScores(results: readonly Readonly<Record<string, Score>>[]): Map<string, string> {
  const { id } = ssimDownsampled;
  const having = results.filter((scores) => id in scores);
  const isRepeated = (scores: Readonly<Record<string, Score>>) => {
    const [first, second] = [scores[ssimNative.id], scores[id]!];
    if (first === undefined) return false;
    // Refused for the same reason: the picture's size or shape.
    if ('refused' in first || 'refused' in second) return 'refused' in first && 'refused' in second;
    return first.value === second.value;
  };
  return new Map(having.length > 0 && having.every(isRepeated) ? [[id, ssimNative.id]] : []);
}

/**
 * What a score's spec id stands for, or a metric's name; undefined for one of another version, and for the name of
 * several that differ.
 *
 * @param score - what is stored under the id: of a metric that does not come with Neckar it says so itself
 */
export function aboutScore(id: string, score?: Score): ReadableAbout | undefined {
  if (score?.about !== undefined) return readAbout(score.about);
  const family = metrics.all().filter(({ name }) => familyOf(name) === familyOf(id));
  const meant = family.filter(({ name }) => isMeant(name, id));
  const [first, ...others] = meant.length > 0 ? meant : family;
  if (first === undefined) return undefined;
  const about = ({ purpose, unit, range }: MetricDefinition): ReadableAbout => ({ purpose, unit, range });
  const [one, ...rest] = [first, ...others].map((found) => JSON.stringify(writtenAbout(about(found))));
  return rest.every((other) => other === one) ? about(first) : undefined;
}

/**
 * Whether a spec id, or the name it begins with, is that of a metric on layers that were held back: of the encoder that
 * the losses read, not of a held-out one. Of one that is not known here its id tells.
 */
export function isHeldBack(id: string): boolean {
  const found = metrics.all().find(({ name }) => familyOf(name) === familyOf(id));
  if (found === undefined) return /;encoder=/.test(id);
  return found.needs === 'layers' || found.needs === 'layer';
}

/** The names of all metrics: what their spec ids begin with. */
export function metricNames(): string[] {
  return [...new Set(definitions().map(({ name }) => familyOf(name)))];
}

/** References resampled once, here, rather than by every metric. */
function prepare(input: MetricInput): MetricInput {
  const content = contentAtResult(input);
  return {
    ...input,
    result: rounded(input.result),
    content: isRefusal(content) ? input.content : content,
    style: styleAtResult(input),
  };
}

function rounded(image: RgbImage): RgbImage {
  // What is no number is left for `scoreOf` to refuse.
  if (image.data.some(Number.isNaN)) return image;
  return { ...image, data: Float32Array.from(toBytes(image), (value) => value / 255) };
}
