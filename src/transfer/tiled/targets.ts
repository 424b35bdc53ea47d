/** What content and style contribute to an objective, computed once. */
import type { Encoder } from '../../encoders/encoder.ts';
import type { Engine } from '../../engines/engine.ts';
import type { TargetStep } from '../../losses/additive.ts';
import type { StyleTransform } from '../../losses/loss.ts';
import { type NamedTensors, type NamedValues, type TensorValue, tf } from '../../tensor.ts';
import { encodePicture } from './encode.ts';
import type { LocalMap } from './statistics.ts';
import {
  type ObjectivePlan,
  type PlannedTerm,
  sumsOf,
  targetName,
  targetsOf,
  termStatistics,
} from './terms.ts';
import { pixelTargets, wholeTargets } from './whole-targets.ts';

/** A style and its turned and rescaled copies. */
export interface StyleSource {
  readonly image: TensorValue;
  readonly transformed: (transform: StyleTransform) => TensorValue;
}

export interface TargetInput extends ObjectivePlan {
  readonly engine: Engine;
  readonly encoder: Encoder;
  readonly content: TensorValue;
  readonly styles: readonly StyleSource[];
  readonly label: string;
}

export interface Targets {
  /** By `targetName`. */
  readonly values: NamedValues;
  /** Maps of the content at layers below the last stage, by `targetName`. */
  readonly locals: Readonly<Record<string, LocalMap>>;
}

/**
 * Computes every term's targets. Pictures are encoded once for each round of targets that need their sums.
 * @throws NeckarError when a loss reads the picture beside layers
 */
export async function computeTargets(input: TargetInput): Promise<Targets> {
  const { content, styles, plan, planFor } = input;
  const values: NamedValues = {};
  const locals: Record<string, LocalMap> = {};
  const sums = input.terms.filter(({ way }) => way === 'sums');
  const stepsOf = ({ term }: PlannedTerm) =>
    term.additive!.steps.map((step, place) => ({ step, round: step.round ?? place }));
  const last = Math.max(-1, ...sums.flatMap((term) => stepsOf(term).map(({ round }) => round)));
  const maps = [...new Set(sums.flatMap(({ term }) => term.additive!.maps))];
  const whole = input.terms.some(({ way }) => way === 'top');

  /** The last stage's map of each picture, for terms that read whole maps. */
  const tops: Record<string, TensorValue> = {};
  for (let round = 0; round <= Math.max(last, 0); round++) {
    const found: NamedValues = {};
    const sources: { name: string; image: TensorValue; source: TargetStep['source']; style: number }[] = [
      { name: 'content', image: content, source: 'content', style: 0 },
      ...styles.map(({ image }, style) => ({
        name: `style ${style}`,
        image,
        source: 'style' as const,
        style,
      })),
    ];
    for (const { name, image, source, style } of sources) {
      const statistics = termStatistics(sums, values, (term) =>
        stepsOf(term)
          .filter(
            ({ step, round: own }) => own === round && step.source === source && (step.style ?? 0) === style,
          )
          .flatMap(({ step }) => step.statistics),
      );
      const keep = source === 'content' && round === 0 ? maps : [];
      if (statistics.length === 0 && keep.length === 0 && !(whole && round === 0)) continue;
      const [, height, width] = image.shape as [number, number, number];
      const own = source === 'content' ? plan : planFor(height, width);
      const encoded = await encodePicture(input, own, image, statistics, values, keep);
      if (round === 0) tops[name] = encoded.top;
      Object.assign(found, encoded.sums);
      for (const [layer, value] of Object.entries(encoded.kept)) {
        const isTop = plan.top.layers.some((one) => one.name === layer);
        for (const { index, term } of sums) {
          if (!term.additive!.maps.includes(layer)) continue;
          if (isTop) values[targetName(index, layer)] = value;
          else locals[targetName(index, layer)] = { layer, value };
        }
      }
    }
    Object.assign(values, await targetsFromSums(input, sums, stepsOf, round, found, values));
  }
  Object.assign(values, await wholeTargets(input, tops), await pixelTargets(input));
  return { values, locals };
}

/** The targets of one round's steps. */
async function targetsFromSums(
  { engine, label }: TargetInput,
  terms: readonly PlannedTerm[],
  stepsOf: (term: PlannedTerm) => readonly { readonly step: TargetStep; readonly round: number }[],
  round: number,
  sums: NamedValues,
  known: NamedValues,
): Promise<NamedValues> {
  const steps = terms.flatMap((term) =>
    stepsOf(term).flatMap((one) => (one.round === round ? [{ index: term.index, step: one.step }] : [])),
  );
  if (steps.length === 0) return {};
  const names = new Set(
    steps.flatMap(({ index }) => Object.keys(targetsOf(index, known)).map((name) => targetName(index, name))),
  );
  const program = await engine.compile(
    (tensors) => {
      const outputs: NamedTensors = {};
      for (const { index, step } of steps) {
        const made = step.targets(sumsOf(index, tensors), targetsOf(index, tensors));
        // What a step hands on as it is must not be an input of the program itself.
        for (const [name, tensor] of Object.entries(made)) {
          outputs[targetName(index, name)] = tf.add(tensor, 0);
        }
      }
      return outputs;
    },
    {
      inputs: Object.fromEntries(Object.entries(sums).map(([id, { shape }]) => [id, { shape }])),
      // Maps of the content are large, and no step reads them.
      constants: Object.fromEntries(
        Object.entries(known).filter(([name, { shape }]) => names.has(name) && shape.length < 4),
      ),
      frugal: true,
      label: `targets of ${label}`,
    },
  );
  try {
    return await program.run(sums);
  } finally {
    await program.dispose();
  }
}
