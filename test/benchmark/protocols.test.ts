/** The protocols that come with Neckar, and what is refused of others. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { z } from 'zod';
import { measurePictureItself } from '../../src/benchmark/picture-measures.ts';
import { placeOf, requirePictures } from '../../src/benchmark/pictures.ts';
import {
  loadProtocol,
  pairsOf,
  parseProtocol,
  protocolHash,
  publishedVersions,
  shippedFolder,
  shippedProtocols,
} from '../../src/benchmark/protocol.ts';
import { protocolSchema } from '../../src/benchmark/protocol-schema.ts';
import { submissionSchema } from '../../src/benchmark/submission-schema.ts';
import { readImage } from '../../src/images/decode.ts';
import { createImage } from '../../src/images/image.ts';

test('every shipped protocol is read, and its version is recorded with its hash', async (t) => {
  t.deepEqual(await shippedProtocols(), ['astra', 'neckar-1', 'styleid']);
  const versions = await publishedVersions(shippedFolder);
  for (const name of await shippedProtocols()) {
    const { protocol, hash } = await loadProtocol(name);
    t.is(protocol.name, name);
    t.is(versions[name]?.[String(protocol.version)], hash);
  }
});

test('pairs: 20 × 40 of StyleID, 6 × 12 of ASTRA, whose files nobody vouches for', async (t) => {
  t.is(pairsOf((await loadProtocol('styleid')).protocol, 'all').length, 800);
  const { protocol } = await loadProtocol('astra');
  t.is(pairsOf(protocol, 'all').length, 72);
  t.true([...protocol.contents, ...protocol.styles].every(({ sha256 }) => sha256 === null));
});

test('neckar-1: every file is there with its bytes, and its measured numbers are those of the file', async (t) => {
  const loaded = await loadProtocol('neckar-1');
  for (const { role, picture, path, state } of await requirePictures(loaded, 'all')) {
    t.is(state, 'good', picture.name);
    if (role !== 'style') continue;
    const { colourfulness, detail } = measurePictureItself(await readImage(path));
    t.true(Math.abs(colourfulness - picture.colourfulness!.value) < 0.05, picture.name);
    t.true(Math.abs(detail - picture.detail!.value) < 0.05, picture.name);
  }
});

test('the schemas beside the protocols are those of the code', async (t) => {
  for (const [name, schema] of Object.entries({ protocol: protocolSchema, submission: submissionSchema })) {
    const written = JSON.parse(await readFile(join(shippedFolder, `${name}.schema.json`), 'utf8'));
    t.deepEqual(
      written,
      JSON.parse(JSON.stringify({ $id: `${name}.schema.json`, ...z.toJSONSchema(schema, { io: 'input' }) })),
    );
  }
});

test('a changed protocol under its old version is refused; spaces and order of keys are no change', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'neckar-protocol-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const { protocol, hash, file } = await loadProtocol('styleid');
  const path = join(folder, 'styleid.json');
  await writeFile(join(folder, 'versions.json'), JSON.stringify({ styleid: { 1: hash } }));
  const reversed = Object.fromEntries(Object.entries(protocol).reverse());
  await writeFile(path, JSON.stringify(reversed));
  t.is((await loadProtocol(path)).hash, hash);
  await writeFile(path, JSON.stringify({ ...protocol, size: 256 }));
  await t.throwsAsync(loadProtocol(path), { message: /not what its version 1 was published as.*version 2/ });
  await writeFile(path, JSON.stringify({ ...protocol, size: 256, version: 2 }));
  t.not((await loadProtocol(path)).hash, hash);
  t.is(dirname(file), dirname(join(shippedFolder, 'x')));
});

test('what contradicts itself in a protocol is said, all at once', async (t) => {
  const { protocol } = await loadProtocol('neckar-1');
  const [style, ...styles] = protocol.styles;
  const wrong = {
    ...protocol,
    styles: [{ ...style!, colourfulness: { level: 'high', value: 1 } }, ...styles, { ...styles[0]! }],
    smoke: { contents: ['nobody'], styles: [style!.name] },
    people: {
      ...protocol.people,
      population: { source: 'x', sought: { age: { young: 0.5, old: 0.4 } } },
    },
  };
  const { message } = t.throws(() => parseProtocol(JSON.stringify(wrong), 'mine'))!;
  t.regex(message, /two pictures are named/);
  t.regex(message, /there is no picture "nobody"/);
  t.regex(message, /shares sum to 0.9/);
  t.throws(() => parseProtocol('{', 'mine'), { message: /is no JSON/ });
  t.throws(() => parseProtocol(JSON.stringify({ ...protocol, sise: 3 }), 'mine'), {
    message: /sise: unknown setting/,
  });
  t.is(protocolHash(protocol).length, 64);
});

test('pictures with an address lie where they are fetched to', async (t) => {
  const loaded = await loadProtocol('styleid');
  const place = placeOf(loaded, 'content', loaded.protocol.contents[3]!, {
    environment: { NECKAR_BENCHMARKS: '/b' },
  });
  t.is(place, '/b/styleid/contents/03.png');
  await t.throwsAsync(requirePictures(loaded, 'smoke', { folder: '/nowhere' }), {
    message: /5 pictures of the protocol "styleid" are not here.*neckar benchmark fetch styleid/,
  });
});

test('colourfulness of known colours by its formula; detail of a checkerboard is its contrast', (t) => {
  const gray = createImage(256, 64, () => [0.5, 0.5, 0.5]);
  t.deepEqual(measurePictureItself(gray), { colourfulness: 0, detail: 0 });
  // Half red, half blue: rg is 255 and 0, yb 127.5 and −255: σ = 127.5 and 191.25, μ = 127.5 and −63.75.
  const halves = createImage(256, 64, (x) => (x < 128 ? [1, 0, 0] : [0, 0, 1]));
  const expected = Math.hypot(127.5, 191.25) + 0.3 * Math.hypot(127.5, 63.75);
  t.true(Math.abs(measurePictureItself(halves).colourfulness - expected) < 1e-3);
  const board = createImage(256, 256, (x, y) => ((x + y) % 2 === 0 ? [0, 0, 0] : [1, 1, 1]));
  t.true(Math.abs(measurePictureItself(board).detail - 50) < 0.1);
});
