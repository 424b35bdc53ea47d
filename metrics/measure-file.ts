/** One picture from anywhere, measured by everything there is. */
import type { EncoderSpec } from '../src/encoders/registry.ts';
import type { Engine, EngineSpec } from '../src/engines/engine.ts';
import { startEngine } from '../src/engines/start.ts';
import { readImage } from '../src/images/decode.ts';
import { resizeLongestSide } from '../src/images/resize.ts';
import { openMeasuringEncoder } from './measuring-encoder.ts';
import { styleAtResult } from './metric.ts';
import { findRegions, readRegions } from './regions.ts';
import { allMetrics, everyMetric, measureAll, perceptualMetrics } from './registry.ts';
import type { Score } from './score.ts';

export interface FileToMeasure {
  readonly picture: string;
  readonly content: string;
  readonly style: string;
  /** Label images; default: those that lie beside content and style, if both do. */
  readonly regions?: { readonly content: string; readonly style: string };
  /** Measured on the layers that they hold back. */
  readonly encoders: readonly EncoderSpec[];
  readonly engine?: EngineSpec;
}

/**
 * Every metric's score of a picture, refusals included. On what it was optimised is not known here: scores on an
 * encoder that made it are circular, and no metric can say so.
 *
 * @throws NeckarError when an image, a region map or weights cannot be read
 */
export async function measureFile(file: FileToMeasure): Promise<Record<string, Score>> {
  const [result, content, style] = await Promise.all(
    [file.picture, file.content, file.style].map((path) => readImage(path)),
  );
  const regions =
    file.regions === undefined
      ? await findRegions(file.content, file.style)
      : await readRegions(file.regions.content, file.regions.style);
  const opened = [];
  let engine: Engine | undefined;
  try {
    for (const spec of file.encoders) {
      const images = [
        resizeLongestSide(content!, Math.max(result!.width, result!.height)),
        styleAtResult({ result: result!, style: style! }),
      ];
      opened.push(await openMeasuringEncoder(spec, file.engine, images));
    }
    engine = await startEngine(file.engine ?? { name: 'auto' });
    const encoders = opened.map(({ encoder }) => encoder);
    return await measureAll(
      { result: result!, content: content!, style: style!, ...(regions !== undefined && { regions }) },
      encoders,
      allMetrics(encoders, await perceptualMetrics([everyMetric], engine)),
    );
  } finally {
    await engine?.dispose();
    for (const measuring of opened) await measuring.dispose();
  }
}
