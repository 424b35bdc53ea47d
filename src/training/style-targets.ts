/**
 * What the losses of a training need of its styles. A loss that looks at the style alone has its targets computed once for
 * each style; one that looks at the content has them computed in every step, beside the style's features.
 */
import type { Encoder, Features } from '../encoders/encoder.ts';
import type { Engine } from '../engines/engine.ts';
import { NeckarError } from '../errors.ts';
import type { RgbImage } from '../images/image.ts';
import { transformImage } from '../images/transform.ts';
import type { LossTerm, Reference, References, StyleTransform } from '../losses/loss.ts';
import { float32, type NamedTensors, type NamedValues, type TensorValue, tf } from '../tensor.ts';

/** What the targets of a term are made of. */
export interface Need {
  /** They change with the content, and are computed in every step. */
  readonly content: boolean;
  /** They look at the style as well. */
  readonly style: boolean;
}

/** One style as the terms see it. */
export interface StyleSide {
  /** What each term's targets are made of, by the term's place. */
  readonly needs: readonly Need[];
  /** Targets, and the style's features for those terms that want them in every step, by `targetOf` and `featureOf`. */
  readonly values: NamedValues;
}

/** The name of a term's target, by its place among the terms. */
export const targetOf = (place: number): string => `target ${place}: `;
const pictureName = (place: number): string => `style of ${place}`;
const featureOf = (place: number): string => `style of ${place}: `;

/** A picture as an engine takes it: [1,H,W,3]. */
export function tensorOf({ width, height, data }: RgbImage): TensorValue {
  return float32([1, height, width, 3], data);
}

/** The copies of a style that terms ask for, each once. */
export function transformsOf(terms: readonly LossTerm[]): readonly StyleTransform[] {
  const distinct: StyleTransform[] = [];
  for (const wanted of terms.flatMap((term) => term.styleTransforms ?? [])) {
    if (!distinct.some((known) => sameTransform(known, wanted))) distinct.push(wanted);
  }
  return distinct;
}

/**
 * Computes a style's targets.
 *
 * @param terms - prepared for this style
 * @param size - side of the crops, at which a content would lie
 */
export async function styleSide(
  engine: Engine,
  encoder: Encoder,
  terms: readonly LossTerm[],
  style: RgbImage,
  size: number,
): Promise<StyleSide> {
  const transforms = transformsOf(terms);
  const pictures: NamedValues = {
    // Only where it would be looked at counts: nothing that is made of it leaves the program.
    content: float32([1, size, size, 3], new Float32Array(size * size * 3)),
    style: tensorOf(style),
    ...Object.fromEntries(
      transforms.map((wanted, index) => [`copy ${index}`, tensorOf(transformImage(style, wanted))]),
    ),
  };
  let needs: Need[] = [];
  const program = await engine.compile(
    (tensors) => {
      const outputs: NamedTensors = {};
      needs = [];
      for (const [place, term] of terms.entries()) {
        const need = { content: false, style: false };
        const reference = (name: string, whose: keyof typeof need) =>
          watched(encoder, tensors[name] as tf.Tensor4D, term.layers, () => {
            need[whose] = true;
          });
        const style = reference('style', 'style');
        const copies = transforms.map((_, index) => reference(`copy ${index}`, 'style'));
        const targets = term.targets(
          referencesOf(reference('content', 'content'), style, term, transforms, copies),
        );
        needs.push({ ...need });
        if (!need.content) {
          for (const [name, target] of Object.entries(targets)) outputs[targetOf(place) + name] = target;
        } else if (need.style) {
          if (term.styleTransforms !== undefined) throw tangled(term);
          outputs[pictureName(place)] = tf.clone(style.image);
          for (const layer of term.layers) {
            outputs[featureOf(place) + layer] = tf.clone(style.features[layer]!);
          }
        }
      }
      return outputs;
    },
    {
      inputs: Object.fromEntries(Object.entries(pictures).map(([name, { shape }]) => [name, { shape }])),
      label: 'targets of a style',
    },
  );
  try {
    return { values: await program.run(pictures), needs };
  } finally {
    await program.dispose();
  }
}

/** The style as a term in `place` finds it in a step, from values of `StyleSide`. */
export function styleIn(tensors: NamedTensors, place: number, layers: readonly string[]): Reference {
  return {
    image: tensors[pictureName(place)] as tf.Tensor4D,
    features: Object.fromEntries(
      layers.flatMap((layer) => {
        const map = tensors[featureOf(place) + layer];
        return map === undefined ? [] : [[layer, map as tf.Tensor4D]];
      }),
    ),
  };
}

/** References to one content and one style, with the copies that the term asked for. */
export function referencesOf(
  content: Reference,
  style: Reference,
  term: LossTerm,
  transforms: readonly StyleTransform[] = [],
  copies: readonly Reference[] = [],
): References {
  const styleVariants = [
    style,
    ...(term.styleTransforms ?? []).map(
      (wanted) => copies[transforms.findIndex((known) => sameTransform(known, wanted))]!,
    ),
  ];
  return { content, style, styleVariants, styles: [{ style, styleVariants }] };
}

/** An image with its features, encoded when first asked for; `looked` is told of either's being asked for. */
function watched(
  encoder: Encoder,
  image: tf.Tensor4D,
  layers: readonly string[],
  looked: () => void,
): Reference {
  let features: Features | undefined;
  return {
    get image() {
      looked();
      return image;
    },
    get features() {
      looked();
      features ??= layers.length === 0 ? {} : encoder.encode(image, layers);
      return features;
    },
  };
}

function sameTransform(a: StyleTransform, b: StyleTransform): boolean {
  return a.rotation === b.rotation && a.scale === b.scale;
}

function tangled({ name }: LossTerm): NeckarError {
  return new NeckarError(
    `The loss "${name}" makes its targets of the content and of turned copies of the style at once, which a training of many contents cannot give it. Choose another loss.`,
  );
}
