/** Features of pictures on an engine, for everything that measures instead of optimising. */
import type { Encoder } from '../encoders/encoder.ts';
import type { Engine, Program } from '../engines/engine.ts';
import type { RgbImage } from '../images/image.ts';

/** One layer's features of one picture: `data` holds height·width·channels values, channels innermost. */
export interface LayerFeatures {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Float32Array;
}

/**
 * A function from a picture and layer names to features. Each call compiles a program for the picture's size and
 * frees it again: measuring happens a few times per trial, and a kept program holds the encoder's weights.
 */
export function featureProvider(engine: Engine, encoder: Encoder) {
  return async (image: RgbImage, layers: readonly string[]): Promise<Record<string, LayerFeatures>> => {
    const program = await compiled(engine, encoder, image.width, image.height, layers);
    try {
      return await featuresBy(program, image);
    } finally {
      await program.dispose();
    }
  };
}

/**
 * The same for many pictures of few sizes: programs are kept, one for each size and choice of layers, until `dispose`.
 */
export function keptFeatureProvider(engine: Engine, encoder: Encoder) {
  const programs = new Map<string, Promise<Program>>();
  const programFor = (width: number, height: number, layers: readonly string[]): Promise<Program> => {
    const key = `${width}×${height} ${layers.join('+')}`;
    let program = programs.get(key);
    if (program === undefined) {
      program = compiled(engine, encoder, width, height, layers);
      programs.set(key, program);
    }
    return program;
  };
  return {
    encode: async (image: RgbImage, layers: readonly string[]): Promise<Record<string, LayerFeatures>> =>
      await featuresBy(await programFor(image.width, image.height, layers), image),
    async dispose(): Promise<void> {
      for (const program of programs.values()) await (await program.catch(() => undefined))?.dispose();
      programs.clear();
    },
  };
}

async function compiled(
  engine: Engine,
  encoder: Encoder,
  width: number,
  height: number,
  layers: readonly string[],
): Promise<Program> {
  return await engine.compile((tensors) => ({ ...encoder.encode(tensors.image as never, layers) }), {
    inputs: { image: { shape: [1, height, width, 3] } },
    label: `features of ${encoder.name} at ${width}×${height}`,
  });
}

async function featuresBy(
  program: Program,
  { width, height, data }: RgbImage,
): Promise<Record<string, LayerFeatures>> {
  const outputs = await program.run({ image: { shape: [1, height, width, 3], dtype: 'float32', data } });
  return Object.fromEntries(
    Object.entries(outputs).map(([layer, value]) => {
      const [, h, w, channels] = value.shape as [number, number, number, number];
      return [layer, { height: h, width: w, channels, data: value.data as Float32Array }];
    }),
  );
}
