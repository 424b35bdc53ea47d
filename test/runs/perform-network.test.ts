import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { knownCost } from '../../metrics/cost.ts';
import type { ExperimentInput } from '../../src/experiment/define.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import type { TrialResult } from '../../src/experiment/result.ts';
import type { NetworkMethod } from '../../src/external/method.ts';
import { readImage } from '../../src/images/decode.ts';
import type { RgbImage } from '../../src/images/image.ts';
import { encodeParameters } from '../../src/networks/parameters.ts';
import { resolveNetwork } from '../../src/networks/registry.ts';
import { timeForecasts } from '../../src/runs/forecast/forecast.ts';
import { memoryEstimates } from '../../src/runs/memory.ts';
import { performTrial } from '../../src/runs/perform.ts';
import type { TrialIo, TrialState } from '../../src/runs/trial-io.ts';
import { float32 } from '../../src/tensor.ts';
import { mixer, randomParameters, tiny } from '../networks/_networks.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-perform-network-'));
test.after.always(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

async function painted(name: string, shade: (x: number, y: number) => readonly number[]) {
  const [width, height] = [48, 33];
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) for (let x = 0; x < width; x++, i += 3) data.set(shade(x, y), i);
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(at(name));
}

test.before(async () => {
  await painted('content.png', (x, y) => [5 * x, 6 * y, 128 + 60 * Math.sin(x)]);
  await painted('red.png', () => [200, 20, 20]);
  await painted('blue.png', () => [20, 20, 200]);
  // The left half of the content is of one kind, the right half of another; each style is all of one.
  await painted('parts.png', (x) => (x < 24 ? [255, 0, 0] : [0, 255, 0]));
  await painted('all-left.png', () => [255, 0, 0]);
  await painted('all-right.png', () => [0, 255, 0]);
  const gain = { gain: float32([1], Float32Array.of(1)) };
  writeFileSync(at('mixer.safetensors'), encodeParameters(resolveNetwork(mixer()), gain));
  writeFileSync(at('tiny.safetensors'), encodeParameters(tiny, randomParameters(tiny)));
});

const variantOf = (network: object, more: object = {}) => ({ network, ...more }) as never;

function configOf(variant: never, more: ExperimentInput = {}) {
  const { trials } = planTrials(
    {
      name: 'applied',
      pairs: [{ content: 'content.png', style: 'red.png' }],
      variants: { it: variant },
      size: 48,
      heldOut: 'none',
      ...more,
    },
    { folder },
  );
  return trials[0]!.config;
}

interface Kept {
  readonly pictures: Record<string, RgbImage>;
  checkpoint?: TrialState;
}

async function performed(
  config: ReturnType<typeof configOf>,
  more: Partial<TrialIo> = {},
  signal = new AbortController().signal,
) {
  const kept: Kept = { pictures: {} };
  const io: TrialIo = {
    folder,
    trace() {},
    async snapshot() {},
    async picture(name, image) {
      kept.pictures[name] = image;
      return `images/${name}.png`;
    },
    async checkpoint(state) {
      kept.checkpoint = state;
    },
    progress() {},
    log() {},
    ...more,
  };
  return { outcome: await performTrial(config, io, signal), kept };
}

const mixed = (more: object = {}) => variantOf(mixer(), { weights: 'mixer.safetensors', ...more });

test('a network’s picture is kept, timed and measured, with what belongs to its numbers', async (t) => {
  const config = configOf(variantOf(tiny, { weights: 'tiny.safetensors' }));
  const { outcome, kept } = await performed(config);
  const { network, timing, images, scores, inputs, state, cost } = outcome;
  t.is(state, 'complete');
  t.deepEqual([images.width, images.height], [48, 33]);
  t.is(images.final, 'images/final.png');
  t.true(kept.pictures.final!.data.every((value) => value >= 0 && value <= 1));
  t.is(network!.class, 'per-style');
  t.is(network!.styles, 1);
  t.true(network!.pass > 0 && network!.pass < timing.total * 10);
  t.is(network!.training, undefined);
  t.true(network!.bytes > network!.parameters * 4);
  t.is(timing.known, 'total');
  t.true(timing.total >= timing.prepare + timing.compile + timing.warmup - 1e-6);
  t.deepEqual(cost, { evaluations: 0, steps: 0 });
  t.true(Object.values(scores).some((score) => 'value' in score));
  t.deepEqual(Object.keys(inputs).sort(), ['content', 'encoder', 'network', 'style']);
  t.regex(inputs.network!, /^[0-9a-f]{64}$/);
  const result = { ...outcome, config, timing: { ...timing, shared: false } } as unknown as TrialResult;
  t.deepEqual(Object.keys(knownCost(result)).sort(), ['peakMemory', 'seconds']);
  // What was seen of it foretells the next, pixel by pixel.
  const forecast = timeForecasts([result]);
  t.is(forecast(config).basis, 'trials');
  t.true(forecast({ ...config, sizes: [96] }).seconds > forecast(config).seconds);
  t.is(timeForecasts([])(config).basis, 'operations');
  t.is(memoryEstimates([result])(config), timing.peakMemory + (timing.memoryApart ?? 0));
});

test('the picture is kept before it is measured: who goes on measures alone', async (t) => {
  const config = configOf(mixed());
  const { kept } = await performed(config);
  const again = await performed(
    {
      ...config,
      method: { ...config.method!, parameters: { from: 'file', file: at('gone') } } as NetworkMethod,
    },
    {
      restored: kept.checkpoint!,
    },
  ).catch((error) => error);
  // The parameters are hashed for the result, but not read to make the picture anew.
  t.regex(String(again.message), /Cannot read the weights file .*gone/);
  const resumed = await performed(config, { restored: kept.checkpoint! });
  t.deepEqual(resumed.kept.pictures.final!.data, kept.pictures.final!.data);
  t.is(resumed.kept.checkpoint, undefined);
});

test('an interrupted trial ends with the signal’s reason, and nothing is kept', async (t) => {
  const controller = new AbortController();
  const reason = new Error('stop');
  const phases: string[] = [];
  const ended = performed(
    configOf(mixed()),
    {
      progress({ phase }) {
        phases.push(phase);
        if (phase === 'evaluate') controller.abort(reason);
      },
    },
    controller.signal,
  );
  t.is(await t.throwsAsync(ended), reason);
  t.deepEqual(phases, ['prepare', 'compile', 'evaluate']);
});

test('styles are blended by their weights, scaled, and put where the maps say', async (t) => {
  const color = ([r, g, b]: readonly number[]) => [r! / 255, g! / 255, b! / 255];
  const pixel = ({ width, data }: RgbImage, x: number, y: number) => [
    ...data.slice((y * width + x) * 3, (y * width + x) * 3 + 3),
  ];
  const near = (actual: readonly number[], wanted: readonly number[]) =>
    t.true(
      actual.every((value, c) => Math.abs(value - wanted[c]!) < 2e-3),
      `${actual} for ${wanted}`,
    );
  const style = [{ image: 'red.png', weight: 3 }, { image: 'blue.png' }];
  const pairs = [{ content: 'content.png', style }];
  const { kept } = await performed(configOf(mixed(), { pairs }));
  near(pixel(kept.pictures.final!, 7, 7), color([155, 20, 65]));
  const guided = configOf(mixed(), {
    pairs: [
      {
        content: 'content.png',
        style,
        regions: { content: 'parts.png', style: ['all-left.png', 'all-right.png'] },
      },
    ],
    regions: 'maps',
  });
  const parted = await performed(guided);
  near(pixel(parted.kept.pictures.final!, 3, 20), color([200, 20, 20]));
  near(pixel(parted.kept.pictures.final!, 40, 2), color([20, 20, 200]));
  const lost = configOf(mixed(), {
    pairs: [
      {
        content: 'content.png',
        style,
        regions: { content: 'parts.png', style: ['all-left.png', 'all-left.png'] },
      },
    ],
    regions: 'maps',
  });
  await t.throwsAsync(performed(lost), {
    message: /The content has the region #00ff00, which none of the styles has/,
  });
});

test('the content’s colours are kept: its chroma comes back', async (t) => {
  const { kept } = await performed(configOf(mixed(), { color: 'luminance' }));
  const { data } = kept.pictures.final!;
  const content = await readImage(at('content.png'));
  // I and Q of YIQ are differences of the channels: of a grey picture none, here the content's wherever nothing is cut.
  let compared = 0;
  for (let i = 0; i < data.length; i += 3) {
    const inside = [data[i]!, data[i + 1]!, data[i + 2]!].every((value) => value > 0.002 && value < 0.998);
    if (!inside) continue;
    compared++;
    const difference = data[i]! - data[i + 1]! - (content.data[i]! - content.data[i + 1]!);
    if (Math.abs(difference) > 1e-3) return t.fail(`pixel ${i / 3}: ${difference}`);
  }
  t.true(compared > 200, String(compared));
});

test('bad input ends before the work, in a sentence', async (t) => {
  const small = configOf(variantOf(tiny, { weights: 'tiny.safetensors' }), { size: 20 });
  await t.throwsAsync(performed(small), {
    message:
      /The content ".*content\.png" is too narrow: with a longest side of 20 it has 20×14 pixels, too few for the network johnson, which needs 16 a side/,
  });
  const values = randomParameters(tiny);
  values['conv1.bias']!.data[1] = Number.NaN;
  writeFileSync(at('nan.safetensors'), encodeParameters(tiny, values));
  await t.throwsAsync(performed(configOf(variantOf(tiny, { weights: 'nan.safetensors' }))), {
    message: /nan\.safetensors: parameter conv1\.bias holds values that are no finite numbers/,
  });
  await t.throwsAsync(
    performed(configOf(variantOf({ ...tiny, blocks: 2 }, { weights: 'tiny.safetensors' }))),
    {
      message: /parameter block2\.conv1\.weight should have the shape \[3, 3, 13, 13\], and is missing/,
    },
  );
});
