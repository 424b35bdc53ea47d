import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { contents } from '../../../fixtures/index.ts';
import { diskFiles } from '../../../src/runs/files.ts';
import { resultsBeside } from '../../../src/runs/forecast/others.ts';
import { pictureShapes } from '../../../src/runs/forecast/shapes.ts';
import { fakeConfig } from '../fake-trial.ts';
import { temporaryFolder } from '../support.ts';

test('finished trials of other experiments count, where they come from this machine', async (t) => {
  const runs = await temporaryFolder(t);
  const result = (host: string) =>
    JSON.stringify({
      config: fakeConfig('c.png', {}),
      identity: { host },
      timing: { evaluate: 1 },
      cost: { evaluations: 10 },
    });
  const put = async (experiment: string, id: string, text: string) => {
    const folder = join(runs, experiment, 'trials', id);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'result.json'), text);
  };
  await put('own', 'a', result(hostname()));
  await put('other', 'b', result(hostname()));
  await put('other', 'c', result('another machine'));
  await put('other', 'd', '{"config": {}');
  await put('other', 'e', '{"config": {"encoder": null}}');
  await put('third', 'f', result(hostname()));
  await mkdir(join(runs, 'third', 'trials', 'running'));
  await mkdir(join(runs, '.hidden', 'trials'), { recursive: true });
  await writeFile(join(runs, 'notes.txt'), '');
  await utimes(join(runs, 'other', 'trials'), new Date(1000), new Date(1000));
  const found = await resultsBeside(diskFiles(), runs, 'own');
  t.is(found.length, 2);
  t.deepEqual(await resultsBeside(diskFiles(), join(runs, 'none'), 'own'), []);
});

test('shapes are read from headers; what is no picture is taken as square', async (t) => {
  const folder = await temporaryFolder(t);
  const text = join(folder, 'text.png');
  await writeFile(text, 'no picture');
  const config = fakeConfig(contents.town.path, {});
  const shapes = await pictureShapes([
    { ...config, style: text },
    { ...config, style: join(folder, 'gone.png') },
  ]);
  // 768×512.
  t.deepEqual(shapes(contents.town.path, 384), [256, 384]);
  t.deepEqual(shapes(text, 100), [100, 100]);
  t.deepEqual(shapes('unheard of', 100), [100, 100]);
});
