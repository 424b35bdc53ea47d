import test from 'ava';
import type { Link, MapShape } from '../../../src/encoders/links.ts';
import { furtherOperations } from '../../../src/transfer/tiled/cost.ts';
import type { StripStage } from '../../../src/transfer/tiled/plan.ts';

/** A link whose layer and whose handing on take so many operations per position. */
function link(layer: number, onward: number): Link {
  return {
    layers: [],
    operations: layer,
    next: {
      stride: 1,
      above: 1,
      below: 1,
      operations: onward,
      shapeAfter: ([height, width]): MapShape => [height, width, 8],
    },
    apply: () => ({ features: {} }),
  };
}

/** A stage of a 10×4 map, in strips of the given rows. */
function stage(...strips: readonly (readonly [number, number])[]): StripStage {
  return {
    links: [link(0, 10), link(5, 20)],
    input: [10, 4, 3],
    first: true,
    layers: [],
    next: { shape: [10, 4, 8], receptiveField: { stride: 1, above: 2, below: 2 } },
    windows: strips.map(([begin, end]) => ({ map: { begin, end }, own: {} })),
  };
}

test('one strip that is the map is computed again but for what it hands on', (t) => {
  // 40 positions of 10 + 5 operations.
  t.is(furtherOperations({ strips: [stage([0, 10])] }), 40 * 15);
  t.is(furtherOperations({ strips: [] }), 0);
});

test('rows that two strips read are computed twice, upwards, again and downwards', (t) => {
  // Twelve rows are read of ten: a fifth of 35 operations up, as many down, and of the 15 that are done again.
  const expected = 40 * 15 + (40 * (35 + 35 + 15)) / 5;
  const found = furtherOperations({ strips: [stage([0, 6], [4, 10])] });
  t.true(Math.abs(found - expected) < 1e-9, `${found}`);
  t.true(
    Math.abs(furtherOperations({ strips: [stage([0, 6], [4, 10]), stage([0, 10])] }) - found - 600) < 1e-9,
  );
});
