import test from 'ava';
import { rounds } from '../../src/losses/loss.ts';
import { cornersIn, drawPositions, positionsAt, readAt } from '../../src/losses/sampling.ts';
import { tf } from '../../src/tensor.ts';
import { at, close, randomMap, tensorOf } from './maps.ts';

test.before(() => tf.setBackend('cpu'));

function pixelsAt(positions: ReturnType<typeof drawPositions>, round: number): [number, number][] {
  const { rows, columns } = positionsAt(positions, tf.scalar(round));
  const [y, x] = [rows.dataSync(), columns.dataSync()];
  return Array.from(y, (row, i) => [row, x[i]!]);
}

test('positions are distinct pixels of the picture, the same for the same seed', (t) => {
  const positions = drawPositions(6, 35, 100, 3, 'a');
  t.false(positions.complete);
  t.deepEqual(drawPositions(6, 35, 100, 3, 'a'), positions);
  t.notDeepEqual(drawPositions(6, 35, 100, 4, 'a').rows, positions.rows);
  for (const round of [0, 1, 2, 255]) {
    const pixels = pixelsAt(positions, round);
    t.is(new Set(pixels.map(String)).size, 100);
    t.true(
      pixels.every(
        ([y, x]) => Number.isInteger(y) && Number.isInteger(x) && y >= 0 && y < 6 && x >= 0 && x < 35,
      ),
    );
  }
});

test('rounds take each of them through every row and every column', (t) => {
  const positions = drawPositions(8, 9, 1, 0, 'a');
  const visited = Array.from({ length: 72 }, (_, round) => pixelsAt(positions, round)[0]!);
  t.is(new Set(visited.slice(0, 8).map(([y]) => y)).size, 8);
  t.is(new Set(visited.slice(0, 9).map(([, x]) => x)).size, 9);
  t.is(new Set(visited.map(String)).size, 72);
});

test('rounds move pixels of large pictures exactly, around the edges', (t) => {
  for (const side of [4093, 4096, 8192]) {
    const positions = drawPositions(side, side, 500, 1, 'a');
    for (const round of [1, rounds - 1]) {
      t.deepEqual(
        pixelsAt(positions, round),
        Array.from(positions.rows, (y, i): [number, number] => [
          (y + round * positions.stepDown) % side,
          (positions.columns[i]! + round * positions.stepAcross) % side,
        ]),
      );
    }
  }
});

test('no more pixels than there are', (t) => {
  const positions = drawPositions(3, 4, 50, 0, 'a');
  t.true(positions.complete);
  t.deepEqual(
    pixelsAt(positions, 0),
    Array.from({ length: 12 }, (_, i) => [Math.floor(i / 4), i % 4]),
  );
});

test('maps are read linearly between their positions, and the nearest one beyond them', (t) => {
  const picture = [7, 10] as const;
  const positions = drawPositions(...picture, 100, 0, 'a');
  for (const [height, width] of [
    [7, 10],
    [4, 5],
    [2, 3],
    [1, 1],
  ] as const) {
    const map = randomMap(height, width, 2, height);
    const expected: number[] = [];
    for (let y = 0; y < 7; y++) {
      for (let x = 0; x < 10; x++) {
        const place = (pixel: number, from: number, to: number) =>
          Math.min(to - 1, Math.max(0, ((pixel + 0.5) * to) / from - 0.5));
        const [down, across] = [place(y, 7, height), place(x, 10, width)];
        for (let c = 0; c < 2; c++) {
          // Every position weighs by its nearness, down to nothing at a distance of one.
          let sum = 0;
          for (let row = 0; row < height; row++) {
            for (let column = 0; column < width; column++) {
              const nearness =
                Math.max(0, 1 - Math.abs(row - down)) * Math.max(0, 1 - Math.abs(column - across));
              sum += nearness * at(map, row, column, c);
            }
          }
          expected.push(sum);
        }
      }
    }
    const places = positionsAt(positions, tf.scalar(0));
    const matrix = tf.reshape(tensorOf(map), [height * width, 2]) as tf.Tensor2D;
    close(t, [...readAt(matrix, cornersIn(places, picture, [height, width])).dataSync()], expected);
  }
});
