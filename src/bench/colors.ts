/** `neckar bench --colors`: how far every loss's pictures are off the style's mean colour on the default encoder. */
import { contents, styles } from '../../fixtures/index.ts';
import { type MethodName, methods } from '../experiment/methods.ts';
import { planTrials } from '../experiment/plan.ts';
import type { RgbImage } from '../images/image.ts';
import { colorStatistics } from '../images/recolor.ts';
import { runTrial } from '../transfer/trial.ts';
import type { BenchOptions, BenchReport } from './bench.ts';
import { type BenchRow, row } from './rows.ts';

const size = 96;
const evaluations = 150;
/** Levels of 255 in each of R, G and B: more is a cast that is seen. */
const most = 6;

/** All contents and styles among them; the first two are a style without large shapes and one of hardly any colour. */
const pairs = [
  [contents.town, styles.tiles],
  [contents.town, styles.ink],
  [contents.portrait, styles.fauve],
  [contents.stillLife, styles.mosaic],
  [contents.landscape, styles.woodcut],
  [contents.town, styles.swirl],
  [contents.landscape, styles.tiles],
  [contents.portrait, styles.swirl],
  [contents.stillLife, styles.fauve],
  [contents.landscape, styles.mosaic],
] as const;

/**
 * Every loss of `neckar transfer` from content and from noise: the worst channel of the worst pair.
 * @param options - `quick`: two pairs instead of ten
 */
export async function runColorBench({
  engine,
  quick,
  onProgress,
  signal,
}: BenchOptions): Promise<BenchReport> {
  const names = Object.keys(methods) as MethodName[];
  const cases = names.flatMap((name) => (['content', 'noise'] as const).map((start) => ({ name, start })));
  const rows: BenchRow[] = [];
  for (const [index, { name, start }] of cases.entries()) {
    const title = `${name} from ${start}: mean colour off the style's, worst pair and channel`;
    onProgress?.(title, index, cases.length);
    const { trials } = planTrials({
      name: 'colors',
      pairs: pairs.slice(0, quick ? 2 : undefined),
      variants: { [name]: methods[name](undefined, undefined, true) },
      initialization: start,
      size,
      budget: evaluations,
      heldOut: 'none',
    });
    let worst = 0;
    for (const { config } of trials) {
      const outcome = await runTrial({ ...config, engine }, silent, signal);
      worst = Math.max(worst, levelsApart(outcome.picture, outcome.style));
      await outcome.engine.dispose();
    }
    rows.push(row(`${name}-${start}`, title, worst, 'levels', { atMost: most }));
  }
  return { rows, measurements: {} };
}

const silent = { trace() {}, async snapshot() {}, async checkpoint() {}, progress() {} };

/** The largest difference between the means of R, G or B, in levels of 255. */
export function levelsApart(first: RgbImage, second: RgbImage): number {
  const [a, b] = [first, second].map((image) => colorStatistics(image).mean) as [Float64Array, Float64Array];
  return 255 * Math.max(...a.map((mean, channel) => Math.abs(mean - b[channel]!)));
}
