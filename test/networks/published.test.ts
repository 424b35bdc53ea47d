/**
 * Published programs against the networks that read their files. `published.json` holds the names and shapes of tensors
 * as the programs' files have them, and for tensors, contents and styles by the formulas of `made.ts` what the programs
 * made of them: means and single values of pictures, computed by hand with PyTorch 1.13 from the programs' layers, the
 * whitening of WCT in double precision and with all variances above 1e-8 where the program keeps those above 1e-5.
 */
import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import { joined, type Tensors } from '../../src/networks/checkpoint.ts';
import { networks } from '../../src/networks/registry.ts';
import { tf } from '../../src/tensor.ts';
import { readTensors } from '../../src/weights/tensor-file.ts';
import { at, completed, madeTensors, meanOf, result, wave } from './made.ts';

interface Published {
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly mean: number;
  /** Row, column, channel, value. */
  readonly pixels: readonly (readonly [number, number, number, number])[];
  readonly weights?: readonly number[];
  readonly alpha?: number;
}

const published = JSON.parse(readFileSync(new URL('published.json', import.meta.url), 'utf8')) as Record<
  string,
  Published
>;
const content = wave(19, 23, 0);
const styles = [wave(17, 21, 1), wave(22, 18, 2)];

test.before(() => tf.setBackend('cpu'));

/** The checkpoint among a network's that knows these names, read. */
function read(name: string, tensors: Tensors) {
  const definition = networks.get(name);
  const found = definition.checkpoints!.filter(({ matches }) => matches(new Set(tensors.keys())));
  if (found.length !== 1) throw new Error(`${found.length} checkpoints of ${name} know the tensors`);
  return { definition, ...found[0]!.convert(tensors) };
}

/** Whatever a network was not told by its file. */
const conventions: Readonly<Record<string, object>> = {
  'johnson, reflect-start': { padding: 'around', input: 'caffe', output: 'tanh150' },
  'johnson, zero': { padding: 'zero', input: 'caffe', output: 'tanh150' },
  'adain, lua': { variance: 'lua' },
};

for (const [title, { tensors, mean, pixels, weights, alpha }] of Object.entries(published)) {
  if (Object.keys(tensors).length === 0) continue;
  test(`${title}: the published program's numbers`, (t) => {
    const [name] = title.split(', ') as [string];
    const { definition, settings, parameters } = read(name, madeTensors(tensors));
    const chosen = completed(definition, { ...settings, ...conventions[title] });
    const wanted = definition.parameters(chosen);
    t.deepEqual(new Set(Object.keys(parameters)), new Set(wanted.map((outline) => outline.name)));
    const made = result(
      definition,
      chosen,
      {
        // The published StyleBank takes sides of 4n + 1 only.
        content: name === 'stylebank' ? styles[0]! : content,
        ...(definition.class === 'any-style' && { styles: weights === undefined ? [styles[0]!] : styles }),
        ...(weights && { weights: [weights] }),
        ...(alpha !== undefined && { alpha }),
      },
      parameters,
    );
    // Whitening without an eigen-decomposition is less exact than what single precision costs the others.
    const bound = name === 'wct' ? 1e-4 : 1e-5;
    const scale = Math.max(1, ...made.data.map(Math.abs));
    const near = (actual: number, expected: number, what: string) =>
      t.true(Math.abs(actual - expected) <= bound * scale, `${what}: ${actual} for ${expected}`);
    near(meanOf(made), mean, 'mean');
    for (const [y, x, c, value] of pixels) near(at(made, y, x, c), value, `[${y},${x},${c}]`);
  });
}

const folder = new URL('../../../shared/weights/microast/', import.meta.url).pathname;
const withWeights = existsSync(folder) ? test : test.skip;

withWeights(
  'MicroAST with the authors’ weights (skipped where ../shared/weights/microast is not)',
  async (t) => {
    const files = new Map<string, Tensors>();
    for (const part of ['content_encoder', 'style_encoder', 'modulator', 'decoder']) {
      const file = `${part}_iter_160000.pth.tar`;
      files.set(file, await readTensors(folder + file));
    }
    const { definition, settings, parameters } = read('microast', joined([...files]));
    t.deepEqual(settings, { width: 1 });
    const chosen = completed(definition, settings);
    const made = result(definition, chosen, { content, styles: [styles[0]!] }, parameters);
    const { mean, pixels } = published['microast, published']!;
    t.true(Math.abs(meanOf(made) - mean) < 1e-5);
    for (const [y, x, c, value] of pixels) t.true(Math.abs(at(made, y, x, c) - value) < 1e-4);
    const count = definition
      .parameters(chosen)
      .reduce((sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1), 0);
    // The paper says .472 M; the files hold this many.
    t.is(
      count,
      [...joined([...files]).values()].reduce((sum, { data }) => sum + data.length, 0),
    );
  },
);

test('files that do not fit: which tensor, both shapes, what to do', (t) => {
  const tensors = madeTensors(published['johnson, pytorch/examples']!.tensors);
  const without = new Map(tensors);
  without.delete('in4.weight');
  t.throws(() => read('johnson', without), {
    message: /tensor in4\.weight should have the shape \[4\], and is missing/,
  });
  const other = new Map(tensors).set('deconv1.conv2d.weight', tensors.get('conv1.conv2d.weight')!);
  t.throws(() => read('johnson', other), {
    message: /tensor deconv1\.conv2d\.weight should have the shape \[4, 8, 3, 3\], found \[2, 3, 9, 9\]/,
  });
});

test('norms of PyTorch’s examples before 2017, and tensors behind the name of a file', (t) => {
  const { tensors } = published['johnson, pytorch/examples']!;
  const early = new Map(
    [...madeTensors(tensors)].map(([name, value]) => {
      const norm = /in\d\.(weight|bias)$/.test(name);
      const own = norm ? name.replace('weight', 'scale').replace('bias', 'shift') : name;
      return [`model/${own}`, value] as const;
    }),
  );
  const { parameters } = read('johnson', early);
  const { parameters: late } = read('johnson', madeTensors(tensors));
  t.deepEqual(parameters, late);
});

test('tensors of several files bear the files’ names', (t) => {
  const one = madeTensors({ '1.weight': [2] });
  const files = new Map([
    ['/there/decoder.pth', one],
    ['content_encoder_iter_160000.pth.tar', one],
  ]);
  t.deepEqual([...joined([...files]).keys()], ['decoder/1.weight', 'content_encoder_iter_160000/1.weight']);
  t.is(joined([['a.pth', one]]), one);
});
