import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ratedStudies } from '../../../reports/people/rated.ts';
import { writeReport } from '../../../reports/write.ts';
import { analysisText, parseAnalysis } from '../../../src/study/analysis/stored.ts';
import { StudyStore } from '../../../src/study/storage/store.ts';
import { background, bareStudy, conditions, temporaryFolder } from '../../study/_study.ts';
import { synthetic } from '../_synthetic.ts';
import { analysisOf } from './_analysis.ts';

const tiny = { size: 48, evaluations: 8, contents: ['hillside'], variants: ['gram', 'patches'] } as const;
const id = (n: number) => n.toString(16).padStart(32, '0');
const ofSmall = { name: 'small', trials: [] };

/** The folder of studies with one of experiment `small` in it. */
async function studies(t: ExecutionContext, analysis?: string) {
  const parent = await temporaryFolder(t);
  const folder = join(parent, 'small');
  await mkdir(folder);
  const study = bareStudy({ pairs: 6, raters: 40 });
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(study));
  if (analysis !== undefined) await writeFile(join(folder, 'analysis.json'), analysis);
  return { parent, folder, study };
}

test('an analysis survives its file, what is no number too', (t) => {
  const analysis = analysisOf();
  const odd = { ...analysis, ratingAgreement: { ...analysis.ratingAgreement, icc: Number.NaN } };
  const { excluded, ...back } = parseAnalysis(analysisText(odd), 'analysis.json');
  t.deepEqual(
    { excluded, ...back },
    JSON.parse(JSON.stringify(odd), (_, value) => value ?? Number.NaN),
  );
  t.is(back.ratingAgreement.icc, Number.NaN);
});

test('the report says and draws what people said', async (t) => {
  const analysis = analysisOf({ careless: true });
  const folder = await temporaryFolder(t);
  const input = { ...synthetic(tiny), ratings: [{ study: 'small', analysis, remarks: ['Look twice.'] }] };
  const { html, files } = await writeReport(input, folder);
  const page = await readFile(html, 'utf8');
  const start = page.indexOf('<section id="people"');
  const section = page.slice(start, page.indexOf('<section id="', start + 1));
  t.regex(page, /<a href="#people">People<\/a>/);
  for (const words of [
    'What people said',
    'Look twice.',
    '39 raters',
    '1 of 40 were left out',
    'Which number predicts people?',
    'With everyone (40 raters)',
    'the unmodified content',
    'Sub-groups: exploratory',
  ]) {
    t.true(section.includes(words), words);
  }
  t.notRegex(section, /NaN|undefined|\[object/);
  t.is(section.match(/class="drawing"/g)?.length, 11);
  for (const ending of ['svg', 'png', 'csv'])
    t.true(files.includes(join(folder, 'charts', `people-scale-preference.${ending}`)), ending);
  const words = await readFile(join(folder, 'summary.md'), 'utf8');
  t.regex(words, /## What people said\n\nLook twice\.\n\n39 raters, \d+ answers; 1 of 40 were left out/);
  t.regex(words, /\| Which do you prefer\? \| patchwork \| \+\d\.\d\d \[/);
  t.regex(words, /Which number predicts people\?[^|]*\| Metric \|/);
});

test('several studies of one experiment each have their part and their files', async (t) => {
  const analysis = analysisOf();
  const folder = await temporaryFolder(t);
  const ratings = [
    { study: 'first', analysis, remarks: [] },
    { study: 'second', analysis, remarks: [] },
    { study: 'third', problem: 'Its analysis is damaged.' },
  ];
  const { html, files } = await writeReport({ ...synthetic(tiny), ratings }, folder);
  const page = await readFile(html, 'utf8');
  for (const { study } of ratings) t.true(page.includes(`Study ${study}`));
  t.true(page.includes('Study third: Its analysis is damaged.'));
  for (const name of ['people-first-scale-preference', 'people-second-scale-preference'])
    t.true(files.includes(join(folder, 'charts', `${name}.svg`)), name);
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, one]) => one);
  t.is(new Set(ids).size, ids.length, 'no id twice');
});

test('studies are found by their experiment; those of others, or not yet answered, are not', async (t) => {
  const { parent } = await studies(t);
  t.deepEqual(await ratedStudies(parent, ofSmall), []);
  t.deepEqual(await ratedStudies(parent, { name: 'other', trials: [] }), []);
  t.deepEqual(await ratedStudies(join(parent, 'nowhere'), ofSmall), []);
});

test('a current analysis is shown; pictures of other trials are told of', async (t) => {
  const { study } = await studies(t);
  const { parent } = await studies(t, analysisText(analysisOf({ hash: study.hash })));
  const [one] = await ratedStudies(parent, ofSmall);
  t.true('analysis' in one!);
  t.deepEqual('remarks' in one! && one.remarks, [
    '24 of the 24 pictures that people saw are not of this report’s trials: the experiment has changed since.',
  ]);
  const trials = study.pairs.flatMap(({ results }) => results.map(({ trial }) => ({ id: trial })));
  const [known] = await ratedStudies(parent, { name: 'small', trials: trials as never });
  t.deepEqual('remarks' in known! && known.remarks, []);
});

test('an analysis that is damaged, outdated or missing is a sentence, not a failure', async (t) => {
  const { study } = await studies(t);
  const current = analysisText(analysisOf({ hash: study.hash }));
  for (const [text, message] of [
    [
      current.slice(0, 400),
      /"[^"]*analysis\.json" is damaged \(it is not JSON\)\. Make it again: neckar study analyse \S+$/,
    ],
    [current.replace('"raters": 40', '"raters": "many"'), /is damaged \(all\.raters: /],
    ['null', /is damaged \(it holds no analysis\)/],
    [
      current.replace(/"analysisVersion": \d+/, '"analysisVersion": 99'),
      /was written by another version of Neckar/,
    ],
    [current.replace(study.hash, '0'.repeat(64)), /is of an earlier version of the study\. Make it again/],
  ] as const) {
    const { parent } = await studies(t, text);
    const [one] = await ratedStudies(parent, ofSmall);
    t.regex('problem' in one! ? one.problem : 'no problem', message);
  }
  const { parent, folder } = await studies(t, current);
  await writeFile(join(folder, 'manifest.json'), '{"experiment":"small"}');
  const [broken] = await ratedStudies(parent, ofSmall);
  t.regex('problem' in broken! ? broken.problem : '', /manifest\.json" is not a study's manifest/);
});

test('answers that came later, and raters who have withdrawn since, are noticed', async (t) => {
  const { study } = await studies(t);
  const none = { ...analysisOf({ hash: study.hash }) };
  const before = { ...none, all: { ...none.all, answers: 0 } };
  const { parent, folder } = await studies(t, analysisText(before));
  const store = new StudyStore(folder, study);
  const rater = store.begin(
    { token: id(1), language: 'en', background, conditions },
    (slot) => study.sessions[slot]!,
  );
  const answer = { id: id(9), trial: 0, question: 'preference', revision: 0, choice: 'left' } as const;
  await store.save(rater, [{ ...answer, milliseconds: 1000, zooms: 0 }]);
  store.close();
  const [later] = await ratedStudies(parent, ofSmall);
  t.regex('remarks' in later! ? later.remarks[0]! : '', /^1 answer has come in since it was analysed/);
  const again = new StudyStore(folder, study);
  const { withdrawalCode } = await import('../../../src/study/storage/codes.ts');
  t.true(again.withdraw(withdrawalCode(id(1))));
  again.close();
  const [gone] = await ratedStudies(parent, ofSmall);
  t.regex('problem' in gone! ? gone.problem : '', /A rater has withdrawn since it was analysed/);
});
