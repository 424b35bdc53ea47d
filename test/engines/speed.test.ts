import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { quickPeak } from '../../src/engines/peak.ts';
import { machineSpeed } from '../../src/engines/speed.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-speed-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** Measurements that give the next of some values each time. */
function measuring(...values: (number | Error)[]) {
  const taken = { times: 0 };
  const measure = async () => {
    const value = values[taken.times++];
    if (typeof value !== 'number') throw value ?? new Error('measured once too often');
    return { gflops: value };
  };
  return { taken, measure };
}

const day = 24 * 3600 * 1000;
const idle = () => 0;

test('a measurement is remembered for a day, and the fastest of all counts', async (t) => {
  const file = join(folder, 'a', 'speed.json');
  const { taken, measure } = measuring(300, 250, 400);
  let time = 1e12;
  const options = { file, measure, load: idle, now: () => time };
  t.is((await machineSpeed(options))!.operations, 300e9);
  time += day - 1;
  t.is((await machineSpeed(options))!.operations, 300e9);
  t.is(taken.times, 1);
  time += 1;
  t.is((await machineSpeed(options))!.operations, 300e9, 'slower now, but not a slower machine');
  t.is(taken.times, 2);
  time += day;
  t.is((await machineSpeed(options))!.operations, 400e9);
  t.is((await machineSpeed({ ...options, now: () => time + 1 }))!.operations, 400e9);
  t.is(taken.times, 3);
});

test('what was measured while others computed is measured again the next time', async (t) => {
  const file = join(folder, 'busy.json');
  const { taken, measure } = measuring(30, 20, 300);
  const busy = { file, measure, load: () => 1000, now: () => 1e12 };
  t.is((await machineSpeed(busy))!.operations, 30e9);
  t.is((await machineSpeed(busy))!.operations, 30e9);
  t.is((await machineSpeed({ ...busy, load: idle }))!.operations, 300e9);
  t.is((await machineSpeed(busy))!.operations, 300e9);
  t.is(taken.times, 3);
});

test('a file that is none, or cannot be written, costs a measurement and nothing else', async (t) => {
  const file = join(folder, 'broken.json');
  for (const text of ['{', '[]', 'null', '{"x": null}', '{"x": {"gflops": "fast", "at": 1}}']) {
    writeFileSync(file, text);
    t.is(
      (await machineSpeed({ file, measure: measuring(100).measure, load: idle }))!.operations,
      100e9,
      text,
    );
  }
  t.regex(readFileSync(file, 'utf8'), /"gflops": 100/);
  const within = join(file, 'speed.json');
  t.is((await machineSpeed({ file: within, measure: measuring(100).measure }))!.operations, 100e9);
});

test('where it cannot be measured, nothing is said, or what was known', async (t) => {
  const file = join(folder, 'failing.json');
  t.is(await machineSpeed({ file, measure: measuring(new Error('no')).measure }), undefined);
  const { measure } = measuring(200, new Error('no'));
  await machineSpeed({ file, measure, load: idle, now: () => 1e12 });
  t.is((await machineSpeed({ file, measure, load: idle, now: () => 1e12 + day }))!.operations, 200e9);
});

test('the quick measurement measures', async (t) => {
  const { gflops, seconds, provider } = await quickPeak(1);
  t.is(provider, 'cpu');
  // 2·9·256²·32² operations.
  t.true(Math.abs(gflops * seconds - 1.207959552) < 1e-9);
});
