import test from 'ava';
import { networkNames, networkOutline } from '../../src/encoders/networks.ts';
import { waveletOutline } from '../../src/encoders/wavelet.ts';
import { prepareLosses, resolveLoss } from '../../src/losses/registry.ts';
import { publishedMethods } from '../../src/published/all.ts';
import { waveletLosses } from '../../src/published/wavelet.ts';

function outlineOf(name: string) {
  const network = networkNames.find((known) => known === name);
  return network === undefined ? waveletOutline : networkOutline(network);
}

for (const preset of [waveletLosses, ...publishedMethods]) {
  test(`${preset.name}: its losses resolve on its encoder and fit a picture of 256 pixels`, (t) => {
    const outline = outlineOf(preset.encoder.name);
    t.is(outline.name, preset.encoder.name);
    const specs = preset.losses.map((loss, i) => resolveLoss(loss, outline, `losses[${i}]`));
    const encoder = {
      ...outline,
      hash: '',
      encode: () => {
        throw new Error('shapes only');
      },
    };
    t.notThrows(() => prepareLosses(specs, { encoder, size: [256, 256], styleSize: [256, 256] }));
  });

  test(`${preset.name}: every value it accounts for is there or has a default`, (t) => {
    t.true(preset.values.length > 0);
    for (const { path, source } of preset.values) {
      t.true(source.length > 0);
      const [, index, key] =
        /^(?:encoder|losses(?:\[(\d+)\](?:\.(\w+))?)?)$/.exec(path) ?? t.fail(path) ?? [];
      if (index === undefined) continue;
      const spec = resolveLoss(preset.losses[Number(index)], outlineOf(preset.encoder.name));
      if (key !== undefined) t.true(key in spec, path);
    }
  });
}

test('every method has a name of its own', (t) => {
  t.is(new Set(publishedMethods.map(({ name }) => name)).size, publishedMethods.length);
});
