import { Writable } from 'node:stream';
import test from 'ava';
import { createReporter, trialReporter } from '../../src/cli/progress.ts';
import { plain } from '../../src/cli/terminal.ts';
import type { IdentifiedTrial } from '../../src/runs/identity.ts';
import type { RunEvent } from '../../src/runs/launcher.ts';

class Sink extends Writable {
  text = '';
  columns = 60;
  readonly isTTY: boolean;
  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk;
    done();
  }
}

function setup(isTTY: boolean, options: { json?: boolean } = {}) {
  const stdout = new Sink(isTTY);
  const stderr = new Sink(isTTY);
  let time = 0;
  const reporter = createReporter({ output: { stdout, stderr }, now: () => time, ...options });
  return {
    stdout,
    stderr,
    reporter,
    wait(ms: number) {
      time += ms;
    },
  };
}

const trial = { id: 'aaaa', label: 'town×swirl gram', config: {}, inputs: {} } as unknown as IdentifiedTrial;
const started: RunEvent = { type: 'started', work: trial, attempt: 1, folder: 'f', resumedFrom: undefined };
const progressed = (evaluation: number): RunEvent => ({
  type: 'progress',
  work: trial,
  progress: { phase: 'evaluate', evaluation, evaluations: 100, total: 0.5, etaSeconds: 100 - evaluation },
});
const finished: RunEvent = {
  type: 'finished',
  work: trial,
  state: 'complete',
  attempt: 1,
  reason: 'budget',
  seconds: 61,
};
const failed: RunEvent = {
  type: 'failed',
  work: trial,
  failure: {
    message: 'no luck',
    log: '/l/log.txt',
    command: 'neckar run x --only aaaa',
    evaluation: 3,
    attempt: 1,
    at: '',
  },
};

/** The screen after cursor movements: only `up n` and `erase below` are used. */
function screen(text: string): string[] {
  const lines = [''];
  let row = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is read
  for (const part of text.split(/(\u001b\[\d*[AJ]|\n)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is read
    const up = /^\u001b\[(\d+)A$/.exec(part);
    if (up !== null) row -= Number(up[1]);
    else if (part.endsWith('J') && part.startsWith('\u001b')) lines.length = row + 1;
    else if (part === '\n') {
      row++;
      lines[row] ??= '';
    } else if (part !== '') lines[row] = part;
  }
  return lines.map((line, i) => (i === row ? '' : line)).filter(Boolean);
}

test('without a terminal: a line when something happens, and now and then', (t) => {
  const { stderr, stdout, reporter, wait } = setup(false);
  reporter.report({ type: 'planned', total: 2, done: 0, open: 2 });
  reporter.report(started);
  for (let i = 1; i <= 40; i++) {
    wait(1000);
    reporter.report(progressed(i));
  }
  reporter.report(failed);
  reporter.report(finished);
  reporter.close();
  t.deepEqual(stderr.text.split('\n'), [
    '2 trials: 0 done, 2 to run',
    '  town×swirl gram: 30/100 · total 0.5 · 1 min 10 s left',
    '✗ town×swirl gram failed: no luck',
    '    log: /l/log.txt',
    '    again: neckar run x --only aaaa',
    '✓ town×swirl gram (budget, 1 min 01 s)',
    '',
  ]);
  t.is(stdout.text, '');
});

test('on a terminal: lasting lines above, a live block below that ends without a trace', (t) => {
  const { stderr, reporter, wait } = setup(true);
  const other = { ...trial, id: 'bbbb', label: 'face×mosaic mrf' };
  reporter.report(started);
  reporter.report({ ...started, work: other } as RunEvent);
  wait(200);
  reporter.report(progressed(50));
  reporter.report({ type: 'overall', done: 0, failed: 0, running: 2, total: 2, etaSeconds: 90 });
  wait(200);
  reporter.report(progressed(75));
  const live = screen(stderr.text).map(plain);
  t.is(live.length, 3);
  t.regex(live[0]!, /━━━━━━━━━━━━╌╌╌╌ town×swirl gram 75\/100/);
  t.regex(live[1]!, /face×mosaic mrf/);
  t.is(live[2], '0 of 2 done · 2 running · 1 min 30 s left');
  t.true(live.every((line) => line.length < 60));
  reporter.report(finished);
  const after = screen(stderr.text).map(plain);
  t.is(after[0], '✓ town×swirl gram (budget, 1 min 01 s)');
  t.false(after.slice(1).some((line) => line.includes('town')));
  reporter.close();
  t.deepEqual(screen(stderr.text).length, 1);
});

test('with --json: one event a line on stdout, nothing on stderr', (t) => {
  const { stdout, stderr, reporter } = setup(true, { json: true });
  for (const event of [started, progressed(1), failed, finished]) reporter.report(event);
  reporter.close();
  const events = stdout.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(
    events.map(({ type }) => type),
    ['trial-started', 'trial-failed', 'trial-finished'],
  );
  t.deepEqual(events[0].trial, { id: 'aaaa', label: 'town×swirl gram' });
  t.is(stderr.text, '');
});

test('a single trial: one line that is written over, or none with --json', (t) => {
  const [tty, none] = [new Sink(true), new Sink(true)];
  let time = 0;
  const now = () => time;
  const live = trialReporter({ stdout: tty, stderr: tty }, false, { now });
  const silent = trialReporter({ stdout: none, stderr: none }, true, { now });
  for (let i = 1; i <= 5; i++) {
    time += 200;
    const progress = { phase: 'evaluate', evaluation: i, evaluations: 5, etaSeconds: 5 - i } as const;
    live.report(progress);
    silent.report(progress);
  }
  live.close();
  t.false(tty.text.includes('\n'));
  t.regex(tty.text, /5\/5/);
  t.true(tty.text.endsWith('\r\u001b[2K'));
  t.is(none.text, '');
});

test('before the first evaluation, what is expected is said; of long trials at once', (t) => {
  const { stderr, reporter } = setup(false);
  const before = (etaSeconds: number): RunEvent => ({
    type: 'progress',
    work: trial,
    progress: { phase: 'evaluate', evaluation: 0, evaluations: 100, etaSeconds },
  });
  reporter.report(started);
  reporter.report(before(60));
  t.is(stderr.text, '');
  reporter.report(before(600));
  t.is(stderr.text, '  town×swirl gram: 0/100 · about 10 min 00 s left\n');
  reporter.report(before(600));
  t.is(stderr.text.split('\n').length, 2, 'once');
});

test('what is expected is said of a live trial that is compiled', (t) => {
  const { stderr, reporter, wait } = setup(true);
  stderr.columns = 100;
  reporter.report(started);
  wait(200);
  reporter.report({
    type: 'progress',
    work: trial,
    progress: { phase: 'compile', evaluation: 0, evaluations: 100, etaSeconds: 95 },
  });
  t.regex(plain(screen(stderr.text).join('\n')), /compiling the objective · about 1 min 35 s left$/);
});
