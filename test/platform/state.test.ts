import test from 'ava';
import { decodeState, encodeState, type State } from '../../src/platform/state.ts';

const state: State = {
  name: 'naïve “name”',
  yes: true,
  nothing: null,
  numbers: [0.1, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, 2 ** 53],
  nested: { deep: [{ array: Float32Array.of(1.5, -0, Number.NaN, Number.NEGATIVE_INFINITY) }, []] },
  empty: new Float32Array(0),
  $: 'a key that the format itself uses',
  inner: { $: 'floats', length: 3 },
};

test('what is decoded is what was encoded', (t) => {
  const decoded = decodeState(encodeState(state));
  // ava compares with Object.is: −0 and NaN must come back as they were.
  t.deepEqual(decoded, state);
});

test('bytes that lie at an odd place in a larger buffer are read alike', (t) => {
  const bytes = encodeState(state);
  const larger = new Uint8Array(bytes.length + 3);
  larger.set(bytes, 3);
  t.deepEqual(decodeState(larger.subarray(3)), state);
});

test('every truncation is refused with a sentence', (t) => {
  const bytes = encodeState(state);
  for (let length = 0; length < bytes.length; length++) {
    t.throws(
      () => decodeState(bytes.subarray(0, length)),
      { name: 'NeckarError', message: /checkpoint/ },
      `${length}`,
    );
  }
  t.throws(() => decodeState(Uint8Array.of(...bytes, 0)), { name: 'NeckarError', message: /wrong length/ });
  t.throws(() => decodeState(bytes.subarray(0, 20), "The trial's state"), {
    message: /^The trial's state has the wrong length \(20 bytes\): it was cut short/,
  });
});
