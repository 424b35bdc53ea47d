import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import type { TrialConfig } from '../../src/experiment/trial.ts';
import { pictureShapes } from '../../src/runs/forecast/shapes.ts';
import { foreignSizesSentence } from '../../src/runs/foreign-sizes.ts';
import { temporaryFolder } from './support.ts';

test('pictures of other methods of another size are said, with both sizes; rounding is none', async (t) => {
  const folder = await temporaryFolder(t);
  const paint = async (name: string, width: number, height: number): Promise<string> => {
    const file = join(folder, name);
    await sharp({ create: { width, height, channels: 3, background: 'teal' } })
      .png()
      .toFile(file);
    return file;
  };
  const content = await paint('content.png', 300, 200);
  const trial = (label: string, file: string | undefined, images?: { width: number; height: number }) => ({
    label,
    config: {
      content,
      style: content,
      sizes: [96],
      ...(file && { method: { kind: 'images', pattern: '', file } }),
    } as unknown as TrialConfig,
    ...(images && { result: { images } as never }),
  });
  const sentence = async (...trials: ReturnType<typeof trial>[]) =>
    await foreignSizesSentence(trials, await pictureShapes(trials.map(({ config }) => config)));

  const exact = await paint('exact.png', 96, 64);
  const rounded = await paint('rounded.png', 96, 63);
  const large = await paint('large.png', 192, 128);
  t.is(await sentence(trial('ours', undefined), trial('a', exact), trial('b', rounded)), undefined);
  t.is(await sentence(trial('gone', join(folder, 'gone.png'))), undefined, 'its trial says so');
  t.regex(
    (await sentence(trial('a', exact), trial('theirs', large)))!,
    /: theirs is 192×128, not 96×64\. They are kept/,
  );
  t.regex((await sentence(trial('c', large, { width: 64, height: 96 })))!, /c is 64×96, not 96×64/);
  t.regex(
    (await sentence(...Array.from({ length: 6 }, (_, i) => trial(`t${i}`, large))))!,
    /t3 is 192×128, not 96×64 and 2 more\./,
  );
});
