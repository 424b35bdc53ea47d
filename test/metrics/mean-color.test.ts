/** How far a picture's mean colour is off the style's. */
import test from 'ava';
import { meanColorDistance, meanColorToStyle, ownColors } from '../../metrics/mean-color.ts';
import { scoreOf } from '../../metrics/metric.ts';
import { essentialMetrics } from '../../metrics/registry.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import type { Method, NetworkMethod } from '../../src/external/method.ts';
import { ciede2000, type Triple } from '../../src/images/color.ts';
import { createImage } from '../../src/images/image.ts';
import { labToRgb } from '../images/lab.ts';
import { constantImage, inputOf } from './pictures.ts';

test('it is the difference of the mean colours, wherever they lie in the pictures', (t) => {
  const one: Triple = [60, 30, 10];
  const other: Triple = [40, -10, 10];
  const striped = createImage(10, 4, (x) => labToRgb(...(x % 2 === 0 ? one : other)));
  const halved = createImage(6, 10, (_, y) => labToRgb(...(y < 5 ? other : one)));
  t.true(meanColorDistance(striped, halved) < 1e-4);
  // Against the mean by hand: (50, 10, 10).
  const blue: Triple = [50, 0, -20];
  const wanted = ciede2000([50, 10, 10], blue);
  t.true(Math.abs(meanColorDistance(striped, constantImage(3, 3, labToRgb(...blue))) - wanted) < 1e-3);
});

test('a published pair of CIEDE2000 comes out as published', (t) => {
  // Sharma, Wu & Dalal 2005, table 1, pair 25.
  const first = constantImage(4, 4, labToRgb(60.2574, -34.0099, 36.2677));
  const second = constantImage(4, 4, labToRgb(60.4626, -34.1751, 39.4387));
  t.true(Math.abs(meanColorDistance(first, second) - 1.2644) < 5e-3);
});

test('every trial is measured by it', (t) => {
  t.true(essentialMetrics().some(({ id }) => id === meanColorToStyle.id));
});

test('it is refused, in one sentence, where the picture is not to have the style’s mean', async (t) => {
  const pairs = [['c.png', 's.png']] as const;
  const config = (more: object) =>
    planTrials({ name: 'm', pairs, losses: ['content', 'gram'], ...more } as never).trials[0]!.config;
  t.is(ownColors(config({})), undefined);
  const cases = [
    config({ color: 'luminance' }),
    config({ color: 'match-histogram' }),
    config({ losses: ['content'] }),
    config({ pairs: [{ content: 'c.png', style: [{ image: 's.png' }, { image: 't.png' }] }] }),
    { ...config({}), regions: { content: 'c', styles: ['s'], soften: 0 } },
    { ...config({ color: 'luminance' }), method: { kind: 'network' } as NetworkMethod, losses: [] },
  ];
  // A network has no losses, and is to have the style's mean all the same; of a program's picture it is not known.
  const network = { kind: 'network' } as NetworkMethod;
  t.is(ownColors({ ...config({}), method: network, losses: [] }), undefined);
  const program = { kind: 'command' } as Method;
  t.is(ownColors({ ...config({ color: 'luminance' }), method: program, losses: [] }), undefined);
  const image = constantImage(8, 8, [0.2, 0.4, 0.6]);
  for (const one of cases) {
    const sentence = ownColors(one);
    t.regex(sentence!, /^[A-Z].*\.$/);
    const score = await scoreOf(meanColorToStyle, { ...inputOf(image), ownColors: sentence });
    t.is('refused' in score ? score.refused : undefined, sentence);
  }
});
