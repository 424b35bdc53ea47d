/** What a loss is: a pure scalar function of the current image's features, with targets made once beforehand. */
import type { Features } from '../encoders/encoder.ts';
import type { NamedTensors, tf } from '../tensor.ts';
import type { Additive } from './additive.ts';
import type { OutlineToward } from './flat-style.ts';
import type { RegionPair } from './region.ts';
import type { Schedule } from './schedule.ts';

/** Where rounds begin again at 0: their products with the sides of a picture are then exact in float32. */
export const rounds = 256;

/** An image and its features at the layers a loss asked for. */
export interface Reference {
  /** [1,H,W,3] in [0,1]. */
  readonly image: tf.Tensor4D;
  readonly features: Features;
}

export interface References {
  readonly content: Reference;
  readonly style: Reference;
  /** The style turned and rescaled as the loss asked with `styleTransforms`, the unchanged one first. */
  readonly styleVariants: readonly Reference[];
  /** Where several styles are blended, each of them with its copies, the first among them. */
  readonly styles?: readonly Pick<References, 'style' | 'styleVariants'>[];
}

/** A turned and rescaled copy of the style: degrees counter-clockwise and a factor on both sides. */
export interface StyleTransform {
  readonly rotation: number;
  readonly scale: number;
}

/**
 * One term of an objective. All functions are pure tfjs, traced or run eagerly; none may look at values
 * (`dataSync`), and none knows an engine.
 */
export interface LossTerm {
  /** Its name in traces and reports, unique in an objective: `content`, `gram`, `fused.mrf`. */
  readonly name: string;
  /** What it is multiplied by in the total. */
  readonly weight: number;
  /** Further factors, whose product changes over the evaluations. */
  readonly schedules?: readonly Schedule[];
  /** The convention its value follows, such as `gatys` or `relative`: weights compare only within one. */
  readonly convention: string;
  /**
   * `style`: it compares the picture with the style, so that regions guide it and several styles share it. Absent:
   * it compares it with the content, or with nothing.
   */
  readonly toward?: 'style';
  /** The layers of the current image it reads; the references are encoded at the same ones. */
  readonly layers: readonly string[];
  /** Further copies of the style it wants in `References.styleVariants`, beside the unchanged one. */
  readonly styleTransforms?: readonly StyleTransform[];
  /** What it needs of content and style, made once: named tensors handed back to `refresh` and `value`. */
  targets(references: References): NamedTensors;
  /**
   * Tensors that depend on the current image but carry no gradient (patch matches, histogram remaps). With
   * `refreshEvery` 1 they are recomputed inside every evaluation; with k > 1 at every k-th evaluation. `round` counts
   * the refreshes from 0, modulo `rounds`; it is 0 throughout for a term that does not say `redraws`.
   */
  refresh?(current: Reference, targets: NamedTensors, round: tf.Scalar): NamedTensors;
  readonly refreshEvery?: number;
  /** Whether what `refresh` gives depends on the round too (positions drawn anew). */
  readonly redraws?: boolean;
  /** The unweighted value, a scalar. `held` is what `refresh` gave. */
  value(current: Reference, targets: NamedTensors, held: NamedTensors): tf.Scalar;
  /** The same term as a function of sums over positions, where it is one: what pictures in strips need. */
  readonly additive?: Additive;
}

/** What `prepare` of a loss learns about its surroundings before any tensor exists. */
export interface LossContext {
  readonly encoder: OutlineToward;
  /** Height and width of the image being made. */
  readonly size: readonly [number, number];
  /** Height and width of the style image as it is encoded. */
  readonly styleSize: readonly [number, number];
  /** The part of picture and style that the loss is about; absent: all of both. */
  readonly region?: RegionPair;
  /** What the styles are, where there are several or regions guide them; absent: one, of `styleSize`. */
  readonly styles?: readonly StyleContext[];
  /** Told what a person should know of how the losses were prepared, in sentences. */
  readonly note?: (sentence: string) => void;
}

/** One of the styles that a picture is made in. */
export interface StyleContext {
  /** Height and width as it is encoded. */
  readonly size: readonly [number, number];
  /** Its part in the blend; those of all styles sum to 1. */
  readonly weight: number;
  /** The encoder's outline toward it, or toward each of its regions; absent: the context's. */
  readonly encoders?: readonly OutlineToward[];
  /** Which part of the picture takes the style from which part of this one; absent: all from all. */
  readonly regions?: readonly RegionPair[];
}
