/** Reports of what a store really holds: whole trials, and trials whose files were damaged behind its back. */
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { damageSentences, remarksOn } from '../../reports/damage.ts';
import { storedReport } from '../../reports/stored.ts';
import { storedSide } from '../../reports/words/side.ts';
import { writeReport } from '../../reports/write.ts';
import { diskFiles } from '../../src/runs/files.ts';
import { addLaterScores } from '../../src/runs/later-scores.ts';
import { status } from '../../src/runs/status.ts';
import { resultText } from '../../src/runs/store.ts';
import { execute, plannedFolder, temporaryFolder } from '../runs/support.ts';

/** An experiment of as many finished trials as there are deeds, each deed done to one of them afterwards. */
async function damaged(t: ExecutionContext, deeds: readonly ((trial: string) => Promise<void>)[]) {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(
    base,
    deeds.map(() => ({})),
  );
  for (const trial of trials) await execute(folder, trial);
  for (const [i, deed] of deeds.entries()) await deed(join(folder, 'trials', trials[i]!.id));
  const input = await storedReport(folder);
  return { base, folder, trials, input };
}

const inAttempt = (trial: string, file: string) => join(trial, 'attempts', '1', file);
const whole = async () => {};

/** One bit of a file, so that its length stays. */
async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(path, bytes);
}

test('each damaged trial is told of by name, file, damage and remedy, on the page, in words and on stderr', async (t) => {
  const { base, folder, trials, input } = await damaged(t, [
    whole,
    (trial) => writeFile(join(trial, 'result.json'), '{"storeVersion": 1,'),
    (trial) => rm(inAttempt(trial, 'images/final.png')),
    (trial) => truncate(inAttempt(trial, 'trace.jsonl'), 10),
    (trial) => flipBit(inAttempt(trial, 'trace.jsonl')),
    (trial) => flipBit(inAttempt(trial, 'images/evaluation-000005.png')),
    (trial) => rm(join(trial, 'result.json')),
    (trial) => rm(trial, { recursive: true }),
  ]);
  t.deepEqual(
    input.trials.map(({ state }) => state),
    ['complete', ...Array(6).fill('damaged'), 'waiting'],
  );
  const problems = [
    /^result\.json is not a result \(19 bytes\)$/,
    /^images\/final\.png is missing$/,
    /^trace\.jsonl has 10 bytes, not \d+$/,
    /^trace\.jsonl is not the file that was written$/,
    /^images\/evaluation-000005\.png is not the file that was written$/,
    /^result\.json is missing, though its picture is there$/,
  ];
  const sentences = damageSentences(input.trials);
  t.is(sentences.length, 6);
  t.deepEqual(remarksOn(input), [...sentences, input.lacking!]);
  const output = join(base, 'report');
  const { html } = await writeReport(input, output);
  const page = (await readFile(html, 'utf8')).replaceAll('&#34;', '"').replaceAll('&#39;', "'");
  const summary = (await readFile(join(output, 'summary.md'), 'utf8')).replaceAll('\\', '');
  for (const [i, problem] of problems.entries()) {
    const trial = input.trials[i + 1]!;
    t.regex(trial.reason, problem);
    t.is(trial.result, undefined);
    const command = `neckar retry fake ${trials[i + 1]!.id} --runs ${join(base, 'runs')}`;
    t.is(trial.command, command);
    const sentence = `trial ${i + 2} (${trial.id.slice(0, 8)}): ${trial.reason}, so that its result does not count: "${command}" makes it again.`;
    t.is(sentences[i], sentence);
    t.true(page.includes(sentence), sentence);
    t.true(summary.includes(`- ${sentence}`), sentence);
  }
  t.true(page.includes('1 complete, 6 damaged and 1 waiting'));
  t.true(page.includes('Stored files of 6 trials are damaged or missing'));
  t.true(page.includes('1 trial has not finished yet'), 'what never ran is no damage');
  const { trials: compared } = await storedSide(folder);
  t.is(compared[2]!.state, 'damaged: images/final.png is missing');
});

test('what a report calls damaged is what a run makes again', async (t) => {
  const { folder, trials, input } = await damaged(t, [
    whole,
    (trial) => flipBit(inAttempt(trial, 'trace.jsonl')),
    (trial) => rm(join(trial, 'result.json')),
  ]);
  t.is(damageSentences(input.trials).length, 2);
  const kinds = [];
  for (const trial of trials) kinds.push((await execute(folder, trial)).kind);
  t.deepEqual(kinds, ['done-before', 'finished', 'finished']);
  const mended = await storedReport(folder);
  t.deepEqual(damageSentences(mended.trials), []);
  t.true(mended.trials.every(({ state }) => state === 'complete'));
});

test('damaged later scores cost those scores only, until they are measured again', async (t) => {
  const files = diskFiles();
  const score = { value: 3, better: 'lower', label: 'later' } as const;
  const { folder, base } = await damaged(t, [whole, whole]);
  for (const { folder: trial, result } of (await status(folder)).trials) {
    await addLaterScores(files, trial, result!, { 'later;x=1': score });
  }
  const [first] = (await status(folder)).trials;
  await flipBit(join(first!.folder, 'scores.json'));

  const input = await storedReport(folder);
  t.deepEqual(
    input.trials.map(({ state, result }) => [state, Object.keys(result!.scores)]),
    [
      ['complete', ['sum']],
      ['complete', ['sum', 'later;x=1']],
    ],
  );
  t.deepEqual(damageSentences(input.trials), [
    `trial 1 (${first!.id.slice(0, 8)}): scores.json does not match its checksum, so that only what was measured at once counts: "neckar measure fake --runs ${join(base, 'runs')}" measures the rest again.`,
  ]);
  const { html } = await writeReport(input, join(base, 'report'));
  t.true((await readFile(html, 'utf8')).includes('scores.json does not match its checksum'));

  await addLaterScores(files, first!.folder, first!.result!, { 'later;x=1': score });
  t.deepEqual(damageSentences((await storedReport(folder)).trials), []);
});

test('results of two machines and two engines never share a timing chart, and the page says so', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trials } = await plannedFolder(base, [{}, {}, {}]);
  const files = diskFiles();
  const identities = [
    {},
    { host: 'elsewhere' },
    { engine: 'tensorflow', device: 'another, 8 threads' },
  ] as const;
  for (const [i, trial] of trials.entries()) {
    await execute(folder, trial);
    const { result } = (await status(folder)).trials[i]!;
    const moved = { ...result!, identity: { ...result!.identity, ...identities[i] } };
    await files.write(join(folder, 'trials', trial.id, 'result.json'), resultText(moved));
  }
  const input = await storedReport(folder);
  t.true(input.trials.every(({ state }) => state === 'complete'));
  const { html } = await writeReport(input, join(base, 'report'));
  const page = await readFile(html, 'utf8');
  t.true(page.includes('Run on different machines or engines, whose timings must not be compared'));
  t.true(page.includes('Machines, engines and picture sizes have panels of their own.'));
  t.true(page.includes('have panels of their own and are not to be compared.'));
  const charts = join(base, 'report', 'charts');
  for (const kind of ['timing-split', 'time-per-evaluation', 'total-over-seconds']) {
    const panels = (await readdir(charts)).filter((name) => name.startsWith(kind) && name.endsWith('.svg'));
    t.is(panels.length, 3, `${kind}: ${panels}`);
    // The losses' panels share one file.
    const own = kind === 'total-over-seconds' ? [] : panels.map((panel) => panel.replace(/svg$/, 'csv'));
    for (const panel of own) {
      const [head, ...rows] = (await readFile(join(charts, panel), 'utf8')).trim().split(/\r?\n/);
      t.true(head!.split(',').includes('machine') && rows.length > 0, panel);
      const on = (words: RegExp) => rows.filter((row) => words.test(row)).length;
      const machines = [on(/onnx .* elsewhere/), on(/tensorflow/), on(/onnx (?!.* elsewhere)/)];
      t.deepEqual(machines.sort(), [0, 0, rows.length].sort(), panel);
    }
  }
  const losses = await readFile(join(charts, 'losses.csv'), 'utf8');
  for (const words of [/onnx .* elsewhere/, /tensorflow/, /onnx (?!.* elsewhere)/]) t.regex(losses, words);
});

test('an experiment all of whose trials are damaged has no report, and says so', async (t) => {
  const { base, input } = await damaged(t, [
    (trial) => rm(inAttempt(trial, 'images/final.png')),
    (trial) => rm(join(trial, 'result.json')),
  ]);
  await t.throwsAsync(writeReport(input, join(base, 'report')), {
    name: 'NeckarError',
    message: /"fake" has no finished trial yet \(2 trials, 2 of them damaged\)/,
  });
});

test('trainings come with what is stored of them, as far as trials that are shown need them', async (t) => {
  const base = await temporaryFolder(t);
  const { folder, trainings, trials } = await plannedFolder(base, [
    { training: { samples: [4, 12] } },
    { training: { samples: [4, 12], seed: 7 } },
    { training: { seed: 5 } },
    {},
  ]);
  const [first, second] = trainings as [(typeof trainings)[number], (typeof trainings)[number]];
  await execute(folder, first);
  await execute(folder, trials[0]!);
  const input = await storedReport(folder);
  // What is not finished is not shown.
  t.deepEqual(
    input.trainings?.map(({ id }) => id),
    [first.id],
  );
  const [training] = input.trainings!;
  t.deepEqual(
    (await training!.trace()).map(({ evaluation }) => evaluation),
    [2, 4, 6, 8, 10, 12],
  );
  for (const { path } of training!.result.samples) t.true((await training!.picture(path)).length > 0);
  await execute(folder, second);
  t.is((await storedReport(folder)).trainings?.length, 2);
  const view = await storedReport(folder, undefined, { filter: 'seed=1' });
  t.deepEqual(
    view.trainings?.map(({ id }) => id),
    [first.id],
  );
});
