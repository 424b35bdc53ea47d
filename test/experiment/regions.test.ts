import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { contents, styles } from '../../fixtures/index.ts';
import type { ExperimentInput } from '../../src/experiment/define.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import type { LabelMapSettings, MaskSettings, TrialConfig } from '../../src/experiment/trial.ts';
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

function mapsOf({ regions }: TrialConfig): LabelMapSettings {
  return regions as LabelMapSettings;
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
  t.deepEqual(mapsOf(fixture!.config).content, contents.portrait.regions!.path);
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
  t.deepEqual(mapsOf(trial!.config).styles, [path('t.regions.png'), path('s.regions.png')]);
  t.is(trial!.names.style, '25%s+75%t');
  const [named] = plan({
    pairs: [
      { content: 'c.png', style: ['s.png', 't.png'], regions: { style: [file('one.png'), file('two.png')] } },
    ],
    regions: 'maps',
  });
  t.is(named!.names.style, 's+t');
  t.deepEqual(mapsOf(named!.config).styles, [path('one.png'), path('two.png')]);
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
    message: /c×s\+t has 2 styles, but region maps for 1; name them for each/,
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

function masksOf({ regions }: TrialConfig): MaskSettings['masks'] {
  return (regions as MaskSettings).masks;
}

test('masks are those that the pair names, else those beside the images', (t) => {
  for (const name of ['c.sky.mask.png', 'c.land.mask.png', 's.sky.mask.png']) file(name);
  const [trial] = plan({
    pairs: [
      { content: 'c.png', style: 's.png', masks: { style: { sky: file('a.png'), land: file('b.png') } } },
    ],
    regions: { from: 'masks', soften: 2 },
  });
  t.deepEqual(trial!.config.regions, {
    masks: {
      content: { land: path('c.land.mask.png'), sky: path('c.sky.mask.png') },
      styles: [{ land: path('b.png'), sky: path('a.png') }],
    },
    soften: 2,
  });
  t.is(trial!.label, plan({})[0]!.label);
  const [guided] = plan({}, ['regions=masks', 'regions.soften=3']);
  t.deepEqual(masksOf(guided!.config).styles, [{ sky: path('s.sky.mask.png') }]);
  t.is(guided!.config.regions!.soften, 3);
  const compared = plan({ regions: { $sweep: 'values', values: ['none', 'maps', 'masks'] } as never });
  t.deepEqual(
    compared.map(({ label }) => label),
    ['regions=none', 'regions=maps', 'regions=masks'],
  );
});

test('each style of a blend has its own masks, whatever order the blend is computed in', (t) => {
  const pair = (style: unknown) => ({
    content: 'c.png',
    style: ['s.png', { image: 't.png', weight: 3 }],
    masks: { content: { sky: file('a.png') }, style },
  });
  const [trial] = plan({
    pairs: [pair([{ sky: file('b.png') }, { sky: file('d.png') }]) as never],
    regions: 'masks',
  });
  t.is(trial!.config.style, path('t.png'));
  t.deepEqual(masksOf(trial!.config).styles, [{ sky: path('d.png') }, { sky: path('b.png') }]);
  t.throws(() => plan({ pairs: [pair({ sky: 'b.png' }) as never], regions: 'masks' }), {
    message: /c×25%s\+75%t has 2 styles, but masks for 1; name them for each/,
  });
});

test('missing masks and wrong names are said in a sentence', (t) => {
  const masked = (masks: unknown) =>
    plan({ pairs: [{ content: 'c.png', style: 's.png', masks: masks as never }], regions: 'masks' });
  file('plain.png');
  t.throws(() => plan({ pairs: [['plain.png', 's.png']], regions: 'masks' }), {
    message:
      /there are no masks of "[^"]*plain\.png"; put them beside it as "plain\.sky\.mask\.png" .*--mask-content sky=a\.png/,
  });
  const sky = { sky: file('a.png') };
  t.throws(() => masked({ content: { sky: 'gone.png' }, style: sky }), {
    message: /the mask "[^"]*gone\.png" of "sky" does not exist/,
  });
  t.throws(() => masked({ content: { 'the sky': 'a.png' }, style: { 'the sky': 'a.png' } }), {
    message: /a region cannot be called "the sky"/,
  });
  t.throws(() => masked({ content: {}, style: sky }), { message: /none is named for "[^"]*c\.png"/ });
  t.throws(() => masked({ content: 'a.png', style: sky }), { message: /masks\.content/ });
  t.throws(() => masked({ contents: sky }), { message: /contents/ });
});

test("ids: a mask's bytes and name count, its path and the order of masks do not", async (t) => {
  file('a.png');
  file('b.png');
  const idOf = async (content: Record<string, string>, soften = 0) => {
    const masks = { content, style: { sky: 'a.png', land: 'b.png' } };
    const trials = plan({
      pairs: [{ content: 'c.png', style: 's.png', masks }],
      regions: { from: 'masks', soften },
    });
    return (await identifyTrials(trials))[0]!.id;
  };
  const id = await idOf({ sky: 'a.png', land: 'b.png' });
  t.is(await idOf({ land: 'b.png', sky: file('same.png', 'a.png') }), id);
  const others = [
    await idOf({ sky: 'b.png', land: 'a.png' }),
    await idOf({ sky: 'a.png', hill: 'b.png' }),
    await idOf({ sky: 'a.png', land: 'b.png' }, 1),
    (await identifyTrials(plan({ regions: 'maps' })))[0]!.id,
  ];
  t.is(new Set([id, ...others]).size, 1 + others.length);
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
