/** `neckar networks export`: from a file, and from an experiment's trial, to ONNX and to a page. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test from 'ava';
import { fixtures } from '../../fixtures/index.ts';
import { decodeModel } from '../../src/engines/onnx/proto.ts';
import type { PlannedTrial } from '../../src/experiment/plan.ts';
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
    t.regex(stdout, /^candy\.onnx: .*, the network johnson\ncandy\.html: \d+ MB, the network johnson\n$/);
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

test('trials and trainings are exported by their labels or ids; what is no network’s is refused', async (t) => {
  const base = await temporaryFolder(t);
  const plan = await fakePlan(base, [{ training: { network: spec } }, {}, {}]);
  const [trained, own, none] = plan.trials as [PlannedTrial, PlannedTrial, PlannedTrial];
  const file = at('candy.safetensors');
  const method = { kind: 'network', network: spec, parameters: { from: 'file', file } } as const;
  const trials = [trained, { ...own, config: { ...own.config, method } }, none];
  const performModule = new URL('_trains.ts', import.meta.url).href;
  const runs = join(base, 'runs');
  await runExperiment({ ...plan, trials }, { runs, performModule, neighbors: join(base, 'neighbours') });
  const [training] = (await status(join(runs, 'fake'))).trainings;
  const exported = (work: string) =>
    refused(['networks', 'export', 'fake', work, '-o', at(`${work}.onnx`), '--runs', runs]);
  for (const work of [training!.id, 'trial 1', 'trial 2']) {
    const { code, stderr } = await exported(work);
    t.is(code, 0, stderr);
    const said: Readonly<Record<string, string | undefined>> = saidIn(at(`${work}.onnx`));
    t.is(said['neckar.network'], 'johnson');
    t.is(said['neckar.training'], work === 'trial 2' ? undefined : training!.id);
    t.is(said['neckar.weights'], work === 'trial 2' ? 'candy.safetensors' : 'weights.safetensors');
    t.is('neckar.trial' in said, work !== training!.id);
  }
  const { code, stderr } = await exported('trial 3');
  t.is(code, 2);
  t.regex(stderr, /"trial 3" \([0-9a-f]{16}\) is no network's: its picture was made by optimisation\./);
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
  test(`refused in one sentence: ${args.map((arg) => basename(arg)).join(' ')}`, async (t) => {
    const { code, stderr } = await refused(['networks', 'export', ...args]);
    t.is(code, 2, stderr);
    t.regex(stderr, said);
    t.is(stderr.trim().split('\n').length, 1, stderr);
    t.throws(() => readFileSync(at('a.onnx')), { code: 'ENOENT' });
    t.throws(() => readFileSync(at('a.html')), { code: 'ENOENT' });
  });
}
