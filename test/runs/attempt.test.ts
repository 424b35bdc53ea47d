import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { encodeState } from '../../src/platform/state.ts';
import { openAttempt } from '../../src/runs/attempt.ts';
import { decodeCheckpoint, encodeCheckpoint, latestCheckpoint } from '../../src/runs/checkpoint.ts';
import { diskFiles } from '../../src/runs/files.ts';
import { sha256 } from '../../src/runs/hash.ts';
import { temporaryFolder } from './support.ts';

const record = (evaluation: number) => ({
  evaluation,
  step: 0,
  level: 0,
  seconds: 0,
  total: evaluation,
  terms: {},
});

test('a checkpoint survives the round trip, every bit of its state included', (t) => {
  fc.assert(
    fc.property(fc.float32Array(), fc.double(), fc.string(), (floats, number, text) => {
      const state = { floats, nested: { number, text, list: [floats, null, true] } };
      const note = { id: text, records: 3, traceBytes: 7, traceHash: 'h', pictures: { 'images/ä.png': 'x' } };
      const bytes = Buffer.from(encodeCheckpoint(note, encodeState(state)));
      const read = decodeCheckpoint(bytes);
      t.deepEqual(read, { ...note, state });
      // deepEqual takes all NaNs for one: the bytes must be the same as well.
      t.deepEqual(Buffer.from(encodeCheckpoint(note, encodeState(read.state))), bytes);
    }),
  );
});

test('the state is copied when the checkpoint is asked for, and the last two are kept', async (t) => {
  const base = await temporaryFolder(t);
  const folder = join(base, 'attempts', '1');
  const attempt = await openAttempt(diskFiles(), folder, 'id');
  const point = Float32Array.of(1);
  const written: Promise<void>[] = [];
  for (let evaluation = 1; evaluation <= 5; evaluation++) {
    point[0] = evaluation;
    attempt.io.trace(record(evaluation));
    written.push(attempt.io.checkpoint({ point }));
  }
  point[0] = 99;
  await Promise.all(written);
  t.deepEqual(await readdir(join(folder, 'checkpoint')), ['00000004.bin', '00000005.bin']);
  const found = await latestCheckpoint(diskFiles(), base, 'id', [1]);
  t.deepEqual(found!.checkpoint.state, { point: Float32Array.of(5) });
  t.is(found!.checkpoint.records, 5);
  t.is(await latestCheckpoint(diskFiles(), base, 'another trial', [1]), undefined);
  await attempt.abandon();
});

test('the trace is kept in memory until it grows, and what is hashed is what lies on the disk', async (t) => {
  const base = await temporaryFolder(t);
  let steps = 0;
  const files = diskFiles(() => {
    steps++;
  });
  const attempt = await openAttempt(files, join(base, 'a'), 'id');
  const before = steps;
  for (let evaluation = 1; evaluation <= 500; evaluation++) attempt.io.trace(record(evaluation));
  t.is(steps, before, 'tracing touches no disk');
  for (let evaluation = 501; evaluation <= 5000; evaluation++) attempt.io.trace(record(evaluation));
  const { artefacts, artefactBytes } = await attempt.finish();
  const bytes = await readFile(join(base, 'a', 'trace.jsonl'));
  t.is(artefacts['trace.jsonl'], sha256(bytes));
  t.is(artefactBytes['trace.jsonl'], bytes.length);
  const lines = String(bytes).trimEnd().split('\n');
  t.deepEqual(
    lines.map((line) => JSON.parse(line).evaluation),
    Array.from({ length: 5000 }, (_, i) => i + 1),
  );
});

test('a write that fails behind the trial’s back is told by the next call, and nothing is written after it', async (t) => {
  const base = await temporaryFolder(t);
  let broken = false;
  let after = 0;
  const files = diskFiles(({ operation }) => {
    if (broken) after++;
    if (!broken && operation === 'write' && after === 0 && armed) {
      broken = true;
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    }
  });
  let armed = false;
  const attempt = await openAttempt(files, join(base, 'a'), 'id');
  armed = true;
  attempt.io.log('this line is refused');
  attempt.io.trace(record(1));
  await t.throwsAsync(attempt.io.checkpoint({}), { name: 'StorageError', message: /the disk is full/ });
  await t.throwsAsync(attempt.finish(), { name: 'StorageError' });
  t.is(after, 0);
  await attempt.abandon();
});
