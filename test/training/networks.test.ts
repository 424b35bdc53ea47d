/** Every network that can be trained: a few steps, in which each of its filters has a gradient. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { styles } from '../../fixtures/index.ts';
import { loadEncoder } from '../../src/encoders/registry.ts';
import { startOnnx } from '../../src/engines/onnx/start.ts';
import { readImage } from '../../src/images/decode.ts';
import { resizeLongestSide } from '../../src/images/resize.ts';
import { adain } from '../../src/networks/adain.ts';
import { encodeParameters, readParameters } from '../../src/networks/parameters.ts';
import { type NetworkInput, networkClass, networks, resolveNetwork } from '../../src/networks/registry.ts';
import { Batches } from '../../src/training/batches.ts';
import { firstParameters } from '../../src/training/parameters.ts';
import { Pictures } from '../../src/training/pictures.ts';
import { prepareStep } from '../../src/training/problem.ts';
import { preparedStyles } from '../../src/training/style-inputs.ts';
import { filled } from '../engines/compare.ts';
import { perform, smallTraining } from './_training.ts';

const shown = [styles.swirl.path, styles.ink.path];

const small: Readonly<Record<string, { readonly settings: object; readonly size?: number }[]>> = {
  johnson: [
    { settings: { width: 1 / 16, blocks: 1, norm: 'batch', upsampling: 'transposed', output: 'tanh150' } },
    { settings: { width: 1 / 16, blocks: 1, padding: 'around' }, size: 32 },
  ],
  ulyanov: [{ settings: { scales: 3, channels: 2 } }],
  dumoulin: [{ settings: { styles: 2, width: 1 / 16, blocks: 1 } }],
  stylebank: [{ settings: { styles: 2, width: 1 / 16 } }],
  microast: [{ settings: { width: 1 / 8 }, size: 32 }],
  cartoongan: [{ settings: { width: 1 / 32, blocks: 1 } }],
};

/** One that begins with another's weights, below; networks without a training, and files that are only applied. */
const others = ['adain', 'wct', 'onnx'];

test('every network is among the cases', (t) => {
  const known = networks.names().filter((name) => networks.get(name).module === undefined);
  t.deepEqual([...Object.keys(small), ...others].sort(), known.sort());
});

for (const [name, cases] of Object.entries(small)) {
  for (const { settings, size = 16 } of cases) {
    test(`${name} ${JSON.stringify(settings)}`, async (t) => {
      const network = { name, ...settings } as NetworkInput;
      const perStyle = networkClass(resolveNetwork(network)) === 'per-style';
      const config = smallTraining(
        // So many that each style is drawn.
        { size, batch: 5, optimizer: { name: 'adam', learningRate: 0.01 } },
        network,
        {
          styles: perStyle ? shown.slice(0, 1) : shown,
        },
      );
      const { layout, start } = await firstParameters(config.network, config.seed, undefined);
      const read = await Promise.all(config.styles.map((file) => readImage(file)));
      const problem = await prepareStep({
        config,
        engine: await startOnnx('cpu', 1),
        encoder: await loadEncoder(config.encoder),
        layout,
        styles: preparedStyles(config, read, resizeLongestSide),
      });
      const batches = new Batches(config, new Pictures(config.pictures, size, () => {}));
      const { gradient, total } = await problem.evaluate(start, await batches.contents(0), 0);
      t.true(Number.isFinite(total) && total > 0);
      for (const { name: parameter, role, begin, end } of layout.places) {
        if (role !== 'filter') continue;
        const part = gradient.subarray(begin, end);
        t.true(part.every(Number.isFinite), parameter);
        t.true(
          part.some((value) => value !== 0),
          `${parameter} has no gradient`,
        );
      }
      await problem.dispose();
      const { outcome } = await perform({ ...config, budget: { steps: 2 } });
      t.is(outcome?.state, 'complete', outcome?.reason);
    });
  }
}

test("AdaIN's decoder is trained from nothing by an encoder that stays, and by the map it was shown", async (t) => {
  const network = adain({ width: 1 / 32 });
  const spec = resolveNetwork(network);
  const { name: _, ...settings } = spec;
  const outlines = networks.get('adain').parameters(settings);
  const values = Object.fromEntries(
    outlines.map(({ name, shape }, index) => [name, filled(shape, index, -0.3, 0.4)]),
  );
  const file = join(mkdtempSync(join(tmpdir(), 'neckar-adain-')), 'both.safetensors');
  writeFileSync(file, encodeParameters(spec, values));
  const written = {
    size: 32,
    steps: 2,
    from: file,
    losses: [{ type: 'moments' as const, layers: ['scale1'] }],
  };
  const without = t.throws(() => smallTraining({ steps: 2 }, network, { styles: shown }));
  t.regex(without!.message, /training\.from: missing; .*no training changes, such as "encoder\./);

  for (const fresh of [false, true]) {
    const { outcome, kept } = await perform(smallTraining({ ...written, fresh }, network, { styles: shown }));
    t.is(outcome?.state, 'complete', outcome?.reason);
    t.true(kept.trace[0]!.terms.exchanged!.value > 0);
    const trained = join(file, '..', `trained-${fresh}.safetensors`);
    writeFileSync(trained, kept.files.get('weights.safetensors')!);
    const { parameters } = await readParameters(spec, trained);
    for (const { name, role } of outlines) {
      const [now, before] = [parameters[name]!.data, values[name]!.data];
      if (name.startsWith('encoder.')) t.deepEqual(now, before, name);
      else if (role === 'filter') {
        const most = Math.max(...Array.from(now, (value, i) => Math.abs(value - before[i]!)));
        // Two steps of Adam at a rate of 1e-3 go no further.
        t.true(fresh ? most > 0.01 : most > 0 && most < 0.0021, `${name} moved by ${most}`);
      }
    }
  }
});
