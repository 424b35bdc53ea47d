import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { readArrays, readNpy } from '../../src/weights/npy.ts';

/** What numpy 1.24 writes: `numpy.save` of arange(6).reshape(2, 3) / 4, as float32 and as float64. */
const saved = {
  single:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAACAPgAAAD8AAEA/AACAPwAAoD8=',
  double:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAAAAAANA/AAAAAAAA4D8AAAAAAADoPwAAAAAAAPA/AAAAAAAA9D8=',
};
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

test('arrays that numpy saved', (t) => {
  for (const text of Object.values(saved)) {
    const { shape, data } = readNpy(bytes(text), 'a.npy');
    t.deepEqual([...shape], [2, 3]);
    t.deepEqual([...data], [0, 0.25, 0.5, 0.75, 1, 1.25]);
  }
});

test('what is none is refused in a sentence', (t) => {
  const changed = (from: string, to: string) => {
    const text = Buffer.from(saved.single, 'base64').toString('latin1').replace(from, to);
    return new Uint8Array(Buffer.from(text, 'latin1'));
  };
  t.throws(() => readNpy(new Uint8Array(20), 'a.npy'), { message: /a\.npy is no numpy array/ });
  t.throws(() => readNpy(changed('<f4', '|O8'), 'a.npy'), { message: /of type \|O8; save it as float32/ });
  t.throws(() => readNpy(changed('False', 'True '), 'a.npy'), { message: /column by column/ });
  t.throws(() => readNpy(bytes(saved.single).subarray(0, 140), 'a.npy'), {
    message: /should hold 24 bytes of numbers, and has 12\. Fetch it again/,
  });
});

test('a folder of arrays, by their names', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'neckar-npy-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  await t.throwsAsync(readArrays(folder), { message: /holds no numpy arrays/ });
  await t.throwsAsync(readArrays(join(folder, 'none')), { message: /Cannot read the folder/ });
  writeFileSync(join(folder, 'conv01_1.weight.npy'), bytes(saved.single));
  writeFileSync(join(folder, 'readme.txt'), 'no array');
  t.deepEqual([...(await readArrays(folder)).keys()], ['conv01_1.weight']);
});
