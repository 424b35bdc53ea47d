/** The styles of a training: as they are seen, what the losses make of them, and which of them each step is given. */
import type { Encoder } from '../encoders/encoder.ts';
import type { Engine } from '../engines/engine.ts';
import type { TrainingConfig } from '../experiment/training.ts';
import type { RgbImage } from '../images/image.ts';
import { transformImage } from '../images/transform.ts';
import { outlineToward } from '../losses/flat-style.ts';
import type { LossTerm } from '../losses/loss.ts';
import { prepareLosses } from '../losses/registry.ts';
import { networkClass } from '../networks/define.ts';
import { createRandom } from '../random.ts';
import { float32, type NamedValues, type TensorValue } from '../tensor.ts';
import { drawnSquare, drawnStyles, middleSquare } from './batches.ts';
import type { ParameterLayout } from './parameters.ts';
import { type StyleSide, styleSide, tensorOf, transformsOf } from './style-targets.ts';

/** What a step's problem is made of. */
export interface StepInput {
  readonly config: TrainingConfig;
  readonly engine: Engine;
  readonly encoder: Encoder;
  readonly layout: ParameterLayout;
  /** As `preparedStyles` gives them. */
  readonly styles: readonly RgbImage[];
  readonly note?: (sentence: string) => void;
}

/**
 * Styles at the size at which they are seen: whole for a network for one style, else the square in their middle; a network
 * for any style sees crops, for which they are only brought to a side from which these can be taken.
 */
export function preparedStyles(
  { network, styleSize }: Pick<TrainingConfig, 'network' | 'styleSize'>,
  styles: readonly RgbImage[],
  resize: (image: RgbImage, size: number) => RgbImage,
): readonly RgbImage[] {
  switch (networkClass(network)) {
    case 'per-style':
      return styles.map((style) => resize(style, styleSize));
    case 'many-styles':
      return styles.map((style) => middleSquare(style, styleSize));
    case 'any-style':
      return styles.map((style) => {
        const least = Math.min(style.width, style.height);
        const side = Math.min(least, 2 * styleSize);
        const longest = Math.round((Math.max(style.width, style.height) * side) / least);
        return side < styleSize ? middleSquare(style, styleSize) : resize(style, longest);
      });
  }
}

/** The terms toward one style, or toward whichever is given. */
export function termsFor({ config, encoder, note }: StepInput, style: RgbImage | undefined): LossTerm[] {
  const { size, styleSize, losses } = config;
  return prepareLosses(losses, {
    encoder: style === undefined ? encoder : outlineToward(encoder, tensorOf(style)),
    size: [size, size],
    styleSize: style === undefined ? [styleSize, styleSize] : [style.height, style.width],
    ...(note && { note }),
  });
}

export async function styleSides(input: StepInput): Promise<StyleSide[]> {
  const sides: StyleSide[] = [];
  for (const style of input.styles) {
    const terms = termsFor({ ...input, note: undefined }, style);
    sides.push(await styleSide(input.engine, input.encoder, terms, style, input.config.size));
  }
  return sides;
}

/** What is given anew in each step of the styles that are drawn for it. */
export class StyleInputs {
  readonly #input: StepInput;
  readonly #terms: readonly LossTerm[];
  readonly #sides: readonly StyleSide[];

  constructor(input: StepInput, terms: readonly LossTerm[], sides: readonly StyleSide[]) {
    this.#input = input;
    this.#terms = terms;
    this.#sides = sides;
  }

  at(step: number): NamedValues {
    const { config, styles } = this.#input;
    switch (networkClass(config.network)) {
      case 'per-style':
        return {};
      case 'many-styles': {
        const drawn = drawnStyles(config, styles.length, step);
        const weights = new Float32Array(config.batch * styles.length);
        for (const [index, style] of drawn.entries()) weights[index * styles.length + style] = 1;
        const own = drawn.flatMap((style, index) =>
          Object.entries(this.#sides[style]!.values).map(([name, value]) => [
            itemPrefix(index) + name,
            value,
          ]),
        );
        return { weights: float32([config.batch, styles.length], weights), ...Object.fromEntries(own) };
      }
      case 'any-style': {
        const crops = drawnStyles(config, styles.length, step).map((style, index) =>
          drawnSquare(styles[style]!, config.styleSize, createRandom(config.seed, 'style crop', step, index)),
        );
        const copies = transformsOf(this.#terms).map((wanted, index) => [
          `style copy ${index}`,
          stacked(crops.map((crop) => transformImage(crop, wanted))),
        ]);
        return { style: stacked(crops), ...Object.fromEntries(copies) };
      }
    }
  }
}

export const itemPrefix = (index: number): string => `picture ${index}: `;

/** Pictures of one size as a batch, [B,H,W,3]. */
export function stacked(images: readonly RgbImage[]): TensorValue {
  const { width, height } = images[0]!;
  const values = new Float32Array(images.length * width * height * 3);
  for (const [index, { data }] of images.entries()) values.set(data, index * width * height * 3);
  return float32([images.length, height, width, 3], values);
}
