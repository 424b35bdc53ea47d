/** Features of pictures on an engine, for everything that measures instead of optimising. */
import type { Encoder } from '../encoders/encoder.ts';
import type { Engine } from '../engines/engine.ts';
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
    const { width, height, data } = image;
    const shape = [1, height, width, 3] as const;
    const program = await engine.compile(
      (tensors) => ({ ...encoder.encode(tensors.image as never, layers) }),
      {
        inputs: { image: { shape } },
        label: `features of ${encoder.name} at ${width}×${height}`,
      },
    );
    try {
      const outputs = await program.run({ image: { shape, dtype: 'float32', data } });
      return Object.fromEntries(
        Object.entries(outputs).map(([layer, value]) => {
          const [, h, w, channels] = value.shape as [number, number, number, number];
          return [layer, { height: h, width: w, channels, data: value.data as Float32Array }];
        }),
      );
    } finally {
      await program.dispose();
    }
  };
}
