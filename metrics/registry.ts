/** All metrics, and how a finished picture gets its scores. */
import type { Engine } from '../src/engines/engine.ts';
import { toBytes } from '../src/images/encode.ts';
import type { RgbImage } from '../src/images/image.ts';
import { longRangeToStyle } from './autocorrelation.ts';
import { checkerboardArtefacts } from './checkerboard.ts';
import { dists } from './dists.ts';
import { edgeAgreementWithContent } from './edges.ts';
import { featuresToContent } from './feature-content.ts';
import { frechetToStyle } from './frechet.ts';
import { gmsdToContent } from './gmsd.ts';
import { gramToStyle } from './gram-distance.ts';
import { heldOutMetrics, type Judge } from './held-out.ts';
import { highFrequency } from './high-frequency.ts';
import { labHistogramToStyle, labWassersteinToStyle } from './lab-colors.ts';
import { lpipsSpecs } from './lpips.ts';
import { meanColorToStyle } from './mean-color.ts';
import {
  contentAtResult,
  isMeant,
  isRefusal,
  type MeasuringEncoder,
  type Metric,
  type MetricInput,
  type Purpose,
  scoreOf,
  styleAtResult,
} from './metric.ts';
import { momentsToStyle } from './moment-distance.ts';
import { msSsimToContent } from './ms-ssim.ts';
import { paletteToStyle } from './palette.ts';
import { patchPlacement } from './patch-placement.ts';
import { patchCoverageOfStyle, patchDistanceToStyle } from './patch-style.ts';
import { mayMean, type PerceptualSpec, perceptualMetric, perceptualOutline } from './perceptual.ts';
import { psnrToContent } from './psnr.ts';
import type { Range } from './range.ts';
import { saturation } from './saturation.ts';
import type { Score } from './score.ts';
import { slicedToStyle } from './sliced-features.ts';
import { ssimDownsampled, ssimNative } from './ssim.ts';

/** Metrics that look at pixels alone. */
export const pixelMetrics: readonly Metric[] = [
  ssimNative,
  ssimDownsampled,
  msSsimToContent,
  gmsdToContent,
  psnrToContent,
  edgeAgreementWithContent,
  meanColorToStyle,
  labHistogramToStyle,
  labWassersteinToStyle,
  paletteToStyle,
  patchDistanceToStyle,
  patchCoverageOfStyle,
  longRangeToStyle,
  saturation,
  highFrequency,
  checkerboardArtefacts,
  patchPlacement,
];

/** Metrics that look at an encoder's measuring layers. */
export function featureMetrics(encoder: MeasuringEncoder): Metric[] {
  return [
    gramToStyle(encoder),
    momentsToStyle(encoder),
    featuresToContent(encoder),
    ...encoder.layers.map((layer) => slicedToStyle(encoder, layer)),
    ...encoder.layers.map((layer) => frechetToStyle(encoder, layer)),
  ];
}

const perceptualSpecs = [...lpipsSpecs, dists];

/**
 * Those of the metrics with published networks that are wanted, ready to run; where weights are not installed, one that
 * says so.
 *
 * @param wanted - as in `chosenMetrics`
 * @param engine - what runs the networks
 */
export async function perceptualMetrics(wanted: readonly string[], engine: Engine): Promise<Metric[]> {
  return await Promise.all(meantOf(wanted).map((spec) => perceptualMetric(spec, engine)));
}

/** The same as they are listed before anything is read: their ids do not name the weights. */
export function perceptualOutlines(wanted: readonly string[]): Metric[] {
  return meantOf(wanted).map(perceptualOutline);
}

function meantOf(wanted: readonly string[]): PerceptualSpec[] {
  return perceptualSpecs.filter((spec) => wanted.some((one) => one === everyMetric || mayMean(one, spec)));
}

/**
 * Every metric there is with these encoders.
 * @param others - those with networks of their own, as `perceptualMetrics` and `heldOutMetrics` make them
 */
export function allMetrics(
  encoders: readonly MeasuringEncoder[] = [],
  others: readonly Metric[] = [],
): Metric[] {
  return [...pixelMetrics, ...others, ...encoders.flatMap(featureMetrics)];
}

/** The few that tell most and cost least: for every trial. */
export function essentialMetrics(encoders: readonly MeasuringEncoder[] = []): Metric[] {
  return [
    ssimNative,
    ssimDownsampled,
    ...encoders.flatMap((encoder) => [gramToStyle(encoder), momentsToStyle(encoder)]),
    meanColorToStyle,
    labHistogramToStyle,
    labWassersteinToStyle,
    saturation,
    checkerboardArtefacts,
  ];
}

/** Asks for every metric there is. */
export const everyMetric = 'all';

/**
 * The essential metrics and the named ones.
 * @param wanted - names (all of that name), names with some parts of the spec id, whole ids, or `all`
 * @param others - as in `allMetrics`
 * @param heldOut - those of the held-out encoder, which count as essential
 * @returns the metrics, each once, essential ones first; `unknown`: what is not measured with these encoders
 */
export function chosenMetrics(
  wanted: readonly string[],
  encoders: readonly MeasuringEncoder[] = [],
  others: readonly Metric[] = [],
  heldOut: readonly Metric[] = [],
): { metrics: Metric[]; unknown: string[] } {
  const all = allMetrics(encoders, [...others, ...heldOut]);
  const essential = [...essentialMetrics(encoders), ...heldOut];
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

/** What a stored score's spec id stands for, or undefined for one of another version. */
export function aboutScore(id: string): { purpose: Purpose; unit: string; range: Range } | undefined {
  return about.get(netOf(id)) ?? about.get(familyOf(id));
}

const placeholder: MeasuringEncoder = {
  name: '',
  hash: '',
  layers: [''],
  encode: () => Promise.reject(new Error('this encoder only stands for others')),
};

const noJudge: Judge = {
  ...placeholder,
  statistics: placeholder.encode as never,
  ofStyle: placeholder.encode as never,
  dispose: async () => {},
};

/** By family; distances of several networks have a unit each. */
const about: ReadonlyMap<string, { purpose: Purpose; unit: string; range: Range }> = new Map([
  ...allMetrics([placeholder], heldOutMetrics(noJudge)).map(
    ({ id, purpose, unit, range }) => [familyOf(id), { purpose, unit, range }] as const,
  ),
  ...perceptualSpecs
    .map(perceptualOutline)
    .map(({ id, purpose, unit, range }) => [netOf(id), { purpose, unit, range }] as const),
]);

/**
 * Whether a spec id, or the name it begins with, is that of a metric on layers that were held back: of the encoder that
 * the losses read, not of a held-out one.
 */
export function isHeldBack(id: string): boolean {
  return heldBack.has(familyOf(id));
}

const heldBack: ReadonlySet<string> = new Set(featureMetrics(placeholder).map(({ id }) => familyOf(id)));

/** The names of all metrics: what their spec ids begin with. */
export const metricNames: readonly string[] = [...new Set([...about.keys()].map(familyOf))];

function familyOf(id: string): string {
  return id.split(';', 1)[0]!;
}

/** `lpips;net=alex` of a longer id. */
function netOf(id: string): string {
  return id.split(';', 2).join(';');
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
