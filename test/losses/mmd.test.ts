import test from 'ava';
import { prepareGram } from '../../src/losses/gram.ts';
import { type MmdSpec, prepareMmd } from '../../src/losses/mmd.ts';
import { resolveLoss } from '../../src/losses/registry.ts';
import { createRandom } from '../../src/random.ts';
import { tf } from '../../src/tensor.ts';
import {
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

// The style has another number of positions than the picture; odd and even sizes.
const context = { encoder, size: [4, 5], styleSize: [5, 3] } as const;
const current: Maps = { fine: randomMap(4, 5, 3, 1), coarse: randomMap(2, 3, 2, 2) };
const style: Maps = { fine: randomMap(5, 3, 3, 3), coarse: randomMap(3, 2, 2, 4) };
const layers = { fine: 0.3, coarse: 2 };

function spec(options: Partial<MmdSpec>): MmdSpec {
  return {
    type: 'mmd',
    name: 'mmd',
    weight: 1,
    convention: 'li',
    layers,
    kernel: 'polynomial',
    offset: 0,
    bandwidth: 1,
    frequencies: 8,
    seed: 0,
    ...options,
  };
}

type Kernel = (a: readonly number[], b: readonly number[]) => number;

const dot: Kernel = (a, b) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const distance: Kernel = (a, b) => a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);

function meanKernel(kernel: Kernel, first: number[][], second: number[][]): number {
  let sum = 0;
  for (const a of first) for (const b of second) sum += kernel(a, b);
  return sum / (first.length * second.length);
}

/** Over all pairs of positions. */
function discrepancy(kernel: Kernel, first: FeatureMap, second: FeatureMap): number {
  const [f, a] = [rowsOf(first), rowsOf(second)];
  return meanKernel(kernel, f, f) + meanKernel(kernel, a, a) - 2 * meanKernel(kernel, f, a);
}

/** Half the mean squared distance between two positions of the style. */
function variance(map: FeatureMap): number {
  return meanKernel(distance, rowsOf(map), rowsOf(map)) / 2;
}

/** The kernel of a loss at a layer, without constants that cancel; of `gaussian` what its frequencies make of it. */
function kernelOf(made: MmdSpec, layer: string): Kernel {
  if (made.kernel === 'linear') return dot;
  if (made.kernel === 'polynomial') return (a, b) => dot(a, b) ** 2 + 2 * made.offset * dot(a, b);
  const channels = style[layer]!.channels;
  const random = createRandom(made.seed, 'mmd', layer);
  const draws = Array.from({ length: channels }, () =>
    Array.from({ length: made.frequencies }, () => Math.fround(random.normal())),
  );
  const sigma = Math.sqrt(variance(style[layer]!) * made.bandwidth);
  return (a, b) =>
    draws[0]!.reduce((sum, _, k) => {
      const phase = draws.reduce((angle, row, i) => angle + (row[k]! * (a[i]! - b[i]!)) / sigma, 0);
      return sum + Math.cos(phase);
    }, 0) / made.frequencies;
}

const cases: Partial<MmdSpec>[] = [
  { kernel: 'linear' },
  { kernel: 'polynomial' },
  { kernel: 'polynomial', offset: 0.7 },
  { kernel: 'gaussian' },
  { kernel: 'gaussian', bandwidth: 0.5, seed: 3 },
];

for (const convention of ['li', 'relative'] as const) {
  for (const options of cases) {
    test(`${convention} ${JSON.stringify(options)}: the value is the sum over pairs, and its gradient`, (t) => {
      const made = spec({ ...options, convention });
      const compute = (maps: Maps): number =>
        Object.entries(made.layers).reduce((total, [layer, weight]) => {
          const kernel = kernelOf(made, layer);
          const own = rowsOf(style[layer]!);
          const count = own[0]!.length;
          const scale =
            convention === 'relative'
              ? meanKernel(kernel, own, own)
              : { linear: count, polynomial: 4 * count ** 2, gaussian: 1 }[made.kernel];
          return total + (weight * discrepancy(kernel, maps[layer]!, style[layer]!)) / scale;
        }, 0);
      const [term] = prepareMmd(made, context);
      const { value, gradients } = evaluate(term!, current, style);
      close(t, value, compute(current));
      for (const layer of Object.keys(layers)) {
        close(t, gradients[layer]!, centralDifferences(compute, current, layer));
      }
    });
  }
}

test('the second-order polynomial kernel is the Gram loss, value and gradient', (t) => {
  for (const [own, other] of [
    ['li', 'gatys'],
    ['relative', 'relative'],
  ] as const) {
    const [term] = prepareMmd(spec({ convention: own }), context);
    const [gram] = prepareGram(
      { type: 'gram', name: 'gram', weight: 1, convention: other, layers, cross: [] },
      context,
    );
    const [mine, theirs] = [evaluate(term!, current, style), evaluate(gram!, current, style)];
    close(t, mine.value, theirs.value, 1e-6);
    for (const layer of Object.keys(layers)) {
      close(t, mine.gradients[layer]!, theirs.gradients[layer]!, 1e-6);
    }
  }
});

test('with many frequencies it is the discrepancy under the Gaussian kernel', (t) => {
  const made = spec({ kernel: 'gaussian', frequencies: 20_000, layers: { fine: 1 } });
  const sigma2 = variance(style.fine!);
  const exact = discrepancy((a, b) => Math.exp(-distance(a, b) / (2 * sigma2)), current.fine!, style.fine!);
  const [term] = prepareMmd(made, context);
  // Terms of the mean lie in [0,4]; some 20 000 of them leave an error of a few thousandths at most.
  const { value } = evaluate(term!, { fine: current.fine! }, { fine: style.fine! });
  t.true(Math.abs(value - exact) < 0.005, `${value} for ${exact}`);
  t.true(exact > 0.03);
});

test('the Gaussian kernel sees a distribution that has the same first two moments', (t) => {
  // One channel: ±1, or −√2, 0, 0, √2. Both have the mean 0 and the variance 1.
  const square = { encoder, size: [4, 4], styleSize: [4, 4] } as const;
  const map = (values: number[]): Maps => ({ coarse: { height: 2, width: 2, channels: 1, data: values } });
  const root = Math.SQRT2;
  const value = (options: Partial<MmdSpec>) => {
    const single = {
      ...square,
      encoder: { ...encoder, shapeOf: (): [number, number, number] => [2, 2, 1] },
    };
    const [term] = prepareMmd(spec({ layers: { coarse: 1 }, ...options }), single);
    return evaluate(term!, map([1, -1, 1, -1]), map([-root, 0, 0, root])).value;
  };
  t.true(value({ kernel: 'linear' }) < 1e-12);
  t.true(value({ kernel: 'polynomial' }) < 1e-12);
  t.true(value({ kernel: 'gaussian', frequencies: 64 }) > 0.01);
});

test('an option of another kernel is refused', (t) => {
  t.throws(() => resolveLoss({ type: 'mmd', kernel: 'linear', offset: 1 }, encoder, 'losses[0]'), {
    name: 'NeckarError',
    message: /^losses\[0\]\.offset: only the kernel "polynomial" has it, not "linear"/,
  });
  t.throws(() => resolveLoss({ type: 'mmd', bandwidth: 2 }, encoder), { message: /kernel: 'gaussian'/ });
});
