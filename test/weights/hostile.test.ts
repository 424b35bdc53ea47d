import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { NeckarError } from '../../src/errors.ts';
import { float32 } from '../../src/tensor.ts';
import { readTensors } from '../../src/weights/tensor-file.ts';
import { legacyHead, pickle, pickledStateDict, writeTorchZip, zipOf } from './_formats.ts';

let folder: string;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neckar-hostile-'));
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

const { dictionary, global, integer, reduce, text, tuple, whole } = pickle;

/** What reading a checkpoint with this pickle is refused with, in both of PyTorch's formats. */
async function refusals(pickled: Buffer): Promise<string[]> {
  const archive = join(folder, 'archive.pth');
  await writeFile(archive, zipOf(new Map([['archive/data.pkl', pickled]])));
  const stream = join(folder, 'stream.pth');
  await writeFile(stream, Buffer.concat([...legacyHead(), pickled, whole(Buffer.from(']'))]));
  const messages: string[] = [];
  for (const path of [archive, stream]) {
    try {
      await readTensors(path);
      messages.push('it was read');
    } catch (error) {
      if (!(error instanceof NeckarError)) throw error;
      messages.push(error.message);
    }
  }
  return messages;
}

test.serial(
  'a pickle that wants to run a command is refused, naming the function, and nothing runs',
  async (t) => {
    const trace = join(folder, 'trace');
    const command = tuple(text(`touch ${trace}`));
    const stackGlobal = Buffer.concat([text('os'), text('system'), Buffer.from([0x93])]);
    for (const [callee, name] of [
      [global('posix', 'system'), 'posix.system'],
      [stackGlobal, 'os.system'],
      [global('builtins', 'eval'), 'builtins.eval'],
      [global('torch.serialization', 'load'), 'torch.serialization.load'],
      [global('collections', 'defaultdict'), 'collections.defaultdict'],
      [global('__builtin__', 'getattr'), '__builtin__.getattr'],
    ] as const) {
      for (const value of [
        reduce(callee, command),
        dictionary([[text('weight'), reduce(callee, command)]]),
      ]) {
        for (const message of await refusals(whole(value))) {
          t.true(message.includes(`wants Python's ${name}, which no plain file of tensors needs`), message);
          t.regex(message, /nothing of it was run/);
        }
      }
    }
    t.false(existsSync(trace));
  },
);

test.serial('opcodes that make objects or call are refused, or call only what is allowed', async (t) => {
  // INST and OBJ build instances; EXT1 looks a global up in a registry.
  for (const code of ['(ios\nsystem\n', '(cos\nsystem\no', '\u0082\u0001']) {
    for (const message of await refusals(whole(Buffer.from(code, 'latin1')))) {
      t.regex(message, /opcode 0x|wants Python's os\.system/);
    }
  }
  // A storage class, a text and a dictionary are no functions.
  for (const callee of [global('torch', 'FloatStorage'), text('print'), Buffer.from('}')]) {
    for (const message of await refusals(whole(reduce(callee, tuple())))) t.regex(message, /it calls /);
  }
});

test.serial('nonsense within the allowed names is refused', async (t) => {
  const storage = (kind: Buffer, length: number) =>
    Buffer.concat([tuple(text('storage'), kind, text('0'), text('cpu'), integer(length)), Buffer.from('Q')]);
  const floats = global('torch', 'FloatStorage');
  const rebuilt = (...args: Buffer[]) =>
    whole(reduce(global('torch._utils', '_rebuild_tensor_v2'), tuple(...args)));
  for (const [pickled, said] of [
    [rebuilt(text('x'), integer(0), tuple(), tuple()), /a tensor without a storage/],
    [rebuilt(storage(floats, 4), integer(-1), tuple(), tuple()), /a tensor without a proper shape/],
    [rebuilt(storage(floats, 4), integer(0), tuple(integer(2)), tuple()), /a tensor without a proper shape/],
    [
      rebuilt(storage(floats, 4), integer(0), tuple(integer(5)), tuple(integer(1))),
      /reaches beyond its storage/,
    ],
    [whole(storage(text('FloatStorage'), 4)), /an outside object that is no storage/],
    [
      whole(reduce(global('collections', 'OrderedDict'), tuple(tuple(integer(1))))),
      /a dictionary without pairs/,
    ],
    [whole(Buffer.from('Q')), /its stack is empty/],
    [whole(Buffer.from('t')), /a mark is missing/],
    [whole(Buffer.from('h\u0007', 'latin1')), /recalls value 7/],
    [whole(Buffer.from('(N', 'latin1')), /no state dict|no tensors by name/],
    [whole(Buffer.from('NNs', 'latin1')), /its stack is empty|sets items of no dictionary/],
    [Buffer.from([0x80, 2, 0x58, 255, 255, 255, 255]), /truncated/],
  ] as const) {
    for (const message of await refusals(pickled)) t.regex(message, said);
  }
});

test.serial('a dictionary that holds itself, many times over, ends', async (t) => {
  // {0: itself, 1: itself, …}: every level multiplies the one above.
  const items = Array.from({ length: 100 }, (_, i) => [integer(i), Buffer.from('h\u0000', 'latin1')]).flat();
  const selfish = Buffer.concat([Buffer.from('}q\u0000(', 'latin1'), ...items, Buffer.from('u')]);
  for (const message of await refusals(whole(selfish))) t.regex(message, /holds too many objects/);
});

test.serial('archives that are no checkpoints are refused by what they are', async (t) => {
  const read = async (bytes: Buffer) => {
    const path = join(folder, 'other.pth');
    await writeFile(path, bytes);
    return (await t.throwsAsync(readTensors(path), { instanceOf: NeckarError }))!.message;
  };
  t.regex(
    await read(zipOf(new Map([['readme.txt', Buffer.from('hi')]]))),
    /no PyTorch checkpoint: it has no data\.pkl/,
  );
  const state = pickledStateDict(new Map([['a', float32([1], Float32Array.of(1))]]), false);
  t.regex(
    await read(
      zipOf(
        new Map([
          ['m/data.pkl', state],
          ['m/constants.pkl', state],
        ]),
      ),
    ),
    /is a TorchScript program/,
  );
  t.regex(
    await read(
      zipOf(
        new Map([
          ['m/data.pkl', state],
          ['m/byteorder', Buffer.from('big')],
        ]),
      ),
    ),
    /bytes in big-endian order/,
  );
  t.regex(await read(zipOf(new Map([['m/data.pkl', state]]))), /the numbers of storage 0 are missing/);
  t.regex(await read(whole(integer(7))), /a Python pickle but no PyTorch checkpoint/);
  t.regex(await read(Buffer.from('<html><body>503</body></html>')), /is an HTML page/);
  t.regex(
    await read(Buffer.from('\x89HDF\r\n\x1a\n and nothing else', 'latin1')),
    /truncated or broken HDF5 file/,
  );
});

test.serial(
  'arbitrary damage gives an error of ours or tensors of the shapes that were written',
  async (t) => {
    const path = join(folder, 'damaged.pth');
    const tensors = new Map([['w', float32([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6))]]);
    await writeTorchZip(path, tensors);
    const { readFile } = await import('node:fs/promises');
    const intact = await readFile(path);
    let state = 12345;
    const next = (below: number) => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      return state % below;
    };
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(intact);
      bytes[next(bytes.length)] = next(256);
      await writeFile(path, bytes);
      try {
        for (const { shape, data } of (await readTensors(path)).values()) {
          t.is(
            shape.reduce((product, extent) => product * extent, 1),
            data.length,
          );
        }
      } catch (error) {
        t.true(error instanceof NeckarError, String((error as Error).stack));
      }
    }
  },
);
