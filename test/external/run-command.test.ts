import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type CommandRun, runCommand } from '../../src/external/run-command.ts';

function setting(t: ExecutionContext): {
  run: (script: string, more?: Partial<CommandRun>) => Promise<number>;
  lines: string[];
  folder: string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'neckar-command-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const lines: string[] = [];
  return {
    folder,
    lines,
    run: (script, more = {}) =>
      runCommand({
        words: ['/bin/sh', '-c', script],
        folder,
        env: { ...process.env, THEIRS: 'yes' },
        timeout: 60,
        scratch: join(folder, 'scratch'),
        onLine: (line) => lines.push(line),
        signal: new AbortController().signal,
        ...more,
      }),
  };
}

test('a program runs in its folder with its environment, every line of it is heard, and its time is told', async (t) => {
  const { run, lines, folder } = setting(t);
  const seconds = await run('pwd; echo $THEIRS; printf "10%%\\r20%%\\nend" >&2; sleep 0.2');
  t.deepEqual(new Set(lines), new Set([folder, 'yes', '10%', '20%', 'end']));
  t.true(seconds >= 0.2);
});

test('whatever goes wrong is told with the last words', async (t) => {
  const { run, folder } = setting(t);
  await t.throwsAsync(run('echo no such layer >&2; exit 3'), {
    message: 'the command ended with exit code 3; the last it printed was: no such layer',
  });
  await t.throwsAsync(run('kill -SEGV $$'), {
    message: 'the command was ended by SIGSEGV; it printed nothing',
  });
  await t.throwsAsync(run('', { words: ['no-such-program'] }), {
    message: `the command "no-such-program" cannot be started in ${folder}: there is no such program or folder`,
  });
});

test('one that takes too long, or is interrupted, is ended with all that it started', async (t) => {
  const { run, folder } = setting(t);
  const script = `sleep 300 & echo $! > ${join(folder, 'pid')}; wait`;
  await t.throwsAsync(run(script, { timeout: 0.5 }), {
    message: /^the command did not end within 0\.5 s and was stopped; it printed nothing\. Raise its timeout/,
  });
  await gone(t, Number(readFileSync(join(folder, 'pid'), 'utf8')));
  const stop = new AbortController();
  const reason = new Error('interrupted');
  setTimeout(() => stop.abort(reason), 500);
  t.is(await t.throwsAsync(run(script, { signal: stop.signal })), reason);
  await gone(t, Number(readFileSync(join(folder, 'pid'), 'utf8')));
  // What it leaves in the background goes with its end.
  await run(`sleep 300 & echo $! > ${join(folder, 'pid')}`);
  await gone(t, Number(readFileSync(join(folder, 'pid'), 'utf8')));
});

test('a program does not outlive whoever started it, however that dies', async (t) => {
  const { folder } = setting(t);
  const parent = fork(new URL('./_starter.ts', import.meta.url), [folder], {
    execArgv: ['--import', import.meta.resolve('tsx')],
  });
  while (!existsSync(join(folder, 'pid'))) await sleep(20);
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
  process.kill(pid, 0);
  parent.kill('SIGKILL');
  await gone(t, pid);
  for (let look = 0; look < 100 && existsSync(join(folder, 'scratch')); look++) await sleep(20);
  t.false(existsSync(join(folder, 'scratch')));
});

async function gone(t: ExecutionContext, pid: number): Promise<void> {
  t.true(pid > 0);
  for (let look = 0; look < 200; look++) {
    try {
      process.kill(pid, 0);
      // Dead, but whoever is to reap it has not yet.
      if (readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')) return;
    } catch {
      return;
    }
    await sleep(20);
  }
  t.fail(`process ${pid} still runs`);
}
