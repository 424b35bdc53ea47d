/** Pictures of other methods that are not as large as those computed here. */
import { existsSync } from 'node:fs';
import type { TrialResult } from '../experiment/result.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import { readImageInfo } from '../images/decode.ts';
import type { PictureShapes } from './forecast/shapes.ts';

interface Sized {
  readonly label: string;
  readonly config: TrialConfig;
  readonly result?: TrialResult | undefined;
}

/** Pictures that are named; the others are counted. */
const mostNamed = 4;

/**
 * One sentence about the pictures of other methods, made already or lying there, whose size is another than what the
 * trial's settings say; undefined when there are none. A pixel at the shorter side is rounding.
 */
export async function foreignSizesSentence(
  trials: readonly Sized[],
  shapes: PictureShapes,
): Promise<string | undefined> {
  const found: string[] = [];
  for (const { label, config, result } of trials) {
    // A network makes pictures of the trial's size.
    if (config.method === undefined || config.method.kind === 'network') continue;
    const own = result?.images ?? (await givenSize(config));
    if (own === undefined) continue;
    const [height, width] = shapes(config.content, config.sizes.at(-1)!);
    const isSame =
      Math.max(width, height) === Math.max(own.width, own.height) &&
      Math.abs(width - own.width) <= 1 &&
      Math.abs(height - own.height) <= 1;
    if (!isSame) found.push(`${label} is ${own.width}×${own.height}, not ${width}×${height}`);
  }
  if (found.length === 0) return undefined;
  const more = found.length > mostNamed ? ` and ${found.length - mostNamed} more` : '';
  return `Pictures of other methods have another size than the experiment's: ${found.slice(0, mostNamed).join('; ')}${more}. They are kept as they are, and measured at their own size against content and style resampled to it, so that their scores are not of the same pixels as the others'.`;
}

/** The size of a picture that lies there already; what cannot be read is said when its trial is run. */
async function givenSize({ method }: TrialConfig): Promise<{ width: number; height: number } | undefined> {
  if (method?.kind !== 'images' || !existsSync(method.file)) return undefined;
  return await readImageInfo(method.file).catch(() => undefined);
}
