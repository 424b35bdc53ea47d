/** The targets of terms that read whole maps: those of the last stage, or the picture itself. */
import type { Reference, References, StyleTransform } from '../../losses/loss.ts';
import type { NamedTensors, NamedValues, TensorValue, tf } from '../../tensor.ts';
import { encodeStrips } from './encode.ts';
import type { TargetInput } from './targets.ts';
import { type PlannedTerm, targetName } from './terms.ts';

const styleKey = (style: number): string => `style ${style}`;
const copyKey = (style: number, copy: number): string => `copy ${style} ${copy}`;

/**
 * The targets of terms that read what the last stage sees.
 * @param tops - the last stage's maps of the content and of the styles, by name
 */
export async function wholeTargets(
  input: TargetInput,
  tops: Readonly<Record<string, TensorValue>>,
): Promise<NamedValues> {
  const terms = input.terms.filter(({ way }) => way === 'top');
  const transforms = distinctTransforms(terms);
  const maps: Record<string, TensorValue> = { ...tops };
  for (const [style, { transformed }] of input.styles.entries()) {
    for (const [copy, transform] of transforms.entries()) {
      maps[copyKey(style, copy)] = await topOf(input, transformed(transform));
    }
  }
  return await targetsFrom(input, terms, maps, transforms, input.reference);
}

/** The targets of terms that read the picture alone. */
export async function pixelTargets(input: TargetInput): Promise<NamedValues> {
  const terms = input.terms.filter(({ way }) => way === 'pixels');
  const images = {
    content: input.content,
    ...Object.fromEntries(input.styles.map(({ image }, style) => [styleKey(style), image])),
  };
  return await targetsFrom(input, terms, images, [], (image) => ({
    image: image as tf.Tensor4D,
    features: {},
  }));
}

/** What comes into the last stage for a picture; the picture itself where there are no strips. */
async function topOf({ engine, planFor, label }: TargetInput, image: TensorValue): Promise<TensorValue> {
  const [, height, width] = image.shape as [number, number, number];
  return await encodeStrips(engine, planFor(height, width), image, {
    label: `strips of ${label}`,
    statistics: [],
    constants: {},
    sums: new Map(),
    keep: {},
  });
}

/** Runs the terms' `targets` in one program over the maps of content, styles and the styles' copies. */
async function targetsFrom(
  { engine, plan, styles, label }: TargetInput,
  terms: readonly PlannedTerm[],
  maps: NamedValues,
  transforms: readonly StyleTransform[],
  reference: (map: tf.Tensor, layers: readonly string[]) => Reference,
): Promise<NamedValues> {
  if (terms.length === 0) return {};
  const layers = [...new Set(terms.flatMap(({ term }) => term.layers))];
  const program = await engine.compile(
    (tensors) => {
      const made = new Map<string, Reference>();
      const seen = (key: string): Reference => {
        if (!made.has(key)) made.set(key, reference(tensors[key]!, layers));
        return made.get(key)!;
      };
      const outputs: NamedTensors = {};
      for (const { index, term } of terms) {
        const all = styles.map((_, style) => ({
          style: seen(styleKey(style)),
          styleVariants: [
            seen(styleKey(style)),
            ...(term.styleTransforms ?? []).map((one) =>
              seen(
                copyKey(
                  style,
                  transforms.findIndex((known) => isSame(known, one)),
                ),
              ),
            ),
          ],
        }));
        const references: References = { content: seen('content'), ...all[0]!, styles: all };
        for (const [name, tensor] of Object.entries(term.targets(references))) {
          outputs[targetName(index, name)] = tensor;
        }
      }
      return outputs;
    },
    {
      inputs: Object.fromEntries(Object.entries(maps).map(([name, { shape }]) => [name, { shape }])),
      frugal: plan.strips.length > 0,
      label: `targets of ${label}`,
    },
  );
  try {
    return await program.run(maps);
  } finally {
    await program.dispose();
  }
}

/** The copies of the style that terms ask for, each once. */
function distinctTransforms(terms: readonly PlannedTerm[]): StyleTransform[] {
  const distinct: StyleTransform[] = [];
  for (const wanted of terms.flatMap(({ term }) => term.styleTransforms ?? [])) {
    if (!distinct.some((known) => isSame(known, wanted))) distinct.push(wanted);
  }
  return distinct;
}

function isSame(a: StyleTransform, b: StyleTransform): boolean {
  return a.rotation === b.rotation && a.scale === b.scale;
}
