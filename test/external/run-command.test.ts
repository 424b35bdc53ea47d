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
  const pid = join(folder, 'pid');
  // On a busy machine a short time may be over before the program has begun.
  for (const timeout of [0.5, 5, 50]) {
    const said = `the command did not end within ${timeout} s and was stopped; it printed nothing. Raise its timeout, or make it faster`;
    await t.throwsAsync(run(script, { timeout }), { message: said });
    if (existsSync(pid)) break;
  }
  await gone(t, await pidIn(pid));
  rmSync(pid);
  const stop = new AbortController();
  const reason = new Error('interrupted');
  const stopped = t.throwsAsync(run(script, { signal: stop.signal }));
  const child = await pidIn(pid);
  stop.abort(reason);
  t.is(await stopped, reason);
  await gone(t, child);
  // What it leaves in the background goes with its end.
  await run(`sleep 300 & echo $! > ${pid}`);
  await gone(t, await pidIn(pid));
});

test('a program does not outlive whoever started it, however that dies', async (t) => {
  const { folder } = setting(t);
  const parent = fork(new URL('./_starter.ts', import.meta.url), [folder], {
    execArgv: ['--import', import.meta.resolve('tsx')],
  });
  const pid = await pidIn(join(folder, 'pid'));
  process.kill(pid, 0);
  parent.kill('SIGKILL');
  await gone(t, pid);
  while (existsSync(join(folder, 'scratch'))) await sleep(20);
  t.pass();
});

/** The number in a file, once it is there. */
async function pidIn(file: string): Promise<number> {
  for (;;) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (text.endsWith('\n')) return Number(text);
    await sleep(20);
  }
}

async function gone(t: ExecutionContext, pid: number): Promise<void> {
  t.true(pid > 0);
  for (;;) {
    try {
      process.kill(pid, 0);
      // Dead, but whoever is to reap it has not yet.
      if (readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')) return;
    } catch {
      return;
    }
    await sleep(20);
  }
}
