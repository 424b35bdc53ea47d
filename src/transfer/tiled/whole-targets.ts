/** The targets of terms that read whole maps: those of the last stage, or the picture itself. */
import type { Reference, References, StyleTransform } from '../../losses/loss.ts';
import type { NamedTensors, NamedValues, TensorValue, tf } from '../../tensor.ts';
import { encodeStrips, topReference } from './encode.ts';
import type { TargetInput } from './targets.ts';
import { targetName } from './terms.ts';

/** The targets of terms that read whole maps of the last stage. */
export async function wholeTargets(
  input: TargetInput,
  tops: Readonly<Record<string, TensorValue>>,
): Promise<NamedValues> {
  const { engine, plan, planFor, styles, label } = input;
  const terms = input.terms.filter(({ way }) => way === 'top');
  if (terms.length === 0) return {};
  const transforms: StyleTransform[] = [];
  for (const wanted of terms.flatMap(({ term }) => term.styleTransforms ?? [])) {
    if (!transforms.some((known) => isSame(known, wanted))) transforms.push(wanted);
  }
  const maps: Record<string, TensorValue> = { ...tops };
  for (const [style, { transformed }] of styles.entries()) {
    for (const [copy, transform] of transforms.entries()) {
      const image = transformed(transform);
      const [, height, width] = image.shape as [number, number, number];
      maps[`copy ${style} ${copy}`] = await encodeStrips(engine, planFor(height, width), image, {
        label: `strips of ${label}`,
        statistics: [],
        constants: {},
        sums: new Map(),
        keep: {},
      });
    }
  }
  const wanted = [...new Set(terms.flatMap(({ term }) => term.layers))];
  const program = await engine.compile(
    (tensors) => {
      const made = new Map<string, Reference>();
      const reference = (key: string): Reference => {
        let encoded = made.get(key);
        if (encoded === undefined) {
          encoded = topReference(plan.top, tensors[key]!, wanted);
          made.set(key, encoded);
        }
        return encoded;
      };
      const outputs: NamedTensors = {};
      for (const { index, term } of terms) {
        const all = styles.map((_, style) => ({
          style: reference(`style ${style}`),
          styleVariants: [
            reference(`style ${style}`),
            ...(term.styleTransforms ?? []).map((one) =>
              reference(`copy ${style} ${transforms.findIndex((known) => isSame(known, one))}`),
            ),
          ],
        }));
        const references: References = {
          content: reference('content'),
          ...all[0]!,
          ...(all.length > 1 && { styles: all }),
        };
        for (const [name, tensor] of Object.entries(term.targets(references))) {
          outputs[targetName(index, name)] = tensor;
        }
      }
      return outputs;
    },
    {
      inputs: Object.fromEntries(Object.entries(maps).map(([name, { shape }]) => [name, { shape }])),
      frugal: true,
      label: `targets of ${label}`,
    },
  );
  try {
    return await program.run(maps);
  } finally {
    await program.dispose();
  }
}

/** The targets of terms that read the picture alone. */
export async function pixelTargets({
  engine,
  terms,
  content,
  styles,
  label,
}: TargetInput): Promise<NamedValues> {
  const own = terms.filter(({ way }) => way === 'pixels');
  if (own.length === 0) return {};
  const images: Record<string, TensorValue> = {
    content,
    ...Object.fromEntries(styles.map(({ image }, style) => [`style ${style}`, image])),
  };
  const program = await engine.compile(
    (tensors) => {
      const reference = (key: string): Reference => ({ image: tensors[key] as tf.Tensor4D, features: {} });
      const all = styles.map((_, style) => {
        const own = reference(`style ${style}`);
        return { style: own, styleVariants: [own] };
      });
      const references: References = {
        content: reference('content'),
        ...all[0]!,
        ...(all.length > 1 && { styles: all }),
      };
      const outputs: NamedTensors = {};
      for (const { index, term } of own) {
        for (const [name, tensor] of Object.entries(term.targets(references))) {
          outputs[targetName(index, name)] = tensor;
        }
      }
      return outputs;
    },
    {
      inputs: Object.fromEntries(Object.entries(images).map(([name, { shape }]) => [name, { shape }])),
      frugal: true,
      label: `targets of ${label}`,
    },
  );
  try {
    return await program.run(images);
  } finally {
    await program.dispose();
  }
}

function isSame(a: StyleTransform, b: StyleTransform): boolean {
  return a.rotation === b.rotation && a.scale === b.scale;
}
