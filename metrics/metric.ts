/** What a metric is: a number about a finished picture that says exactly how it was made, or a sentence why not. */
import { messageOf, NeckarError } from '../src/errors.ts';
import type { RgbImage } from '../src/images/image.ts';
import { fitLongestSide, resizeImage, resizeLongestSide } from '../src/images/resize.ts';
import { type Range, withinRange } from './range.ts';
import { type Purpose, type Score, writtenAbout } from './score.ts';

/** One layer's features of one picture: `data` holds height·width·channels values, channels innermost. */
export interface FeatureMap {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Float32Array;
}

/** The features of a picture at the wanted layers, by layer name. */
export type FeatureProvider = (
  image: RgbImage,
  layers: readonly string[],
) => Promise<Readonly<Record<string, FeatureMap>>>;

/** An encoder to measure with, on whatever engine. */
export interface MeasuringEncoder {
  readonly name: string;
  /** Hash of everything that decides its features, weights included. */
  readonly hash: string;
  /** The layers to measure on; those that the encoder's defaults hold back from losses. */
  readonly layers: readonly string[];
  readonly encode: FeatureProvider;
}

/** What the picture was made to be good at: measuring it by that would be circular. */
export interface Optimized {
  /** Hash of the encoder whose features the losses read. */
  readonly encoder: string;
  /** Every layer of it that any loss read. */
  readonly layers: readonly string[];
}

/** Which kind of thing each pixel shows: the same label in content and style means the same kind; 0 is no kind. */
export interface RegionMap {
  readonly width: number;
  readonly height: number;
  readonly labels: Uint8Array;
}

export interface MetricInput {
  readonly result: RgbImage;
  /** The content picture at any size of the result's shape; metrics compare at the result's size. */
  readonly content: RgbImage;
  /** The style picture at any size; metrics compare with it at the result's longest side. */
  readonly style: RgbImage;
  /** Whether and on what the picture was optimised; absent for a picture from elsewhere. */
  readonly optimized?: Optimized;
  readonly regions?: { readonly content: RegionMap; readonly style: RegionMap };
  /** Why the picture is not to have the style's mean colour, in a sentence; absent: it is. */
  readonly ownColors?: string | undefined;
}

export type { Purpose };

export interface Refusal {
  /** Why it was not measured, in a sentence. */
  readonly refused: string;
}

export interface Metric {
  /** The spec id: everything that decides the value (windows, colour path, layers, hashes, sizes). */
  readonly id: string;
  /** Its name for people. */
  readonly label: string;
  readonly better: 'higher' | 'lower';
  readonly purpose: Purpose;
  /** Unit of the value, for axes: only values with one unit may share one. */
  readonly unit: string;
  /** The least and the greatest value there can be: intervals of its means keep inside. */
  readonly range: Range;
  /** The file that defines it, where it does not come with Neckar. */
  readonly module?: string;
  measure(input: MetricInput): Promise<number | Refusal>;
}

/** How a refusal begins that a metric never meant. */
export const defectOfMetric = 'This is a defect in Neckar, not in the pictures';

/** `refuse('…')`: the answer of a metric that cannot be had for this input. */
export function refuse(sentence: string): Refusal {
  return { refused: sentence };
}

/** Whether an intermediate answer is already a refusal. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refused' in value;
}

/** `name;key=value;…`: the spec id of a metric, readable and exact. */
export function specId(name: string, parts: Readonly<Record<string, string | number>>): string {
  return [name, ...Object.entries(parts).map(([key, value]) => `${key}=${value}`)].join(';');
}

/** Whether a spec id has the name that is wanted, and all of the parts. */
export function isMeant(wanted: string, id: string): boolean {
  const [name, ...parts] = wanted.split(';');
  const [family, ...its] = id.split(';');
  return name === family && parts.every((part) => its.includes(part));
}

/** How the two reference pictures come to the result's size; part of every spec id that compares with them. */
export const contentPath = 'lanczos3-to-result';
export const stylePath = 'lanczos3-to-result';

/**
 * The content at the result's size, resampled as a trial resamples it.
 *
 * @returns a refusal when the shapes differ by more than the rounding to whole pixels
 */
export function contentAtResult({ result, content }: MetricInput): RgbImage | Refusal {
  if (content.width === result.width && content.height === result.height) return content;
  const fitted = fitLongestSide(content.width, content.height, Math.max(result.width, result.height));
  if (Math.abs(fitted.width - result.width) > 1 || Math.abs(fitted.height - result.height) > 1) {
    return refuse(
      `The picture (${result.width}×${result.height}) has another shape than the content ` +
        `(${content.width}×${content.height}), so that their pixels do not correspond.`,
    );
  }
  return resizeImage(content, result.width, result.height);
}

/** A style has at most so many times the result's pixels. */
const mostStylePixels = 8;

/**
 * The longest side at which a result's style is compared: the result's own. Of a result more than eight times as long as
 * it is wide, it is that at which a square has eight times the result's pixels: beside 5000×16 pixels a style would else
 * have millions, which take hours and memory, and of which a picture of so few shows nothing.
 */
export function longestOfStyle({ width, height }: Pick<RgbImage, 'width' | 'height'>): number {
  return Math.min(Math.max(width, height), Math.round(Math.sqrt(mostStylePixels * width * height)));
}

/**
 * The style with its longest side at the result's (`longestOfStyle`), whatever scale a trial encoded it at: one yardstick
 * for all variants.
 */
export function styleAtResult({ result, style }: Pick<MetricInput, 'result' | 'style'>): RgbImage {
  return resizeLongestSide(style, longestOfStyle(result));
}

/**
 * One metric's score, as a result stores it. A `NeckarError` on the way is a refusal, not a failed trial; and so is a
 * defect, which is said to be one: the other metrics' scores are not lost for it.
 */
export async function scoreOf(metric: Metric, input: MetricInput): Promise<Score> {
  const { label, better, module } = metric;
  // Whoever reads the score may not have the module.
  const about = module === undefined ? {} : { about: writtenAbout(metric) };
  const refusal = (refused: string): Score => ({ refused, label, ...about });
  const odd = input.result.data.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) return refusal('The picture has values that are not numbers.');
  try {
    const outcome = await metric.measure(input);
    if (isRefusal(outcome)) return refusal(outcome.refused);
    if (!Number.isFinite(outcome)) {
      return refusal(
        `The reference has nothing to measure a distance in (the value came out as ${outcome}).`,
      );
    }
    const value = withinRange(outcome, metric.range);
    if (value === undefined) {
      return refusal(
        `It came out as ${outcome}, which is outside of what it can be (${metric.range.join(' to ')}): the computation failed on these pictures.`,
      );
    }
    return { value, better, label, ...about };
  } catch (thrown) {
    if (thrown instanceof NeckarError) return refusal(thrown.message);
    const why = messageOf(thrown).replace(/\.$/, '');
    return refusal(
      module === undefined
        ? `${defectOfMetric}: ${why}.`
        : `The metric's own code fails (${module}): ${why}.`,
    );
  }
}
