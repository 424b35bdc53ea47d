import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { contents, styles } from '../../fixtures/index.ts';
import type { ExperimentInput } from '../../src/experiment/define.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import { identifyTrials } from '../../src/runs/identity.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-regions-plan-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text = name): string {
  writeFileSync(join(folder, name), text);
  return name;
}
const path = (name: string) => join(folder, name);
for (const name of ['c.png', 's.png', 't.png', 'c.regions.png', 's.regions.png', 't.regions.png']) file(name);

function plan(experiment: Partial<ExperimentInput>, overrides: readonly string[] = []) {
  return planTrials(
    { name: 'e', losses: ['content', 'gram'], pairs: [['c.png', 's.png']], ...experiment },
    { folder, overrides },
  ).trials;
}

test('regions are compared with none; without them a configuration is as it always was', (t) => {
  const [without, guided] = plan({ sweep: { $sweep: 'grid', axes: { regions: ['none', 'maps'] } } as never });
  t.is(without!.config.regions, undefined);
  t.false('regions' in plan({})[0]!.config);
  t.deepEqual(guided!.config.regions, {
    content: path('c.regions.png'),
    styles: [path('s.regions.png')],
    soften: 0,
  });
  t.deepEqual([without!.label, guided!.label], ['regions=none', 'regions=maps']);
});

test('maps are those that the pair names, else those beside the images', (t) => {
  const [trial] = plan({
    pairs: [{ content: 'c.png', style: 's.png', regions: { style: file('mask.png') } }],
    regions: { from: 'maps', soften: 2.5 },
  });
  t.deepEqual(trial!.config.regions, {
    content: path('c.regions.png'),
    styles: [path('mask.png')],
    soften: 2.5,
  });
  const [fixture] = plan({ pairs: [[contents.portrait, styles.fauve]], regions: 'maps' });
  t.deepEqual(fixture!.config.regions!.content, contents.portrait.regions!.path);
  t.is(plan({}, ['regions=maps', 'regions.soften=4'])[0]!.config.regions!.soften, 4);
});

test('missing maps and wrong settings are said in a sentence', (t) => {
  file('bare.png');
  t.throws(() => plan({ pairs: [['bare.png', 's.png']], regions: 'maps' }), {
    message:
      /regions: there is no region map of "[^"]*bare\.png"; put one beside it as "bare\.regions\.png", or name it: in pairs \{ content/,
  });
  const gone = { content: 'c.png', style: 's.png', regions: { content: 'gone.png' } };
  t.throws(() => plan({ pairs: [gone], regions: 'maps' }), {
    message: /region map "[^"]*gone\.png" does not exist/,
  });
  t.throws(() => plan({ regions: 'mask' as never }), { message: /regions/ });
  t.throws(() => plan({ regions: { from: 'maps', soften: -1 } }), { message: /regions\.soften/ });
});

test('a blend: weights sum to one, the greatest first, each with its own map', (t) => {
  const [trial] = plan({
    pairs: [{ content: 'c.png', style: [{ image: 's.png' }, { image: 't.png', weight: 3 }] }],
    regions: 'maps',
  });
  t.is(trial!.config.style, path('t.png'));
  t.deepEqual(trial!.config.styles, [
    { file: path('t.png'), weight: 0.75 },
    { file: path('s.png'), weight: 0.25 },
  ]);
  t.deepEqual(trial!.config.regions!.styles, [path('t.regions.png'), path('s.regions.png')]);
  t.is(trial!.names.style, '25%s+75%t');
  const [named] = plan({
    pairs: [
      { content: 'c.png', style: ['s.png', 't.png'], regions: { style: [file('one.png'), file('two.png')] } },
    ],
    regions: 'maps',
  });
  t.is(named!.names.style, 's+t');
  t.deepEqual(named!.config.regions!.styles, [path('one.png'), path('two.png')]);
  t.false('styles' in plan({ pairs: [{ content: 'c.png', style: ['s.png'] }] })[0]!.config);
});

test('styles by name may be blends, each paired with every content', (t) => {
  const trials = plan({
    pairs: undefined,
    contents: ['c.png'],
    styles: { plain: 's.png', both: ['s.png', { image: 't.png', weight: 0.5 }] },
  });
  t.deepEqual(
    trials.map(({ names, config }) => [names.style, config.styles?.length]),
    [
      ['plain', undefined],
      ['both', 2],
    ],
  );
});

test('wrong blends are said in a sentence', (t) => {
  const blend = (style: unknown) => plan({ pairs: [{ content: 'c.png', style: style as never }] });
  t.throws(() => blend([{ image: 's.png', weight: 0 }, 't.png']), { message: /weight/ });
  t.throws(() => blend([{ image: 's.png', wieght: 2 }, 't.png']), { message: /wieght/ });
  t.throws(() => blend([]), { message: /style/ });
  const one = { content: 'c.png', style: ['s.png', 't.png'], regions: { style: 's.regions.png' } };
  t.throws(() => plan({ pairs: [one], regions: 'maps' }), {
    message: /1 region maps are named for 2 styles of c×s\+t; name one for each/,
  });
  t.throws(
    () =>
      plan({
        losses: undefined,
        pairs: [{ content: 'c.png', style: ['s.png', 't.png'] }],
        variants: { theirs: { command: 'x {content} {style} {output}' } },
      }),
    { message: /variants\.theirs: another method takes one style, but s\+t is 2/ },
  );
});

test('ids: the bytes of maps and further styles count, the paths do not', async (t) => {
  const guided: Partial<ExperimentInput> = {
    pairs: [{ content: 'c.png', style: ['s.png', 't.png'] }],
    regions: { from: 'maps', soften: 1 },
  };
  const idOf = async (experiment: Partial<ExperimentInput>) =>
    (await identifyTrials(plan(experiment)))[0]!.id;
  const id = await idOf(guided);
  const others = [
    await idOf({ ...guided, regions: 'none' }),
    await idOf({ ...guided, regions: { from: 'maps', soften: 2 } }),
    await idOf({ ...guided, pairs: [{ content: 'c.png', style: ['s.png', { image: 't.png', weight: 2 }] }] }),
    await idOf({ ...guided, pairs: [['c.png', 's.png']] }),
  ];
  file('copy.png', 't.png');
  file('copy.regions.png', 't.regions.png');
  t.is(await idOf({ ...guided, pairs: [{ content: 'c.png', style: ['s.png', 'copy.png'] }] }), id);
  for (const changed of ['t.png', 's.regions.png', 'c.regions.png']) {
    file(changed, 'other bytes');
    others.push(await idOf(guided));
    file(changed);
  }
  t.is(await idOf(guided), id);
  t.is(new Set([id, ...others]).size, 1 + others.length);
});
