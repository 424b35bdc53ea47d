/**
 * What content and style contribute to a problem, computed once: every loss's targets, from features of content,
 * style and the style's copies.
 */
import type { Encoder, Features } from '../encoders/encoder.ts';
import type { LossTerm, Reference, References, StyleTransform } from '../losses/loss.ts';
import type { NamedTensors, NamedValues, TensorValue, tf } from '../tensor.ts';
import type { ProblemInput } from './problem.ts';

const styleName = (number: number): string => `style ${number}`;
const copyName = (number: number, index: number): string => `style ${number} copy ${index}`;
/** Before the names of a term's targets, by its place among the terms. */
export const targetPrefix = (index: number): string => `target ${index}: `;

/**
 * Runs every term's `targets` in one program over content, style and the style's copies.
 *
 * @returns the targets by `targetPrefix` of their term and their own name
 */
export async function computeTargets(
  input: ProblemInput,
  terms: readonly LossTerm[],
  layers: readonly string[],
  transforms: readonly StyleTransform[],
  label: string,
): Promise<NamedValues> {
  const { engine, encoder, content } = input;
  const styles = input.styles ?? [{ image: input.style, transform: input.transformStyle }];
  const images: Record<string, TensorValue> = { content };
  for (const [number, { image, transform }] of styles.entries()) {
    images[styleName(number)] = image;
    for (const [index, wanted] of transforms.entries()) images[copyName(number, index)] = transform(wanted);
  }
  const program = await engine.compile(
    (tensors) => {
      const reference = (name: string) => referenceOf(encoder, tensors[name] as tf.Tensor4D, layers);
      const encoded = styles.map((_, number) => ({
        style: reference(styleName(number)),
        copies: transforms.map((transform, index) => ({
          transform,
          reference: reference(copyName(number, index)),
        })),
      }));
      const outputs: NamedTensors = {};
      const contentReference = reference('content');
      for (const [index, term] of terms.entries()) {
        const withCopies = encoded.map(({ style, copies }) => ({
          style,
          styleVariants: [
            style,
            ...(term.styleTransforms ?? []).map(
              (wanted) => copies.find((copy) => sameTransform(copy.transform, wanted))!.reference,
            ),
          ],
        }));
        const references: References = {
          content: contentReference,
          ...withCopies[0]!,
          styles: withCopies,
        };
        Object.assign(outputs, prefixed(targetPrefix(index), term.targets(references)));
      }
      return outputs;
    },
    {
      inputs: Object.fromEntries(Object.entries(images).map(([name, { shape }]) => [name, { shape }])),
      label: `targets of ${label}`,
    },
  );
  try {
    return await program.run(images);
  } finally {
    await program.dispose();
  }
}

/** An image with its features, encoded when first asked for: the content is never encoded for style losses alone. */
export function referenceOf(encoder: Encoder, image: tf.Tensor4D, layers: readonly string[]): Reference {
  let features: Features | undefined;
  return {
    image,
    get features() {
      features ??= layers.length === 0 ? {} : encoder.encode(image, layers);
      return features;
    },
  };
}

/** The same, encoded at once: features first asked for inside `detach` would be unseen by differentiation. */
export function encodedReference(encoder: Encoder, image: tf.Tensor4D, layers: readonly string[]): Reference {
  return { image, features: layers.length === 0 ? {} : encoder.encode(image, layers) };
}

/** The copies of the style that the terms ask for, each once. */
export function distinctTransforms(terms: readonly LossTerm[]): StyleTransform[] {
  const distinct: StyleTransform[] = [];
  for (const transform of terms.flatMap((term) => term.styleTransforms ?? [])) {
    if (!distinct.some((known) => sameTransform(known, transform))) distinct.push(transform);
  }
  return distinct;
}

function sameTransform(a: StyleTransform, b: StyleTransform): boolean {
  return a.rotation === b.rotation && a.scale === b.scale;
}

/** Tensors under longer names. */
export function prefixed(prefix: string, tensors: NamedTensors): NamedTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}

/** The tensors whose names begin with a prefix, without it. */
export function ownTensors(tensors: NamedTensors, prefix: string): NamedTensors {
  const own: NamedTensors = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    if (name.startsWith(prefix)) own[name.slice(prefix.length)] = tensor;
  }
  return own;
}
