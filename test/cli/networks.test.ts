import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { contents, styles } from '../../fixtures/index.ts';
import { readImageInfo } from '../../src/images/decode.ts';
import { encodeParameters } from '../../src/networks/parameters.ts';
import { randomParameters, tiny } from '../networks/_networks.ts';
import { neckar, refused } from './_run.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-cli-networks-'));
test.after.always(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const env = { NECKAR_WEIGHTS: at('weights') };
writeFileSync(at('tiny.safetensors'), encodeParameters(tiny, randomParameters(tiny)));

test.serial('a file is imported, listed, shown, and makes a picture of its content alone', async (t) => {
  const imported = await neckar(['networks', 'import', at('tiny.safetensors'), '--name', 'mine', '--json'], {
    env,
  });
  t.is(imported.code, 0, imported.stderr);
  t.deepEqual(JSON.parse(imported.stdout).network, tiny);
  const listed = JSON.parse((await neckar(['networks', 'list', '--json'], { env })).stdout);
  t.is(listed.imported[0].name, 'mine');
  const adain = listed.published.find(({ name }: { name: string }) => name === 'adain');
  t.false(adain.installed);
  t.true(
    adain.files.every(
      ({ url, bytes }: { url: string; bytes: number }) => url.startsWith('https://') && bytes > 0,
    ),
  );
  for (const { network } of listed.published) {
    t.true(
      listed.networks.some(({ name }: { name: string }) => name === network),
      network,
    );
  }
  const shown = await neckar(['networks', 'show', 'mine'], { env });
  t.regex(shown.stdout, /^johnson: .*\none style; Johnson, Alahi & Fei-Fei/);
  t.regex(shown.stdout, /weights\/mine\.safetensors: \{"width":0\.1.*\d+ parameters/);
  // It is no encoder's.
  t.deepEqual(JSON.parse((await neckar(['weights', 'list', '--json'], { env })).stdout).imported, []);
  const content = contents.town.path;
  const args = [
    'transfer',
    '--network',
    'mine',
    '--content',
    content,
    '--size',
    '47',
    '-o',
    at('picture.png'),
  ];
  const made = await neckar([...args, '--json'], { env });
  t.is(made.code, 0, made.stderr);
  const { network, config, width, height } = JSON.parse(made.stdout);
  t.is(network.class, 'per-style');
  t.is(config.method.parameters.file, at('weights/mine.safetensors'));
  const { width: across, height: down } = await readImageInfo(at('picture.png'));
  t.deepEqual([across, down], [width, height]);
  t.is(Math.max(width, height), 47);
});

test('what is typed wrong is a sentence', async (t) => {
  const content = ['--content', contents.town.path, '-o', at('x.png')];
  const cases: readonly (readonly [string[], RegExp])[] = [
    [['networks', 'pull', 'adian'], /There is no network "adian" in the catalogue\. Did you mean "adain"\?/],
    [['networks', 'show', 'jonson'], /there is no network "jonson"\. Did you mean "johnson"\?/],
    [['networks', 'import', at('none.pth'), '--name', 'x'], /There is no weights file/],
    [['transfer', '--network', 'jonson', ...content], /Did you mean "johnson"\?/],
    [
      ['transfer', '--network', 'johnson', ...content],
      /weights: there is no network "johnson" in|is not installed/,
    ],
    [
      [
        'transfer',
        '--network',
        'johnson',
        '--weights',
        at('tiny.safetensors'),
        '--evaluations',
        '3',
        ...content,
      ],
      /--evaluations belongs to the optimisation of a picture, and a network makes it in one pass/,
    ],
    [
      ['transfer', '--alpha', '0.5', '--style', styles.swirl.path, ...content],
      /--alpha belongs to networks: name one with --network/,
    ],
    [['transfer', '--network', 'johnson', '--alpha', '2', ...content], /Expected a number from 0 to 1/],
    [['transfer', ...content], /required option "--style <file>" not specified/],
    [
      [
        'transfer',
        '--network',
        'johnson',
        '--weights',
        at('tiny.safetensors'),
        '--learnt-style',
        '0',
        ...content,
      ],
      /the network johnson has learnt one style; leave style out/,
    ],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await refused(args);
    t.is(code, 2, stderr);
    t.regex(stderr, message);
  }
});
