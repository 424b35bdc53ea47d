/** Pictures that a network makes while it is trained, of contents that it is not trained on. */
import type { Engine, Program } from '../engines/engine.ts';
import type { TrainingConfig } from '../experiment/training.ts';
import { clampImage, type RgbImage } from '../images/image.ts';
import { networkClass, networks } from '../networks/define.ts';
import { float32, type NamedTensors, type NamedValues } from '../tensor.ts';
import { drawnNoise, middleSquare } from './batches.ts';
import type { ParameterLayout } from './parameters.ts';
import { networkInputs, ownTensors } from './problem.ts';
import { stacked } from './style-inputs.ts';

/** A held-out content, and its file. */
export interface HeldContent {
  readonly file: string;
  readonly image: RgbImage;
}

/** One of the pictures: its content's file and its style's. */
export interface Sample {
  readonly content: string;
  readonly style: string;
}

/** Most styles that samples show. */
const mostStyles = 6;

/** The step whose noise samples have: none that a training has. */
const noStep = -1;

const parameterPrefix = 'parameter ';

/** Makes the samples: the middle of each held-out content, each in a style, all styles in turn. */
export class Sampler {
  readonly #config: TrainingConfig;
  readonly #engine: Engine;
  readonly #layout: ParameterLayout;
  readonly #contents: readonly HeldContent[];
  readonly #styles: readonly RgbImage[];
  readonly samples: readonly Sample[];
  #program: Program | undefined;
  #inputs: NamedValues = {};
  /** Seconds of compiling, known after the first samples. */
  compileSeconds = 0;

  /** @param styles - as the training sees them */
  constructor(
    config: TrainingConfig,
    engine: Engine,
    layout: ParameterLayout,
    contents: readonly HeldContent[],
    styles: readonly RgbImage[],
  ) {
    this.#config = config;
    this.#engine = engine;
    this.#layout = layout;
    this.#contents = contents;
    this.#styles = styles;
    const count = contents.length === 0 ? 0 : Math.max(contents.length, Math.min(styles.length, mostStyles));
    this.samples = Array.from({ length: count }, (_, index) => ({
      content: contents[index % contents.length]!.file,
      style: config.styles[index % styles.length]!,
    }));
  }

  /** The network's pictures by its parameters as they are now. */
  async take(parameters: Float32Array): Promise<RgbImage[]> {
    if (this.samples.length === 0) return [];
    this.#program ??= await this.#compile();
    const outputs = await this.#program.run({
      ...prefixed(this.#layout.views(parameters)),
      ...this.#inputs,
    });
    const { size } = this.#config;
    const values = outputs.pictures!.data as Float32Array;
    const each = size * size * 3;
    return this.samples.map((_, index) =>
      clampImage({ width: size, height: size, data: values.subarray(index * each, (index + 1) * each) }),
    );
  }

  async #compile(): Promise<Program> {
    const { network, size, styleSize, seed } = this.#config;
    const { name, ...settings } = network;
    const definition = networks.get(name);
    const count = this.samples.length;
    const inOrder = <Item>(all: readonly Item[]) => this.samples.map((_, index) => all[index % all.length]!);
    const inputs: NamedValues = {
      content: stacked(inOrder(this.#contents.map(({ image }) => middleSquare(image, size)))),
    };
    const kind = networkClass(network);
    if (kind === 'any-style') {
      inputs.style = stacked(inOrder(this.#styles.map((style) => middleSquare(style, styleSize))));
    }
    if (kind === 'many-styles') {
      const weights = new Float32Array(count * this.#styles.length);
      for (let index = 0; index < count; index++) {
        weights[index * this.#styles.length + (index % this.#styles.length)] = 1;
      }
      inputs.weights = float32([count, this.#styles.length], weights);
    }
    for (const [map, shape] of Object.entries(definition.noise?.(settings, size, size) ?? {})) {
      inputs[`noise ${map}`] = drawnNoise({ seed, batch: count }, map, shape, noStep);
    }
    this.#inputs = inputs;
    const shapes = { ...prefixed(this.#layout.views(new Float32Array(this.#layout.size))), ...inputs };
    const program = await this.#engine.compile(
      (tensors: NamedTensors) => ({
        pictures: definition.apply(settings, networkInputs(tensors), ownTensors(tensors, parameterPrefix)),
      }),
      {
        inputs: Object.fromEntries(Object.entries(shapes).map(([input, { shape }]) => [input, { shape }])),
        constants: prefixed(this.#layout.frozen),
        label: `samples of ${name}, ${count} × ${size}²`,
        frugal: true,
      },
    );
    this.compileSeconds = program.compileSeconds;
    return program;
  }

  async dispose(): Promise<void> {
    await this.#program?.dispose();
  }
}

function prefixed(values: NamedValues): NamedValues {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [parameterPrefix + name, value]));
}
