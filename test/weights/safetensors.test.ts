import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { NeckarError } from '../../src/errors.ts';
import { float32 } from '../../src/tensor.ts';
import { encodeSafetensors, readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts';

let folder: string;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neckar-safetensors-'));
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

let files = 0;
async function save(bytes: Uint8Array | string): Promise<string> {
  const path = join(folder, `${files++}.safetensors`);
  await writeFile(path, bytes);
  return path;
}

/** A file from a header and its data, written independently of the module's own writer. */
function fileOf(header: unknown, data: Uint8Array): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, data]);
}

const two = {
  a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
  b: { dtype: 'F32', shape: [2], data_offsets: [24, 32] },
};

test('F32, F16 and BF16 are read as their values, other entries left alone', async (t) => {
  const data = Buffer.alloc(4 * 2 + 2 * 6 + 2 * 4 + 8);
  data.writeFloatLE(0.1, 0);
  data.writeFloatLE(-3e38, 4);
  // One, minus two, the least subnormal, the largest half, a third rounded, minus infinity.
  [0x3c00, 0xc000, 0x0001, 0x7bff, 0x3555, 0xfc00].forEach((half, i) => {
    data.writeUInt16LE(half, 8 + 2 * i);
  });
  // One, 3.140625, −2^−126, minus zero.
  [0x3f80, 0x4049, 0x8080, 0x8000].forEach((half, i) => {
    data.writeUInt16LE(half, 20 + 2 * i);
  });
  const path = await save(
    fileOf(
      {
        __metadata__: { source: 'hand' },
        single: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
        half: { dtype: 'F16', shape: [2, 3], data_offsets: [8, 20] },
        brain: { dtype: 'BF16', shape: [4, 1], data_offsets: [20, 28] },
        count: { dtype: 'I64', shape: [], data_offsets: [28, 36] },
      },
      data,
    ),
  );
  const { tensors, entries, metadata } = await readSafetensors(path, ['single', 'half', 'brain', 'absent']);
  t.deepEqual(metadata, { source: 'hand' });
  t.deepEqual([...entries.keys()], ['single', 'half', 'brain', 'count']);
  t.deepEqual([...tensors.keys()], ['single', 'half', 'brain']);
  t.deepEqual(tensors.get('single'), float32([2], Float32Array.of(0.1, -3e38)));
  t.deepEqual(tensors.get('half')!.shape, [2, 3]);
  t.deepEqual(
    [...tensors.get('half')!.data],
    [1, -2, 2 ** -24, 65504, 0.333251953125, Number.NEGATIVE_INFINITY],
  );
  t.deepEqual([...tensors.get('brain')!.data], [1, 3.140625, -(2 ** -126), -0]);
  await t.throwsAsync(readSafetensors(path), {
    instanceOf: NeckarError,
    message: /tensor count \[\] has dtype I64; expected one of F32, F16, BF16/,
  });
});

test('what is written is read back, aligned', async (t) => {
  const path = join(folder, 'written.safetensors');
  const tensors = new Map([
    ['x.weight', float32([2, 1, 1, 2], Float32Array.of(1, -2.5, 3e-40, 7))],
    ['empty', float32([0], new Float32Array(0))],
    ['ü', float32([], Float32Array.of(Math.PI))],
  ]);
  await writeSafetensors(path, tensors, { input: 'RGB, 0..1' });
  const read = await readSafetensors(path);
  t.deepEqual(read.metadata, { input: 'RGB, 0..1' });
  t.deepEqual([...read.tensors], [...tensors]);
  const bytes = await readFile(path);
  t.is(bytes.readUInt32LE(0) % 8, 0);
  t.is(bytes.length, 8 + bytes.readUInt32LE(0) + 20);
});

test('a file cut at any byte is refused, naming the tensor once the header is whole', async (t) => {
  const whole = encodeSafetensors(
    new Map([
      ['a', float32([2, 3], new Float32Array(6))],
      ['b', float32([2], new Float32Array(2))],
    ]),
  );
  const header = whole.length - 32;
  for (let length = 0; length < whole.length; length++) {
    const path = await save(whole.subarray(0, length));
    const error = await t.throwsAsync(readSafetensors(path), { instanceOf: NeckarError });
    t.regex(error!.message, /truncated/);
    if (length >= header + 24) t.regex(error!.message, /tensor b \[2\] needs 8 bytes, \d are there/);
    else if (length >= header) t.regex(error!.message, /tensor a \[2, 3\] needs 24 bytes, \d+ are there/);
  }
});

test('a header that contradicts itself or the file is refused, naming the tensor', async (t) => {
  const data = new Uint8Array(32);
  const cases: [unknown, RegExp, Uint8Array?][] = [
    [{ ...two, b: { ...two.b, data_offsets: [20, 28] } }, /tensor b overlaps tensor a/],
    [
      { ...two, b: { ...two.b, data_offsets: [28, 36] } },
      /4 bytes before tensor b are no tensor's/,
      new Uint8Array(36),
    ],
    [two, /4 bytes follow its last tensor/, new Uint8Array(36)],
    [{ ...two, b: { ...two.b, dtype: 'F16' } }, /tensor b of F16 \[2\] needs 4 bytes, its offsets give 8/],
    [{ ...two, b: { ...two.b, shape: [3] } }, /tensor b of F32 \[3\] needs 12 bytes, its offsets give 8/],
    [{ ...two, b: { ...two.b, dtype: 'C64' } }, /tensor b has the unknown dtype "C64"/],
    [{ ...two, b: { ...two.b, shape: [-2] } }, /tensor b has the shape \[-2\]/],
    [{ ...two, b: { ...two.b, shape: [2.5] } }, /tensor b has the shape \[2\.5\]/],
    [{ ...two, b: { ...two.b, data_offsets: [32, 24] } }, /tensor b \[2\] has the data offsets \[32,24\]/],
    [{ ...two, b: { ...two.b, data_offsets: [24] } }, /tensor b \[2\] has the data offsets/],
    [{ ...two, b: 7 }, /tensor b is not described by an object/],
    [{ ...two, __metadata__: { n: 1 } }, /__metadata__ is not a record of texts/],
    [[two], /not a JSON object/],
    ['{"a": ', /broken header/],
  ];
  for (const [header, message, bytes] of cases) {
    const path = await save(fileOf(header, bytes ?? data));
    const error = await t.throwsAsync(readSafetensors(path), { instanceOf: NeckarError });
    t.regex(error!.message, message);
    t.true(error!.message.startsWith(path));
  }
});

test('other files saved under the name are recognised', async (t) => {
  const cases: [string | Uint8Array, RegExp][] = [
    [
      '<!DOCTYPE html><html><body>404</body></html>',
      /is an HTML page \(a failed download saved as weights\)/,
    ],
    ['\n  <html lang="en">', /is an HTML page/],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n', /Git LFS pointer/],
    [Buffer.from('PK\u0003\u0004 and so on'), /zip archive \(a PyTorch checkpoint\?\)/],
    [Buffer.from([0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10, 0]), /HDF5 file \(Keras weights\?\)/],
    [Buffer.from([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20]), /Python pickle/],
    ['Not Found', /truncated or no safetensors file/],
    ['', /truncated or no safetensors file: it has 0 bytes/],
  ];
  for (const [bytes, message] of cases) {
    await t.throwsAsync(readSafetensors(await save(bytes)), { instanceOf: NeckarError, message });
  }
});

test('a missing file and a folder are refused', async (t) => {
  await t.throwsAsync(readSafetensors(join(folder, 'absent.safetensors')), {
    instanceOf: NeckarError,
    message: /There is no weights file .*absent\.safetensors/,
  });
  await t.throwsAsync(readSafetensors(folder), { instanceOf: NeckarError, message: /is not a file/ });
});

test('a header length that looks like a pickle does not hide a real file', async (t) => {
  // Headers of 0x…80 bytes begin like a pickle would.
  for (const length of [0x280, 0x180]) {
    const json = JSON.stringify(two).padEnd(length, ' ');
    t.is((await readSafetensors(await save(fileOf(json, new Uint8Array(32))))).tensors.size, 2);
  }
});

test('a file that cannot be written leaves nothing behind', async (t) => {
  const inside = await mkdtemp(join(folder, 'write-'));
  // A folder stands where the file should go, so that everything but the last step succeeds.
  const path = join(inside, 'taken.safetensors');
  await mkdir(path);
  const tensors = new Map([['a', float32([1], Float32Array.of(1))]]);
  for (const wrong of [path, join(inside, 'no', 'where.safetensors')]) {
    await t.throwsAsync(writeSafetensors(wrong, tensors), {
      instanceOf: NeckarError,
      message: /Cannot write the weights to .*\.safetensors/,
    });
  }
  t.deepEqual(await readdir(inside), ['taken.safetensors']);
});

test('arbitrary damage never gives more than an error of ours or a well-formed result', async (t) => {
  const whole = encodeSafetensors(
    new Map([
      ['a', float32([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6))],
      ['b', float32([2], Float32Array.of(7, 8))],
    ]),
  );
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(damage, async (edits) => {
      const bytes = Uint8Array.from(whole);
      for (const [at, value] of edits) bytes[at] = value;
      const path = join(folder, 'damaged.safetensors');
      await writeFile(path, bytes);
      try {
        const { tensors } = await readSafetensors(path);
        for (const { shape, data } of tensors.values()) {
          t.is(
            data.length,
            shape.reduce((product, extent) => product * extent, 1),
          );
        }
      } catch (thrown) {
        t.true(thrown instanceof NeckarError, String(thrown));
      }
    }),
    { numRuns: 300 },
  );
});
