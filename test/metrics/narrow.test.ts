/** Against what size of style a very narrow picture is compared. */
import test from 'ava';
import { longestOfStyle, styleAtResult } from '../../metrics/metric.ts';
import { constantImage } from './pictures.ts';

test('ordinary pictures are compared with the style at their own longest side', (t) => {
  for (const [width, height] of [
    [512, 384],
    [800, 100],
    [100, 800],
    [1, 1],
    [3, 3],
  ] as const) {
    t.is(longestOfStyle({ width, height }), Math.max(width, height), `${width}×${height}`);
  }
});

test('of a very narrow one the style has at most eight times the pixels, and is reduced once', (t) => {
  const style = constantImage(64, 48, [0.2, 0.4, 0.6]);
  for (const [width, height] of [
    [5000, 16],
    [16, 5000],
    [300, 2],
  ] as const) {
    const result = constantImage(width, height, [0, 0, 0]);
    const own = styleAtResult({ result, style });
    t.true(own.width * own.height <= 8 * width * height, `${own.width}×${own.height}`);
    t.is(styleAtResult({ result, style: own }), own);
  }
});
