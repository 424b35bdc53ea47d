/** What verbs write never replaces what a person put in, or what is not theirs. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { storedReport } from '../../reports/stored.ts';
import { writeReport } from '../../reports/write.ts';
import { execute, plannedFolder, temporaryFolder } from '../runs/support.ts';
import { refused } from './_run.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-outputs-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

for (const name of [
  'photo',
  'paint',
  'oil',
  'map',
  'mask',
  'start',
  'weights',
  'photo.regions',
  'photo.sky.mask',
]) {
  writeFileSync(at(`${name}.png`), name);
}
symlinkSync(at('photo.png'), at('link.png'));

const pair = ['--content', at('photo.png'), '--style', at('paint.png')];
const maps = ['--regions-content', at('map.png'), '--regions-style', at('map.png')];
const masks = ['--mask-content', `sky=${at('mask.png')}`, '--mask-style', `sky=${at('mask.png')}`];

/** The output, further arguments, and what it is. */
const cases: readonly (readonly [output: string, args: readonly string[], role: string])[] = [
  ['photo.png', [], 'content image'],
  ['link.png', [], 'content image'],
  ['paint.png', [], 'style image'],
  ['oil.png', ['--style', at('oil.png')], 'style image'],
  ['map.png', maps, 'region map'],
  ['photo.regions.png', [], 'region map'],
  ['mask.png', masks, 'mask'],
  ['photo.sky.mask.png', ['--regions', 'masks', '--mask-style', `sky=${at('mask.png')}`], 'mask'],
  ['start.png', [`initialization={from: file, file: ${at('start.png')}}`], 'initial image'],
  ['weights.png', ['--encoder', 'vgg19', '--weights', at('weights.png')], 'weight file'],
];

for (const [output, args, role] of cases) {
  test(`transfer refuses to write over its ${role}, ${output}`, async (t) => {
    const { code, stderr } = await refused(['transfer', ...pair, ...args, '-o', at(output)]);
    t.is(code, 2, stderr);
    t.regex(
      stderr,
      new RegExp(`^neckar: ".*${output}" is the ${role}.* itself, which would be lost; [^\\n]*\\n$`),
    );
    t.is(
      readFileSync(at(output), 'utf8'),
      output === 'link.png' ? 'photo' : output.slice(0, -4),
      'untouched',
    );
  });
}

test('a report goes into a folder of its own or of a report, and removes nothing of anybody else', async (t) => {
  const base = await temporaryFolder(t);
  const { folder: experiment, trials } = await plannedFolder(base, [{}]);
  await execute(experiment, trials[0]!);
  const input = await storedReport(experiment);
  for (const [name, file] of [
    ['site', 'index.html'],
    ['holiday', 'pictures/beach.webp'],
    ['talk', 'charts/results.png'],
    ['lab', 'scores.csv'],
  ] as const) {
    const place = join(base, name, file);
    mkdirSync(join(place, '..'), { recursive: true });
    writeFileSync(place, 'mine');
    const outcome = await refused(['report', experiment, '-o', join(base, name)]);
    t.is(outcome.code, 2);
    t.regex(outcome.stderr, /holds .*, which no report of Neckar has written and a report would replace/);
    t.is(readFileSync(place, 'utf8'), 'mine');
  }
  const own = join(base, 'own');
  await writeReport(input, own, { pictures: 'folder' });
  writeFileSync(join(own, 'charts', 'old.png'), 'of an earlier report');
  await writeReport(input, own);
  t.throws(() => readFileSync(join(own, 'charts', 'old.png')), { code: 'ENOENT' });
  // One that was interrupted before its page was there.
  rmSync(join(own, 'index.html'));
  writeFileSync(join(own, '.report-unfinished'), '');
  await t.notThrowsAsync(writeReport(input, own));
});

test('a view of a report does not replace the whole of it', async (t) => {
  const base = await temporaryFolder(t);
  const { folder: experiment, trials } = await plannedFolder(base, [{}, {}]);
  for (const trial of trials) await execute(experiment, trial);
  const outcome = await refused(['report', experiment, '--filter', 'seed=1']);
  t.regex(outcome.stderr, /a view of the trials does not replace the report of all of them/);
});
