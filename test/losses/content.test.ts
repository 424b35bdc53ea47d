import test from 'ava';
import { type ContentSpec, content as contentLoss, prepareContent } from '../../src/losses/content.ts';
import { layersOf, resolveLoss, workOf } from '../../src/losses/registry.ts';
import { tf } from '../../src/tensor.ts';
import { centralDifferences, close, encoder, evaluate, inStrips, type Maps, randomMap } from './maps.ts';

test.before(() => tf.setBackend('cpu'));

const context = { encoder, size: [5, 4], styleSize: [5, 4] } as const;
const current: Maps = { fine: randomMap(5, 4, 3, 1), coarse: randomMap(3, 2, 2, 2) };
const content: Maps = { fine: randomMap(5, 4, 3, 3), coarse: randomMap(3, 2, 2, 4) };
const layers = { fine: 0.3, coarse: 2 };

function expected(convention: ContentSpec['convention']): (maps: Maps) => number {
  return (maps) => {
    let total = 0;
    for (const [layer, weight] of Object.entries(layers)) {
      let squared = 0;
      let energy = 0;
      for (const [i, value] of maps[layer]!.data.entries()) {
        const target = content[layer]!.data[i]!;
        squared += (value - target) ** 2;
        energy += target ** 2;
      }
      const factor = { gatys: 0.5, mean: 1 / maps[layer]!.data.length, relative: 1 / energy }[convention];
      total += weight * factor * squared;
    }
    return total;
  };
}

for (const convention of ['gatys', 'mean', 'relative'] as const) {
  const [term] = prepareContent({ type: 'content', name: 'content', weight: 1, convention, layers }, context);

  test(`${convention}: value and gradient equal the sums written out`, (t) => {
    const { value, gradients } = evaluate(term!, current, current, { content });
    close(t, value, expected(convention)(current));
    for (const layer of Object.keys(layers)) {
      close(t, gradients[layer]!, centralDifferences(expected(convention), current, layer));
    }
  });

  test(`${convention}: zero at the content itself, with zero gradient`, (t) => {
    const { value, gradients } = evaluate(term!, content, current, { content });
    t.is(value, 0);
    t.true(Object.values(gradients).every((gradient) => gradient.every((g) => g === 0)));
  });
}

test('a layer of weight 0 is neither read nor asked for', (t) => {
  const spec: ContentSpec = {
    type: 'content',
    name: 'content',
    weight: 1,
    convention: 'mean',
    layers: { fine: 0, coarse: 1 },
  };
  const [term] = prepareContent(spec, context);
  t.deepEqual(term!.layers, ['coarse']);
});

const energyOf = (map: Maps[string]) => map!.data.reduce((sum, value) => sum + value ** 2, 0);
const distanceOf = (a: Maps[string], b: Maps[string]) =>
  a!.data.reduce((sum, value, i) => sum + (value - b!.data[i]!) ** 2, 0);
const scaled = (maps: Maps, by: number): Maps =>
  Object.fromEntries(
    Object.entries(maps).map(([layer, map]) => [layer, { ...map, data: map.data.map((v) => by * v) }]),
  );
// Of another size than the picture.
const style: Maps = { fine: randomMap(7, 3, 3, 5), coarse: randomMap(4, 2, 2, 6) };

/** `relative` where the encoder has a least energy: by hand, from the file's head. */
function guarded(of: Maps, leastEnergy: number): number {
  return Object.entries(layers).reduce((sum, [layer, weight]) => {
    const { height, width, channels } = of[layer]!;
    const positions = height * width;
    const ofStyle = energyOf(style[layer]!) / (style[layer]!.height * style[layer]!.width);
    const energy = Math.max(
      energyOf(of[layer]!),
      0.03 * ofStyle * positions,
      leastEnergy * channels * positions,
    );
    return sum + (weight * distanceOf(current[layer]!, of[layer]!)) / energy;
  }, 0);
}

const specOf = (convention: ContentSpec['convention']): ContentSpec => ({
  type: 'content',
  name: 'content',
  weight: 1,
  convention,
  layers,
});

test('relative: next to a content of hardly any energy the style’s counts, then the encoder’s least', (t) => {
  const contents = { 'as it is': content, faint: scaled(content, 0.02), none: scaled(content, 0) };
  for (const leastEnergy of [1e-6, 0.5]) {
    const [term] = prepareContent(specOf('relative'), { ...context, encoder: { ...encoder, leastEnergy } });
    for (const [name, of] of Object.entries(contents)) {
      const { value } = evaluate(term!, current, style, { content: of });
      close(t, value, guarded(of, leastEnergy), 1e-5);
      close(t, inStrips(term!, current, style, of), guarded(of, leastEnergy), 1e-5);
      t.true(value > 0, name);
    }
  }
  // An encoder that gives no least energy never looks at the style.
  for (const own of [encoder, { ...encoder, leastEnergy: 0 }]) {
    const [term] = prepareContent(specOf('relative'), { ...context, encoder: own });
    const faint = scaled(content, 1e-3);
    const plain = Object.entries(layers).reduce(
      (sum, [layer, w]) => sum + (w * distanceOf(current[layer]!, faint[layer]!)) / energyOf(faint[layer]!),
      0,
    );
    close(t, evaluate(term!, current, style, { content: faint }).value, plain, 1e-5);
    t.deepEqual(
      term!.additive!.steps.map(({ source }) => source),
      ['content'],
    );
  }
});

for (const convention of ['gatys', 'mean', 'relative'] as const) {
  test(`${convention}: put together from strips it is the same value`, (t) => {
    const [term] = prepareContent(specOf(convention), context);
    close(t, inStrips(term!, current, style, content), expected(convention)(current));
    t.deepEqual(
      term!.additive!.steps.map(({ source, statistics }) => [source, statistics.length]),
      convention === 'relative' ? [['content', 2]] : [],
    );
    for (const { layers: read } of term!.additive!.statistics) t.is(read.length, 1);
  });
}

test('written without options it is `relative` on the encoder’s content layers', (t) => {
  const spec = resolveLoss({ type: 'content' }, encoder) as ContentSpec;
  t.deepEqual(spec, {
    type: 'content',
    name: 'content',
    weight: 1,
    convention: 'relative',
    layers: { coarse: 1 },
  });
  const own = resolveLoss({ type: 'content', convention: 'gatys', layers: ['fine'] }, encoder);
  t.deepEqual({ ...own }, { ...spec, convention: 'gatys', layers: { fine: 1 } });
  t.throws(() => resolveLoss({ type: 'content', convention: 'johnson' }, encoder), {
    message: /"gatys", "mean", "relative"|gatys.*mean.*relative/,
  });
  t.deepEqual(layersOf(spec), ['coarse']);
  t.deepEqual(contentLoss(), { type: 'content' } as never);
});

test('its work is a quarter of going through every value there and back', (t) => {
  const seen = { shapeOf: encoder.shapeOf, picture: [5, 4], styles: [[7, 3]] } as const;
  // 5·4 positions of 3 channels and 3·2 of 2; 700 operations a value.
  t.is(workOf(specOf('mean'), seen), ((60 + 12) * 700) / 4);
});
