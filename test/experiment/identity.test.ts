import { createHash } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { trialId, workOf } from '../../src/experiment/identity.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import type { TrialConfig } from '../../src/experiment/trial.ts';
import { canonicalJson } from '../../src/platform/canonical-json.ts';

const config = planTrials({
  name: 'e',
  pairs: [['a.png', 'b.png']],
  losses: ['content', 'gram'],
}).trials[0]!.config;
const inputs = { content: 'c0', style: '50', encoder: 'e0' };
const id = trialId(config, inputs, 1);

test('canonical JSON: sorted keys, no spaces, no undefined, -0 as 0', (t) => {
  t.is(
    canonicalJson({ b: [1, undefined, { d: -0, c: 'ü"' }], a: undefined, B: 1e21, é: null }),
    '{"B":1e+21,"b":[1,null,{"c":"ü\\"","d":0}],"é":null}',
  );
  t.is(canonicalJson(0.1 + 0.2), '0.30000000000000004');
  t.throws(() => canonicalJson({ a: Number.NaN }));
  t.throws(() => canonicalJson({ a: Number.POSITIVE_INFINITY }));
  t.throws(() => canonicalJson({ a: () => 1 }));
});

test('canonical JSON reads back as the same value, whatever the order of its keys', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      t.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        t.is(canonicalJson(Object.fromEntries(Object.entries(value).reverse())), text);
      }
    }),
  );
});

test('an id is the beginning of a SHA-256 over what decides the picture', (t) => {
  const {
    losses,
    encoder,
    optimizer,
    sizes,
    styleScale,
    initialization,
    clamp,
    seed,
    budget,
    weighting,
    snapshots,
  } = config;
  const work = {
    losses,
    encoder,
    optimizer,
    sizes,
    styleScale,
    initialization,
    clamp,
    seed,
    budget,
    weighting,
    snapshots,
    engine: { name: 'auto' },
  };
  const text = canonicalJson({ config: work, inputs, objectiveVersion: 1 });
  t.is(id, createHash('sha256').update(text).digest('hex').slice(0, 16));
});

const vgg: TrialConfig = {
  ...config,
  encoder: { name: 'vgg19', pooling: 'average', normalized: false, weights: { file: '/x/w.safetensors' } },
};

test('names, paths, threads and what else was swept change no id', (t) => {
  const changes: Partial<TrialConfig>[] = [
    { experiment: 'other' },
    { variant: 'other' },
    { swept: { seed: 1 } },
    { content: '/elsewhere/a.png', style: '/elsewhere/b.png' },
    { engine: { name: 'auto', threads: 3 } },
  ];
  for (const change of changes) t.is(trialId({ ...config, ...change }, inputs, 1), id);
  const moved = { ...vgg, encoder: { ...vgg.encoder, weights: { file: '/y/v.safetensors' } } } as TrialConfig;
  t.is(trialId(moved, inputs, 1), trialId(vgg, inputs, 1));
  const start = (file: string): TrialConfig => ({
    ...config,
    initialization: { from: 'file', file, fit: 'cover', noise: 0 },
  });
  t.is(trialId(start('/a.png'), inputs, 1), trialId(start('/b.png'), inputs, 1));
});

test('how gradient norms are found is part of the work of trials weighted by them, and of no others', (t) => {
  t.true('gradientNorms' in workOf({ ...config, weighting: 'gradient-norm' }));
  t.false('gradientNorms' in workOf(config));
});

test('everything that decides the picture changes the id', (t) => {
  const changes: Partial<TrialConfig>[] = [
    { seed: 1 },
    { sizes: [128] },
    { sizes: [128, 256] },
    { styleScale: 2 },
    { clamp: 'final' },
    { weighting: 'gradient-norm' },
    { snapshots: [5] },
    { budget: { evaluations: 151 } },
    { engine: { name: 'onnx' } },
    { engine: { name: 'auto', provider: 'cpu' } },
    { optimizer: { name: 'lbfgs', history: 11 } },
    { initialization: { from: 'noise' } },
    { losses: [...config.losses].reverse() },
    { encoder: vgg.encoder },
    { encoder: { ...vgg.encoder, pooling: 'max' } as TrialConfig['encoder'] },
    { encoder: { ...vgg.encoder, weights: { random: 1 } } as TrialConfig['encoder'] },
    { encoder: { ...vgg.encoder, weights: { random: 2 } } as TrialConfig['encoder'] },
  ];
  const ids = changes.map((change) => trialId({ ...config, ...change }, inputs, 1));
  ids.push(trialId(config, inputs, 2), id);
  for (const role of ['content', 'style', 'encoder', 'initialization'])
    ids.push(trialId(config, { ...inputs, [role]: 'other' }, 1));
  t.is(new Set(ids).size, ids.length);
});
