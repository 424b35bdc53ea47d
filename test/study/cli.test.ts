import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { simulateRaters } from '../../src/study/analysis/simulate.ts';
import { checkConsent, consentBlocks } from '../../src/study/form/consent.ts';
import { parseLanguage } from '../../src/study/form/language.ts';
import { parseQuestions } from '../../src/study/form/question-file.ts';
import { shippedTexts } from '../../src/study/form/shipped.ts';
import { withdrawalCode } from '../../src/study/storage/codes.ts';
import { StudyStore } from '../../src/study/storage/store.ts';
import { neckar, refused } from '../cli/_run.ts';
import { background, conditions, methodNames, studyFolder, temporaryFolder } from './_study.ts';

const id = (n: number) => n.toString(16).padStart(32, '0');

/** A study that twelve made-up raters have answered. */
async function answered(t: ExecutionContext) {
  const { folder, study } = await studyFolder(await temporaryFolder(t), { minutes: 14 });
  const store = new StudyStore(folder, study);
  const scores = {
    preference: [0, 2, 1, -1],
    style: [0, 1, 1, 0],
    content: [0, 0, 0, 0],
    artefacts: [0, 0, 1, 0],
  };
  const { answers, raters } = simulateRaters(study, study.sessions, { scores }, 1);
  for (const [n, { id: name }] of raters.entries()) {
    const rater = store.begin(
      { token: id(n + 1), language: 'en', background, conditions },
      (slot) => study.sessions[slot]!,
    );
    const own = answers.filter((answer) => answer.rater === name);
    await store.save(
      rater,
      own.map(({ trial, question, choice, milliseconds }, i) => {
        return {
          id: id(100_000 * (n + 1) + i),
          trial,
          question,
          choice,
          milliseconds,
          revision: 0,
          zooms: 0,
        };
      }),
    );
    store.finish(id(n + 1));
  }
  store.close();
  return { folder, study };
}

test('from the answers to words, JSON, a page and tables', async (t) => {
  const { folder } = await answered(t);
  const said = await neckar(['study', 'analyse', folder, '--resamples', '60']);
  t.is(said.code, 0, said.stderr);
  t.regex(said.stderr, /--resamples does nothing: intervals are computed, no longer drawn\./);
  t.regex(said.stdout, /12 raters, \d+ answers\. Reference: gramophone\. Primary question: preference\./);
  t.regex(said.stdout, /preference \(primary\): \d+ comparisons/);
  t.regex(said.stdout, /patchwork +\+\d\.\d\d +\[.*JOD.*p .*\(Holm\)/);
  const json = JSON.parse(await readFile(join(folder, 'analysis.json'), 'utf8'));
  t.is(json.all.raters, 12);
  const page = await readFile(join(folder, 'analysis.html'), 'utf8');
  for (const name of methodNames) t.true(page.includes(name));
  t.notRegex(page, /NaN|undefined|\[object/);

  const exported = await neckar(['study', 'export', folder]);
  t.is(exported.code, 0, exported.stderr);
  const raters = (await readFile(join(folder, 'export', 'raters.csv'), 'utf8')).trim().split('\r\n');
  t.is(raters.length, 13);
  t.false(raters.join().includes(id(1)));
  const rows = (await readFile(join(folder, 'export', 'answers.csv'), 'utf8')).trim().split('\r\n');
  t.regex(rows[0]!, /^rater,trial,pair,role,question,left,right,choice/);
  t.true(rows.length > 300);
  const tidy = (await readFile(join(folder, 'export', 'tidy.csv'), 'utf8')).trim().split('\r\n');
  const columns = (await readFile(join(folder, 'export', 'tidy-columns.csv'), 'utf8')).trim().split('\r\n');
  t.is(tidy[0]!.split(',').length, columns.length - 1);
  t.is(tidy.length, rows.length);
  // All twelve told the same about themselves; those whom the rules leave out are not in the table of the sample.
  const { raters: sample } = json.composition;
  t.is(sample, json.screened.raters);
  const composition = await readFile(join(folder, 'export', 'composition.csv'), 'utf8');
  t.true(
    composition.includes(`artTraining,Training in art,degree,In a degree,${sample},100\r\n`),
    composition,
  );
  t.regex(await readFile(join(folder, 'export', 'composition.tex'), 'utf8'), /\\begin\{tabular\}/);
  t.true(page.includes('Who took part') && page.includes('No row stands for fewer than 5'));
  const alone = join(folder, 'alone');
  const only = await neckar(['study', 'export', folder, '--tidy', '-o', alone]);
  t.is(only.code, 0, only.stderr);
  t.deepEqual((await readdir(alone)).sort(), ['tidy-columns.csv', 'tidy.csv']);

  const gone = await neckar(['study', 'withdraw', folder, withdrawalCode(id(1))]);
  t.regex(gone.stdout, /^Deleted, and the analysis with it\./);
  for (const name of ['analysis.json', 'analysis.html']) t.false(existsSync(join(folder, name)), name);
  t.regex((await neckar(['study', 'analyse', folder])).stdout, /11 raters/);
});

test('status: plain lines, JSON, and nothing about who the raters are', async (t) => {
  const { folder } = await answered(t);
  const said = await neckar(['study', 'status', folder]);
  t.is(said.code, 0, said.stderr);
  t.regex(
    said.stdout,
    /^small \(version 1\): 12 of 12 planned raters finished, 0 answering, 0 paused; \d+ answers\n/,
  );
  t.is(said.stdout.trim().split('\n').length, 3 + 12);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  t.notRegex(said.stdout, /\u001b/);
  const found = JSON.parse((await neckar(['study', 'status', folder, '--json'])).stdout);
  t.is(found.sessions.length, 12);
  t.is(
    found.sessions.every((one: { answered: number; asked: number }) => one.answered === one.asked),
    true,
  );
  for (const word of ['master', '30-44', id(1)]) t.false(JSON.stringify(found).includes(word), word);
});

test('templates are what `study new` takes', async (t) => {
  const language = await neckar(['study', 'template', 'language', '--from', 'de']);
  t.is(parseLanguage(language.stdout, 'de.json').tag, 'de');
  const questions = await neckar(['study', 'template', 'questions']);
  t.is(parseQuestions(questions.stdout, 'q.json', shippedTexts).questions.length, 4);
  const consent = await neckar(['study', 'template', 'consent']);
  t.true(consentBlocks(checkConsent(new TextEncoder().encode(consent.stdout), 'c.md')).length > 2);
});

test('forms are handed out and foreign files refused', async (t) => {
  const base = await temporaryFolder(t);
  const { folder } = await studyFolder(base, { minutes: 14 });
  const out = join(base, 'forms');
  const { code, stdout } = await neckar(['study', 'export-form', folder, '--count', '2', '-o', out]);
  t.is(code, 0);
  t.is(stdout.trim().split('\n').length, 2);
  const active = await studyFolder(join(base, 'many'), { methods: 14, minutes: 9, kind: 'active', size: 24 });
  const chosen = await neckar(['study', 'export-form', active.folder, '-o', out]);
  t.is(chosen.code, 0);
  t.regex(
    chosen.stderr,
    /a form without a network cannot: its pairs were chosen now, from 0 answers\. Import what/,
  );
  const stray = join(base, 'stray.json');
  await writeFile(stray, '{"kind":"something else"}');
  const taken = await refused(['study', 'import', folder, stray, join(base, 'missing.json')]);
  t.is(taken.code, 1);
  t.regex(taken.stderr, /"[^"]*stray\.json" is not a file of answers.*\n.*missing\.json" cannot be read/);
});

test('wrong input is one sentence', async (t) => {
  const base = await temporaryFolder(t);
  const { folder } = await studyFolder(base, { minutes: 14 });
  for (const [args, message] of [
    [
      ['study', 'analyse', 'nothing', '--studies', base],
      /There is no study "nothing"; in ".*" there are: study/,
    ],
    [['study', 'analyse', folder], /Nobody has answered "small" yet/],
    [['study', 'withdraw', folder, 'abc'], /There are no answers with the code "abc"/],
    [['study', 'serve', folder, '--port', '99999'], /Expected a port from 0 to 65535/],
    [['study', 'serve', folder, '--tls-cert', 'x.pem'], /--tls-cert and --tls-key belong together/],
    [
      ['study', 'serve', folder, '--tls-cert', 'x.pem', '--tls-key', 'y.pem'],
      /--tls-cert "x\.pem" cannot be read/,
    ],
    [['study', 'plan', '--preference', '40'], /a difference is above 50 percent/],
    [['study', 'plan', '--minutes', '50'], /up to 30 minutes/],
    [['study', 'plan', '--pairs', '1'], /--pairs 1: a test needs at least two content\/style pairs/],
    [['study', 'plan', '--raters', '1'], /--raters 1: a test needs at least two raters/],
    [['study', 'new', 'nothing', '--runs', base], /There are no runs of "nothing"/],
    [['study', 'new', 'nothing', '--design', 'fancy'], /Allowed choices are blocks, active/],
    [['study', 'template', 'langauge'], /Allowed choices are language, questions, consent/],
    [['study', 'status', 'nothing', '--studies', base], /There is no study "nothing"/],
    [['study', 'status', folder, '--watch', '--interval', '0'], /Expected a number above 0/],
    [['study', 'export', folder, '-k', '4'], /--smallest-group 4: raters were promised .* Give 5 or more/],
    [['study', 'analyse', folder, '-k', '2'], /--smallest-group 2: raters were promised/],
  ] as const) {
    const { code, stderr } = await refused([...args]);
    t.is(code, 2, args.join(' '));
    t.regex(stderr, message);
    t.is(stderr.trim().split('\n').length, 1);
  }
});

test('a plan says how many raters, and the better method is found more often with more of them', async (t) => {
  const power = async (raters: string) => {
    const { stdout } = await neckar([
      'study',
      'plan',
      ...[
        '--raters',
        raters,
        '--repetitions',
        '12',
        '--preference',
        '80',
        '--methods',
        '3',
        '--pairs',
        '8',
        '--json',
      ],
    ]);
    return JSON.parse(stdout).rows[0] as { power: number; falseFindings: number };
  };
  const [few, many] = [await power('4'), await power('40')];
  t.true(few.power < many.power, `${few.power} ${many.power}`);
  t.true(many.power >= 0.75);
});
