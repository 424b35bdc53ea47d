import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openArrays, readNpy } from '../../src/weights/npy.ts';
import { openTensorFile, readTensors } from '../../src/weights/tensor-file.ts';

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
  await t.throwsAsync(openArrays(folder), { message: /holds no numpy arrays/ });
  writeFileSync(join(folder, 'conv01_1.weight.npy'), bytes(saved.single));
  writeFileSync(join(folder, 'readme.txt'), 'no array');
  const file = await openTensorFile(folder);
  t.is(file.format, 'numpy');
  t.deepEqual([...file.entries], [['conv01_1.weight', { shape: [2, 3], dtype: 'F32' }]]);
  t.deepEqual([...(await readTensors(folder)).get('conv01_1.weight')!.data], [0, 0.25, 0.5, 0.75, 1, 1.25]);
});

/** A zip archive with stored members, by hand: local headers, the directory, its end. */
function zipped(members: Readonly<Record<string, Uint8Array>>): Buffer {
  const [parts, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [name, data] of Object.entries(members)) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), Buffer.from(data));
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, Buffer.from(name));
    offset += 30 + name.length + data.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  const count = Object.keys(members).length;
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listed, end]);
}

function crc32(data: Uint8Array): number {
  let crc = -1;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

test('what numpy.savez wrote, which is a zip archive as checkpoints of PyTorch are', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'neckar-npz-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'net.npz');
  writeFileSync(
    path,
    zipped({ 'conv1.weight.npy': bytes(saved.single), 'conv1.bias.npy': bytes(saved.double) }),
  );
  const file = await openTensorFile(path);
  t.is(file.format, 'numpy');
  t.deepEqual([...file.entries.keys()], ['conv1.weight', 'conv1.bias']);
  t.deepEqual([...(await file.read('conv1.bias')).data], [0, 0.25, 0.5, 0.75, 1, 1.25]);
  writeFileSync(path, zipped({ 'archive/data.pkl': new Uint8Array([1]), 'x.npy': bytes(saved.single) }));
  await t.throwsAsync(openTensorFile(path), { message: /net\.npz/ });
});
