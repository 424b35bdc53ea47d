import test from 'ava';
import { firstSpread, payOff, spreads, withShare } from '../../../reports/trade-off/pay-off.ts';
import { createRandom } from '../../../src/random.ts';

const sure = (value: number) => ({ estimate: value, low: value, high: value });

test('a training has paid off where both ways have taken equally long', (t) => {
  const random = createRandom(3);
  for (let k = 0; k < 50; k++) {
    const [fast, more, training] = [
      0.01 + random.uniform(),
      0.01 + random.uniform(),
      1000 * random.uniform(),
    ];
    const slow = fast + more;
    const found = payOff(sure(slow - fast), training);
    if (found.kind !== 'after') return t.fail(found.kind);
    const { pictures } = found;
    t.true(Math.abs(training + pictures * fast - pictures * slow) < 1e-9 * training);
    // With its share of the training a picture then costs what the slower way's does.
    t.true(Math.abs(withShare(fast, training, pictures) - slow) < 1e-9 * slow);
  }
  return undefined;
});

test('a way that is not faster never pays off, and one without longer training does at once', (t) => {
  t.deepEqual(payOff(sure(0), 10), { kind: 'never' });
  t.deepEqual(payOff(sure(-1), 10), { kind: 'never' });
  t.deepEqual(payOff(sure(-1), 0), { kind: 'never' });
  t.deepEqual(payOff(sure(Number.NaN), 10), { kind: 'never' });
  t.deepEqual(payOff(sure(2), 0), { kind: 'at-once' });
  t.deepEqual(payOff(sure(2), -5), { kind: 'at-once' });
});

test('the interval turns over: most gained, fewest pictures; open where it is open whether anything is gained', (t) => {
  t.deepEqual(payOff({ estimate: 2, low: 1, high: 4 }, 100), {
    kind: 'after',
    pictures: 50,
    low: 25,
    high: 100,
  });
  const open = payOff({ estimate: 2, low: -1, high: 5 }, 100);
  t.deepEqual(open, { kind: 'after', pictures: 50, low: 20, high: Number.POSITIVE_INFINITY });
});

test('spread over ever more pictures a training counts ever less, and at last not at all', (t) => {
  const shares = spreads.map((pictures) => withShare(1, 300, pictures));
  t.is(shares[0], 301);
  t.is(shares.at(-1), 1);
  t.true(shares.every((share, i) => i === 0 || share < shares[i - 1]!));
  t.true(spreads.includes(firstSpread));
});
