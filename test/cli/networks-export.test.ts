/** `neckar networks export`: from a file, and from an experiment's trial, to ONNX and to a page. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { fixtures } from '../../fixtures/index.ts';
import { decodeModel } from '../../src/engines/onnx/proto.ts';
import type { NetworkSpec } from '../../src/networks/define.ts';
import { encodeParameters } from '../../src/networks/parameters.ts';
import { networkSchema } from '../../src/networks/registry.ts';
import { runExperiment } from '../../src/runs/run.ts';
import { status } from '../../src/runs/status.ts';
import { encodeSafetensors } from '../../src/weights/safetensors.ts';
import { drawn } from '../networks/export/_run.ts';
import { fakePlan, temporaryFolder } from '../runs/support.ts';
import { neckar, refused } from './_run.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-export-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const spec = networkSchema.parse({ name: 'johnson', width: 0.125, blocks: 1 }) as NetworkSpec;
const parameters = drawn(spec);
writeFileSync(at('candy.safetensors'), encodeParameters(spec, parameters, { training: '4e9e' }));
writeFileSync(at('nameless.safetensors'), encodeSafetensors(new Map(Object.entries(parameters)), {}));

/** What an ONNX file says of itself. */
function saidIn(file: string): Record<string, string> {
  const { metadataProps = [] } = decodeModel(readFileSync(file));
  return Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]));
}

test.serial(
  'a file of parameters becomes an ONNX file and a page, which say where they are from',
  async (t) => {
    const args = ['networks', 'export', 'candy.safetensors', '-o', 'candy.onnx', '--page', 'candy.html'];
    const { code, stdout, stderr } = await neckar([...args, '--title', 'Candy & <b>'], { cwd: folder });
    t.is(code, 0, stderr);
    t.regex(stdout, /^candy\.onnx: .*, the network johnson\ncandy\.html: 1\d MB, the network johnson\n$/);
    t.is(stderr, '');
    t.like(saidIn(at('candy.onnx')), {
      'neckar.network': 'johnson',
      'neckar.weights': 'candy.safetensors',
      'neckar.training': '4e9e',
    });
    const page = readFileSync(at('candy.html'), 'utf8');
    t.regex(page, /<h1>Candy &#38; &#60;b&#62;<\/h1>/);
    t.regex(page, /<dt>Training<\/dt><dd>4e9e<\/dd>/);

    const again = await neckar(args.slice(0, 5), { cwd: folder });
    t.is(again.code, 0);
    t.regex(again.stderr, /^note: "candy\.onnx" is there already .* and will be replaced\n$/);
  },
);

test.serial("a trial's network is exported; what is no network's is refused", async (t) => {
  writeFileSync(
    at('two.ts'),
    `export default {
  pairs: [[${JSON.stringify(fixtures.town.path)}, ${JSON.stringify(fixtures.swirl.path)}]],
  variants: {
    fast: { network: { name: 'johnson' }, weights: 'candy.safetensors' },
    copy: { command: 'cp {content} {output}' },
  },
  size: 48,
};
`,
  );
  const run = await neckar(['run', 'two.ts', '--no-report'], { cwd: folder });
  t.is(run.code, 0, run.stderr + run.stdout);
  const place = ['--runs', at('runs')];
  const { code, stderr } = await refused([
    'networks',
    'export',
    'two',
    'fast',
    '-o',
    at('two.onnx'),
    ...place,
  ]);
  t.is(code, 0, stderr);
  const said = saidIn(at('two.onnx'));
  t.like(said, { 'neckar.network': 'johnson', 'neckar.weights': 'candy.safetensors' });
  t.regex(said['neckar.trial']!, /^[0-9a-f]{16}$/);
  t.deepEqual(JSON.parse(said['neckar.settings']!).blocks, 1);
  const copy = await refused(['networks', 'export', 'two', 'copy', '-o', at('copy.onnx'), ...place]);
  t.is(copy.code, 2);
  t.regex(copy.stderr, /"copy" \([0-9a-f]{16}\) is no network's: its picture was made elsewhere\./);
});

test('what a training left is exported by its own id, and by a trial that needed it', async (t) => {
  const base = await temporaryFolder(t);
  const plan = await fakePlan(base, [{ training: { network: spec } }]);
  const performModule = new URL('_trains.ts', import.meta.url).href;
  const runs = join(base, 'runs');
  await runExperiment(plan, { runs, performModule, neighbours: join(base, 'neighbours') });
  const [training] = (await status(join(runs, 'fake'))).trainings;
  for (const work of [training!.id, 'trial 1']) {
    const { code, stderr } = await refused([
      'networks',
      'export',
      'fake',
      work,
      '-o',
      at('t.onnx'),
      '--runs',
      runs,
    ]);
    t.is(code, 0, stderr);
    const said = saidIn(at('t.onnx'));
    t.like(said, { 'neckar.network': 'johnson', 'neckar.training': training!.id });
    t.is('neckar.trial' in said, work === 'trial 1');
  }
});

const candy = at('candy.safetensors');
for (const [args, said] of [
  [[candy], /say where to: -o names the ONNX file, --page the page, or both/],
  [[candy, '-o', at('a.html')], /a\.html" is to be an ONNX file; give it the ending \.onnx/],
  [[candy, '--page', at('a.onnx')], /a\.onnx" is to be a page; give it the ending \.html/],
  [[at('no.safetensors'), '-o', at('a.onnx')], /no\.safetensors": there is no such file\. Give a file/],
  [[folder, '-o', at('a.onnx')], /": it is a folder\. Give a file/],
  [
    [at('nameless.safetensors'), '-o', at('a.onnx')],
    /does not say whose parameters it holds\. Bring it in first/,
  ],
  [['candys', '-o', at('a.onnx')], /there is no network "candys"/],
  [
    [candy, '--page', at('a.html'), '--style', fixtures.swirl.path],
    /johnson takes no style pictures, as it has learnt one/,
  ],
  [[candy, '--page', at('a.html'), '--example', candy], /candy\.safetensors" is no picture that can be read/],
  [[candy, '--page', at('a.html'), '--example', at('no.png')], /cannot read ".*no\.png" \(ENOENT\)/],
] as const) {
  test(`refused in one sentence: ${args.map((arg) => arg.replace(folder, '')).join(' ')}`, async (t) => {
    const { code, stderr } = await refused(['networks', 'export', ...args]);
    t.is(code, 2, stderr);
    t.regex(stderr, said);
    t.is(stderr.trim().split('\n').length, 1, stderr);
    t.throws(() => readFileSync(at('a.onnx')), { code: 'ENOENT' });
    t.throws(() => readFileSync(at('a.html')), { code: 'ENOENT' });
  });
}
