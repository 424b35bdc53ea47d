/** An encoder made ready to measure with, on an engine of its own. */
import { type EncoderSpec, loadEncoder } from '../src/encoders/registry.ts';
import type { Engine, EngineSpec } from '../src/engines/engine.ts';
import { startEngine } from '../src/engines/start.ts';
import type { RgbImage } from '../src/images/image.ts';
import { keptFeatureProvider } from '../src/transfer/features.ts';
import type { MeasuringEncoder } from './metric.ts';

export interface Measuring {
  readonly engine: Engine;
  readonly encoder: MeasuringEncoder;
  dispose(): Promise<void>;
}

/**
 * Loads an encoder and starts an engine for it; it measures on the layers the encoder keeps for that.
 *
 * @param images - what mean activations are measured on, for encoders with `normalized: true`
 * @throws NeckarError when the weights are missing or wrong, or the engine cannot start
 */
export async function openMeasuringEncoder(
  spec: EncoderSpec,
  engineSpec: EngineSpec = { name: 'auto' },
  images: readonly RgbImage[] = [],
): Promise<Measuring> {
  const engine = await startEngine(engineSpec);
  try {
    const encoder = await loadEncoder(spec, {
      images: images.map(({ width, height, data }) => ({
        shape: [1, height, width, 3],
        dtype: 'float32',
        data,
      })),
      engine,
    });
    const features = keptFeatureProvider(engine, encoder);
    return {
      engine,
      encoder: {
        name: encoder.name,
        hash: encoder.hash,
        layers: encoder.defaults.heldBack,
        encode: features.encode,
      },
      async dispose() {
        await features.dispose();
        await engine.dispose();
      },
    };
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}
