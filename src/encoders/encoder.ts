/** What an encoder is: an image in [0,1] RGB, NHWC, to named feature maps. It owns its preprocessing. */
import type { tf } from '../tensor.ts';
import type { Link } from './links.ts';

/** Feature maps by layer name, each [B,h,w,c]. */
export type Features = Record<string, tf.Tensor4D>;

/** What is known of an encoder without reading its weights. */
export interface EncoderOutline {
  /** Such as `wavelet`, `vgg19`. */
  readonly name: string;
  /** All layer names, shallow to deep. */
  readonly layers: readonly string[];
  /** The least height and width at which every layer has a position; shallow layers may do with less. */
  readonly minimumSize: number;
  /**
   * The mean square of a layer's features, per channel, below which they show nothing of a picture: targets of less
   * energy count as having this much where losses are relative to them. Absent: 0, for encoders whose features of a
   * picture of one colour are not zero.
   */
  readonly leastEnergy?: number;
  /** Good layers to begin with, with weights, for each purpose; `heldBack` are kept for measurement, never optimised. */
  readonly defaults: {
    readonly content: Readonly<Record<string, number>>;
    readonly style: Readonly<Record<string, number>>;
    readonly patches: Readonly<Record<string, number>>;
    readonly histogram: Readonly<Record<string, number>>;
    readonly heldBack: readonly string[];
    /**
     * Layers of blurred pixels, fine to coarse, for colours that the features themselves do not see: every loss toward the
     * style then has the style's colours matched beside it (see losses/style-colors.ts).
     */
    readonly colors?: readonly string[];
  };
  /**
   * The shape [h,w,c] of a layer for an image of the given height and width.
   * @throws NeckarError for an unknown layer, naming the nearest one, and for an image too small for the layer
   */
  shapeOf(layer: string, height: number, width: number): [number, number, number];
}

export interface Encoder extends EncoderOutline {
  /** SHA-256 over everything that decides the features: architecture, options, preprocessing and weights. */
  readonly hash: string;
  /**
   * The features of `image` ([B,H,W,3], RGB in [0,1]; each picture's as if it were alone) at the wanted layers, computed
   * once each and only as deep as the deepest one. Pure tfjs: differentiable and traceable.
   * @throws NeckarError for an unknown layer, naming the nearest one, and for an image too small for a layer
   */
  encode(image: tf.Tensor4D, layers: readonly string[]): Features;
  /** The same as a chain of local pieces, for pictures encoded strip by strip; absent where there is no such chain. */
  readonly links?: readonly Link[];
}
