/**
 * What survives: a process dies before any of its I/O steps, files are cut at any byte, the disk fills up, leases
 * change hands. Deaths are simulated here by a file system that stops answering (what was written before stays, as it does
 * after SIGKILL); real signals are sent in processes.test.ts.
 */
import { cp, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { faultHook } from '../../src/runs/faults.ts';
import { diskFiles } from '../../src/runs/files.ts';
import { writePlan } from '../../src/runs/plan-files.ts';
import { status } from '../../src/runs/status.ts';
import {
  deadOwner,
  execute,
  filesBelow,
  mortal,
  outcomeOf,
  plannedFolder,
  temporaryFolder,
} from './support.ts';

const full = process.env.NECKAR_FAULTS === 'full';

test('killed before any I/O step and resumed, a trial ends with the same bytes as one never killed', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(base, [{}]);
  const [trial] = trials;
  const pristine = join(base, 'pristine');
  await cp(folder, pristine, { recursive: true });
  t.deepEqual(await execute(folder, trial!), { kind: 'finished', state: 'complete', reason: 'budget' });
  const expected = await outcomeOf(folder, trial!.id);
  let survived = 0;
  for (let at = 1; ; at++) {
    const again = join(base, `killed-${at}`);
    await cp(pristine, again, { recursive: true });
    const first = mortal(at);
    if ((await Promise.race([execute(again, trial!, first), first.died])) !== 'died') break;
    // Half of the time the process that takes over is killed as well.
    const second = mortal(1 + ((at * 7) % 50));
    if (at % 2 === 0) await Promise.race([execute(again, trial!, second), second.died]);
    const { trials: between } = await status(again);
    t.true(['waiting', 'complete'].includes(between[0]!.state), `after step ${at}: ${between[0]!.reason}`);
    const ending = await execute(again, trial!);
    t.true(ending.kind === 'finished' || ending.kind === 'done-before', `after step ${at}: ${ending.kind}`);
    t.deepEqual(await outcomeOf(again, trial!.id), expected, `killed before step ${at}`);
    survived += at % 2 === 0 ? 2 : 1;
  }
  t.true(survived > 50);
  t.log(`${survived} deaths injected, ${survived} survived`);
});

test('a result or an artefact that is cut at any byte is found, set aside and computed again', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(base, [{}]);
  const [trial] = trials;
  await execute(folder, trial!);
  const expected = await outcomeOf(folder, trial!.id);
  let injected = 0;
  for (const [name, bytes] of await filesBelow(folder)) {
    // The log, the configuration and the plan decide nothing: see the test below.
    if (!/result\.json$|trace\.jsonl$|\.png$/.test(name)) continue;
    const stride = full ? 1 : Math.max(1, Math.floor(bytes.length / 60));
    for (let length = 0; length < bytes.length; length += stride) {
      const path = join(folder, name);
      await truncate(path, length);
      injected++;
      // A result whose final line break is missing is still the result.
      const harmless = name.endsWith('result.json') && length === bytes.length - 1;
      const [found] = (await status(folder)).trials;
      t.is(found!.state, harmless ? 'complete' : 'waiting', `${name} cut at ${length}`);
      if (length % (stride * 20) === 0) {
        const copy = join(base, `cut-${injected}`);
        await cp(folder, copy, { recursive: true });
        const notes: string[] = [];
        t.is((await execute(copy, trial!, { onNote: (note) => notes.push(note) })).kind, 'finished');
        t.regex(notes.join(), /was damaged .*result\.json\.corrupt-1/);
        t.deepEqual(await outcomeOf(copy, trial!.id), expected);
      }
      await writeFile(path, bytes);
    }
  }
  t.log(`${injected} files cut, ${injected} found`);
});

test('of damaged checkpoints the one before is taken; without any the trial starts again', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(base, [{ evaluations: 14 }]);
  const [trial] = trials;
  const reference = join(base, 'reference');
  await cp(folder, reference, { recursive: true });
  await execute(reference, trial!);
  const expected = await outcomeOf(reference, trial!.id);
  // Stops by itself after evaluation 12, with checkpoints at 8 and 12.
  const stop = new AbortController();
  const stopping = {
    signal: stop.signal,
    onProgress: onEvaluation(12, () => stop.abort(new Error('stopped'))),
  };
  t.deepEqual(await execute(folder, trial!, stopping), { kind: 'interrupted', evaluation: 12 });
  const attempt = join(folder, 'trials', trial!.id, 'attempts', '1');
  const newest = join(attempt, 'checkpoint', '00000012.bin');
  const older = join(attempt, 'checkpoint', '00000008.bin');
  const trace = join(attempt, 'trace.jsonl');
  const picture = join(attempt, 'images', 'evaluation-000010.png');
  const [bytes, lines] = [await readFile(newest), await readFile(trace)];
  const lineEnds = [...lines.entries()].filter(([, byte]) => byte === 10).map(([at]) => at + 1);
  const resumesFrom = async (from: number | undefined, what: string): Promise<void> => {
    const copy = join(base, `copy-${Math.random()}`);
    await cp(folder, copy, { recursive: true });
    const starts: (number | undefined)[] = [];
    const ending = await execute(copy, trial!, { onStart: ({ resumedFrom }) => starts.push(resumedFrom) });
    t.is(ending.kind, 'finished', what);
    t.deepEqual(starts, [from], what);
    t.deepEqual(await outcomeOf(copy, trial!.id), expected, what);
  };
  await resumesFrom(12, 'undamaged');
  let injected = 0;
  for (let length = 0; length < bytes.length; length += full ? 1 : 41) {
    await truncate(newest, length);
    await resumesFrom(8, `checkpoint cut at ${length}`);
    injected++;
  }
  for (let at = 0; at < bytes.length; at += full ? 1 : 41) {
    const flipped = Buffer.from(bytes);
    flipped[at] = flipped[at]! ^ (1 << (at % 8));
    await writeFile(newest, flipped);
    await resumesFrom(8, `bit flipped at ${at}`);
    injected++;
  }
  await writeFile(newest, bytes);
  for (let length = 0; length < lines.length; length += full ? 1 : 97) {
    await truncate(trace, length);
    const from = length >= lineEnds[11]! ? 12 : length >= lineEnds[7]! ? 8 : undefined;
    await resumesFrom(from, `trace cut at ${length}`);
    await writeFile(trace, lines);
    injected++;
  }
  await truncate(picture, 20);
  await resumesFrom(8, 'a picture cut');
  await truncate(older, 0);
  await resumesFrom(undefined, 'a picture and the older checkpoint cut');
  t.log(`${injected + 2} damages injected, ${injected + 2} survived`);
});

test('whatever else is cut at any byte is written anew, and said so', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(base, [{}, { variant: 'throws' }]);
  await execute(folder, trials[0]!);
  t.is((await execute(folder, trials[1]!)).kind, 'failed');
  const expected = await outcomeOf(folder, trials[0]!.id);
  const plan = { name: 'fake', trials, trainings: [] };
  const planned = await filesBelow(folder);
  let injected = 0;
  for (const name of ['experiment.json', 'plan.jsonl']) {
    const bytes = planned.get(name)!;
    for (let length = 0; length < bytes.length; length += full ? 1 : 11) {
      await truncate(join(folder, name), length);
      injected++;
      // Parsing may still succeed when only the final line break is gone.
      if (length < bytes.length - 1) await t.throwsAsync(status(folder), { message: /damaged|no runs/ });
      await writePlan(diskFiles(), folder, plan);
      t.deepEqual(await readFile(join(folder, name)), bytes);
    }
  }
  for (const file of ['config.json', 'attempts/1/failure.json', 'attempts/1/log.txt']) {
    const name = join('trials', trials[1]!.id, file);
    const bytes = planned.get(name)!;
    for (let length = 0; length < bytes.length; length += full ? 1 : 37) {
      await truncate(join(folder, name), length);
      injected++;
      const [, failed] = (await status(folder)).trials;
      t.is(failed!.state, 'failed', `${name} cut at ${length}`);
      await writeFile(join(folder, name), bytes);
    }
  }
  await truncate(join(folder, 'trials', trials[1]!.id, 'config.json'), 10);
  await execute(folder, trials[1]!);
  const config = join('trials', trials[1]!.id, 'config.json');
  t.deepEqual(await readFile(join(folder, config)), planned.get(config));
  t.deepEqual(await outcomeOf(folder, trials[0]!.id), expected);
  t.log(`${injected} files cut, nothing lost`);
});

for (const action of ['enospc', 'eio', 'erofs'] as const) {
  test(`when the disk refuses from any step on (${action}), one sentence says so and the trial goes on later`, async (t) => {
    const base = await temporaryFolder(t);
    const { folder, trials } = await plannedFolder(base, [{}]);
    const [trial] = trials;
    const pristine = join(base, 'pristine');
    await cp(folder, pristine, { recursive: true });
    await execute(folder, trial!);
    const expected = await outcomeOf(folder, trial!.id);
    let injected = 0;
    for (let at = 1; ; at += full || at < 12 ? 1 : 3) {
      const again = join(base, `refused-${at}`);
      await cp(pristine, again, { recursive: true });
      let reached = false;
      const refuse = faultHook({ action, at });
      const files = diskFiles((step) => {
        if (step.number >= at) reached = true;
        return refuse(step);
      });
      // A disk that takes nothing does not even let the lease go; it ends with the process, which ends after this.
      const owner = action === 'enospc' ? undefined : deadOwner();
      const ending = await execute(again, trial!, { files, owner }).catch((error: unknown) => error);
      if (!reached) break;
      injected++;
      const message = ending instanceof Error ? ending.message : undefined;
      if (message !== undefined) t.regex(message, /^The run store cannot write ".*": .*\.$/);
      else if ((ending as { kind: string }).kind === 'failed') {
        const { failure, storage } = ending as { failure: { message: string }; storage: boolean };
        t.true(storage);
        t.regex(failure.message, /^The run store cannot write ".*": .*\.$/);
      } else
        t.is((ending as { kind: string }).kind, 'finished', 'only what comes after the result was refused');
      const [between] = (await status(again)).trials;
      t.not(between!.state, 'running');
      const last = await execute(again, trial!);
      t.true(
        last.kind === 'finished' || last.kind === 'done-before',
        `${action} from step ${at}: ${last.kind}`,
      );
      t.deepEqual(await outcomeOf(again, trial!.id), expected, `${action} from step ${at}`);
    }
    t.true(injected > 20);
    t.log(`${injected} times refused, ${injected} survived`);
  });
}

function onEvaluation(wanted: number, act: () => void): (progress: { evaluation: number }) => void {
  return ({ evaluation }) => {
    if (evaluation === wanted) act();
  };
}
