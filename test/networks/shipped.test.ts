/** What holds for every network that comes with Neckar, at tiny settings. */
import test from 'ava';
import { startEngine } from '../../src/engines/start.ts';
import type { NetworkDefinition } from '../../src/networks/define.ts';
import { networkSchema, networks } from '../../src/networks/registry.ts';
import * as shipped from '../../src/networks/shipped.ts';
import { float32, type NamedTensors, type NamedValues, type TensorValue, tf } from '../../src/tensor.ts';
import { filled } from '../engines/compare.ts';
import { completed, farthest, type Given, inputsOf, madeParameters, result, tensors, wave } from './made.ts';

const tiny: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  johnson: { width: 1 / 16, blocks: 1 },
  ulyanov: { scales: 3, channels: 2, noise: 1 },
  cartoongan: { width: 1 / 32, blocks: 1 },
  dumoulin: { styles: 3, channels: [2, 3, 4, 3, 2], blocks: 1 },
  stylebank: { styles: 3, width: 1 / 16 },
  adain: { width: 1 / 16 },
  wct: { levels: [2, 1], width: 1 / 16 },
  microast: { width: 1 / 8 },
};

const engine = await startEngine({ name: 'onnx', provider: 'cpu', threads: 1 });
test.before(() => tf.setBackend('cpu'));
test.after.always(() => engine.dispose());

/** A batch of pictures of different waves. */
function batch(count: number, height: number, width: number): TensorValue {
  const data = new Float32Array(count * height * width * 3);
  for (let i = 0; i < count; i++) data.set(wave(height, width, i).data, i * height * width * 3);
  return float32([count, height, width, 3], data);
}

/** What a network needs for a batch of an odd size, where it takes one. */
function given(definition: NetworkDefinition, settings: never, count = 1): Given {
  const multiple = definition.multipleOf?.(settings) ?? 1;
  const [height, width] = [21, 18].map((extent) => Math.ceil(extent / multiple) * multiple) as [
    number,
    number,
  ];
  const noise = Object.entries(definition.noise?.(settings, height, width) ?? {});
  return {
    content: batch(count, height, width),
    ...(definition.class === 'any-style' && { styles: [wave(19, 17, 3), wave(16, 22, 5)] }),
    ...(noise.length > 0 && {
      noise: Object.fromEntries(
        noise.map(([name, shape], i) => [name, filled([count, ...shape], 30 + i, 0, 1)]),
      ),
    }),
  };
}

const plus = (a: TensorValue, b: TensorValue): TensorValue =>
  float32(
    a.shape,
    (a.data as Float32Array).map((x, i) => x + b.data[i]!),
  );
const times = (a: TensorValue, factor: number): TensorValue =>
  float32(
    a.shape,
    (a.data as Float32Array).map((x) => x * factor),
  );

/** All but what runs from a file of its own and has no layers here. */
const layered = networks.all().filter(({ open }) => open === undefined);

for (const definition of layered) {
  const { name } = definition;
  const settings = completed(definition, tiny[name]!);
  const parameters = madeParameters(definition, settings);

  test(`${name}: a picture of the content's size, and none of one picture in another`, (t) => {
    const two = given(definition, settings, 2);
    const both = result(definition, settings, two, parameters);
    t.deepEqual([...both.shape], [...two.content.shape]);
    t.true(both.data.every(Number.isFinite));
    for (const index of [0, 1]) {
      const one = (value: TensorValue) => {
        const size = value.data.length / 2;
        return float32(
          [1, ...value.shape.slice(1)],
          (value.data as Float32Array).slice(index * size, (index + 1) * size),
        );
      };
      const noise =
        two.noise && Object.fromEntries(Object.entries(two.noise).map(([key, map]) => [key, one(map)]));
      const alone: Given = { ...two, content: one(two.content), ...(noise && { noise }) };
      t.true(farthest(result(definition, settings, alone, parameters), one(both)) < 1e-4);
    }
  });

  test(`${name}: traced for ONNX Runtime it makes the same`, async (t) => {
    const all = {
      ...given(definition, settings),
      ...(definition.abilities?.alpha && { alpha: 0.7 }),
      ...(definition.class === 'any-style' && { weights: [[0.4, 0.6]] }),
      ...(definition.class === 'many-styles' && { weights: [[0.4, 0, 0.6]] }),
    };
    const { content, alpha, weights, styles = [], noise = {} } = all as Given;
    const values: NamedValues = {
      content,
      ...Object.fromEntries(styles.map((style, i) => [`style ${i}`, style])),
      ...Object.fromEntries(Object.entries(noise).map(([key, map]) => [`noise ${key}`, map])),
      ...(alpha !== undefined && { alpha: float32([], Float32Array.of(alpha)) }),
      ...(weights && { weights: float32([1, weights[0]!.length], Float32Array.from(weights[0]!)) }),
    };
    const compute = (named: NamedTensors) => ({
      picture: definition.apply(
        settings,
        {
          content: named.content as tf.Tensor4D,
          ...(styles.length > 0 && { styles: styles.map((_, i) => named[`style ${i}`] as tf.Tensor4D) }),
          noise: Object.fromEntries(Object.keys(noise).map((key) => [key, named[`noise ${key}`]!])),
          ...(alpha !== undefined && { alpha: named.alpha as tf.Scalar }),
          ...(weights && { weights: named.weights as tf.Tensor2D }),
        },
        named,
      ),
    });
    const program = await engine.compile(compute, { inputs: values, constants: parameters, label: name });
    const { picture } = await program.run(values);
    await program.dispose();
    tf.setBackend('cpu');
    const plain = result(definition, settings, all, parameters);
    t.true(farthest(picture!, plain) < 1e-3 * Math.max(1, ...plain.data.map(Math.abs)));
  });

  test(`${name}: the slope along all that is trained is that of finite differences`, (t) => {
    // Whitening has no gradient: only what follows the last of it is asked for.
    const chosen = name === 'wct' ? completed(definition, { ...tiny.wct, levels: [1] }) : settings;
    const start = madeParameters(definition, chosen);
    const trained = Object.keys(start).filter((key) => definition.frozen?.(chosen, key) !== true);
    t.true(trained.length > 0);
    const inputs: Given = {
      ...given(definition, chosen),
      // Of a bank that has no weight nothing is used.
      ...(definition.class === 'many-styles' && { weights: [[0.4, 0.3, 0.3]] }),
    };
    const objective = (own: NamedTensors) =>
      tf.mean(tf.square(tf.sub(definition.apply(chosen, inputsOf(inputs), own), 0.4))) as tf.Scalar;
    const own = tensors(start);
    const gradientsOf = tf.grads((...values: tf.Tensor[]) =>
      objective({ ...own, ...Object.fromEntries(trained.map((key, i) => [key, values[i]!])) }),
    );
    const gradients = gradientsOf(trained.map((key) => own[key]!)).map((gradient) =>
      float32(gradient.shape, gradient.dataSync() as Float32Array),
    );
    // Along its own direction a gradient is as steep as it is long, but only if all of its parts are right.
    const length = ({ data }: TensorValue) => Math.hypot(...data);
    const slope = Math.hypot(...gradients.map(length));
    const moved = (by: number) => {
      const there = { ...start };
      for (const [i, key] of trained.entries())
        there[key] = plus(start[key]!, times(gradients[i]!, by / slope));
      return tf.tidy(() => objective(tensors(there)).dataSync()[0]!);
    };
    const step = 0.001;
    const difference = (moved(step) - moved(-step)) / (2 * step);
    t.true(Math.abs(slope - difference) < 0.03 * slope, `${slope}, by differences ${difference}`);
    t.true(Math.abs(slope) > 1e-6);
  });
}

test('blends: one style of all is that style, halves lie between; α of 1 is none, of 0 leaves all styles alike', (t) => {
  for (const definition of layered) {
    const { name, abilities } = definition;
    const settings = completed(definition, tiny[name]!);
    const parameters = madeParameters(definition, settings);
    const inputs = given(definition, settings);
    const made = (more: Partial<Given>) => result(definition, settings, { ...inputs, ...more }, parameters);
    const row = (...weights: number[]) => ({
      weights: [definition.class === 'any-style' ? weights : [...weights, 0]],
    });
    const [first, second] = [made(row(1, 0)), made(row(0, 1))];
    if (abilities?.blend) {
      t.true(farthest(made({}), first) < 1e-5, name);
      t.true(farthest(first, second) > 1e-3, name);
      t.true(farthest(made(row(0.5, 0.5)), first) > 1e-4, name);
    }
    if (!abilities?.alpha) continue;
    t.true(farthest(made({ alpha: 1 }), made({})) < 1e-5, name);
    t.true(farthest(made({ ...row(1, 0), alpha: 0 }), made({ ...row(0, 1), alpha: 0 })) < 1e-5, name);
  }
});

test('Johnson’s: every convention keeps the content’s size', (t) => {
  const definition = networks.get('johnson');
  for (const padding of ['same', 'zero', 'around'])
    for (const upsampling of ['nearest', 'transposed'])
      for (const blocks of [1, 2]) {
        const settings = completed(definition, { ...tiny.johnson, padding, upsampling, blocks });
        const made = result(
          definition,
          settings,
          { content: wave(19, 22, 0) },
          madeParameters(definition, settings),
        );
        t.deepEqual([...made.shape], [1, 19, 22, 3], `${padding}, ${upsampling}, ${blocks}`);
      }
});

test('each is written by its function, and known by its name', (t) => {
  t.deepEqual(
    Object.values(shipped).map(({ definition }) => definition.name),
    networks.names() as never,
  );
  for (const [name, write] of Object.entries(shipped)) {
    t.is(write.definition.name, name as never);
    if (tiny[name] === undefined) continue;
    const parsed = networkSchema.safeParse((write as (settings: object) => unknown)(tiny[name]!));
    t.true(parsed.success);
  }
  const twice = completed(networks.get('wct'), { levels: [2, 2] });
  t.throws(() => networks.get('wct').parameters(twice), { message: /each level can be there once only/ });
});
