import test from 'ava';
import fc from 'fast-check';
import { type GramSpec, prepareGram } from '../../src/losses/gram.ts';
import { tf } from '../../src/tensor.ts';
import {
  at,
  centralDifferences,
  close,
  encoder,
  evaluate,
  type FeatureMap,
  type Maps,
  randomMap,
  rowsOf,
} from './maps.ts';

test.before(() => tf.setBackend('cpu'));

const context = { encoder, size: [5, 6], styleSize: [7, 4] } as const;
// The style has another number of positions than the picture; odd and even sizes.
const current: Maps = { fine: randomMap(5, 6, 3, 1), coarse: randomMap(3, 3, 2, 2) };
const style: Maps = { fine: randomMap(7, 4, 3, 3), coarse: randomMap(4, 2, 2, 4) };
const layers = { fine: 0.3, coarse: 2 };

function spec(convention: GramSpec['convention'], options: Partial<GramSpec> = {}): GramSpec {
  return { type: 'gram', name: 'gram', weight: 1, convention, layers, cross: [], ...options };
}

/** Gram matrix of two maps of the same positions, not normalised. */
function gram(first: FeatureMap, second: FeatureMap = first): number[][] {
  const a = rowsOf(first);
  const b = rowsOf(second);
  return Array.from({ length: first.channels }, (_, i) =>
    Array.from({ length: second.channels }, (_, j) =>
      a.reduce((sum, row, p) => sum + row[i]! * b[p]![j]!, 0),
    ),
  );
}

/** Halves a map: each output is the mean over the 2×2 positions below it, the last row or column counted twice. */
function halved(map: FeatureMap, height: number, width: number): FeatureMap {
  const data: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < map.channels; c++) {
        let sum = 0;
        for (const dy of [0, 1]) {
          for (const dx of [0, 1]) {
            sum += at(map, Math.min(2 * y + dy, map.height - 1), Math.min(2 * x + dx, map.width - 1), c);
          }
        }
        data.push(sum / 4);
      }
    }
  }
  return { height, width, channels: map.channels, data };
}

/** Σ over entries of (G/M − A/M_A)², and Σ (A/M_A)². */
function compare(G: number[][], M: number, A: number[][], MA: number): { squared: number; energy: number } {
  let squared = 0;
  let energy = 0;
  for (const [i, row] of G.entries()) {
    for (const [j, g] of row.entries()) {
      squared += (g / M - A[i]![j]! / MA) ** 2;
      energy += (A[i]![j]! / MA) ** 2;
    }
  }
  return { squared, energy };
}

function expected(
  convention: GramSpec['convention'],
  cross: boolean,
  coarseOf = style,
): (maps: Maps) => number {
  return (maps) => {
    let total = 0;
    const add = (
      weight: number,
      first: number,
      second: number,
      { squared, energy }: ReturnType<typeof compare>,
    ) => {
      const entries = first * second;
      const factor = { gatys: 1 / (4 * entries), johnson: 1 / entries ** 2, relative: 1 / energy }[
        convention
      ];
      total += weight * factor * squared;
    };
    for (const [layer, weight] of Object.entries(layers)) {
      const map = maps[layer]!;
      const target = coarseOf[layer]!;
      const M = map.height * map.width;
      add(
        weight,
        map.channels,
        map.channels,
        compare(gram(map), M, gram(target), target.height * target.width),
      );
    }
    if (cross) {
      const pair = ({ fine, coarse }: Maps) => ({
        product: gram(halved(fine!, coarse!.height, coarse!.width), coarse!),
        M: coarse!.height * coarse!.width,
      });
      const a = pair(maps);
      const b = pair(coarseOf);
      add(1, 3, 2, compare(a.product, a.M, b.product, b.M));
    }
    return total;
  };
}

for (const convention of ['gatys', 'johnson', 'relative'] as const) {
  for (const cross of [false, true]) {
    const name = `${convention}${cross ? ' with cross moments' : ''}`;
    const [term] = prepareGram(spec(convention, cross ? { cross: [['fine', 'coarse']] } : {}), context);

    test(`${name}: value and gradient equal the sums written out`, (t) => {
      const { value, gradients } = evaluate(term!, current, style);
      close(t, value, expected(convention, cross)(current));
      for (const layer of Object.keys(layers)) {
        close(t, gradients[layer]!, centralDifferences(expected(convention, cross), current, layer));
      }
    });

    test(`${name}: zero at the style itself`, (t) => {
      t.is(evaluate(term!, style, style).value, 0);
    });
  }
}

test('gatys: equals equation 4 with its own normalisation when the sizes agree', (t) => {
  const target = randomMap(5, 6, 3, 9);
  const [term] = prepareGram(spec('gatys', { layers: { fine: 1 } }), context);
  const G = gram(current.fine!);
  const A = gram(target);
  const N = 3;
  const M = 30;
  let sum = 0;
  for (const [i, row] of G.entries()) for (const [j, g] of row.entries()) sum += (g - A[i]![j]!) ** 2;
  close(t, evaluate(term!, { fine: current.fine! }, { fine: target }).value, sum / (4 * N ** 2 * M ** 2));
});

test('gatys: the gradient is equation 6 for non-negative features', (t) => {
  // ∂E/∂F_ij = (1/(N²M²)) (Fᵀ(G − A))_ji, with F of shape N×M.
  const map = randomMap(5, 6, 3, 5, { rectified: true, mean: 1 });
  const target = randomMap(5, 6, 3, 6, { rectified: true, mean: 1 });
  const [term] = prepareGram(spec('gatys', { layers: { fine: 1 } }), context);
  const G = gram(map);
  const A = gram(target);
  const N = 3;
  const M = 30;
  const gradient = rowsOf(map).flatMap((row) =>
    Array.from({ length: N }, (_, i) => {
      const product = row.reduce((sum, value, j) => sum + value * (G[j]![i]! - A[j]![i]!), 0);
      return product / (N ** 2 * M ** 2);
    }),
  );
  close(t, evaluate(term!, { fine: map }, { fine: target }).gradients.fine!, gradient);
});

test('the order of positions does not matter', (t) => {
  const [term] = prepareGram(spec('relative', { layers: { fine: 1 } }), context);
  const value = (map: FeatureMap) => evaluate(term!, { fine: map }, style).value;
  const rows = rowsOf(current.fine!);
  const before = value(current.fine!);
  fc.assert(
    fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
      const after = value({ ...current.fine!, data: shuffled.flat() });
      return Math.abs(after - before) <= 1e-5 * before;
    }),
    { numRuns: 20 },
  );
  t.pass();
});

test('a style laid out twice has the same value: each Gram matrix is over its own positions', (t) => {
  const twice = { fine: { ...style.fine!, height: 14, data: [...style.fine!.data, ...style.fine!.data] } };
  for (const convention of ['gatys', 'johnson', 'relative'] as const) {
    const [term] = prepareGram(spec(convention, { layers: { fine: 1 } }), context);
    const once = evaluate(term!, { fine: current.fine! }, { fine: style.fine! }).value;
    close(t, evaluate(term!, { fine: current.fine! }, twice).value, once);
  }
});

test('cross moments of maps halved downwards leave the odd last row and column out', (t) => {
  const fine = randomMap(5, 7, 3, 11);
  const coarse = randomMap(2, 3, 2, 12);
  const [term] = prepareGram(spec('gatys', { layers: {}, cross: [['coarse', 'fine']] }), context);
  const zero: Maps = {
    fine: { ...fine, data: fine.data.map(() => 0) },
    coarse: { ...coarse, data: coarse.data.map(() => 0) },
  };
  const product = gram(coarse, halved(fine, 2, 3));
  const sum = product.flat().reduce((total, value) => total + (value / 6) ** 2, 0);
  close(t, evaluate(term!, { fine, coarse }, zero).value, sum / (4 * 6));
});
