import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { downloadReporter } from '../../src/cli/download-progress.ts';
import { neckar, refused } from './_run.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-weights-cli-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
process.env.NECKAR_WEIGHTS = folder;

test('list says what there is; where says where', async (t) => {
  const { code, stdout, stderr } = await neckar(['weights', 'list', '--json']);
  t.is(code, 0, stderr);
  const listed = JSON.parse(stdout);
  t.is(listed.folder, folder);
  t.like(
    listed.published.find(({ name }: { name: string }) => name === 'vgg19-keras'),
    { installed: false, network: 'vgg19', bytes: 80134624 },
  );
  const where = await neckar(['weights', 'where']);
  t.is(where.stdout, `${folder}\n`);
});

// Not in the folder of weights, which is looked through.
const sources = mkdtempSync(join(tmpdir(), 'neckar-weights-sources-'));
test.after.always(() => rmSync(sources, { recursive: true, force: true }));
const page = join(sources, 'page.h5');
writeFileSync(page, '<!doctype html><title>503</title>');
const half = join(sources, 'half.safetensors');
const header = JSON.stringify({
  'features.0.weight': { dtype: 'F32', shape: [64, 3, 3, 3], data_offsets: [0, 6912] },
});
const length = Buffer.alloc(8);
length.writeUInt32LE(header.length);
writeFileSync(half, Buffer.concat([length, Buffer.from(header), Buffer.alloc(1000)]));
const pickle = join(sources, 'evil.pth');
// A pickle of protocol 2 that calls os.system('touch ran').
writeFileSync(pickle, Buffer.from('\x80\x02cos\nsystem\nX\x09\x00\x00\x00touch ran\x85R.', 'latin1'));

for (const [args, said] of [
  [['import', page], /page\.h5 is an HTML page \(a failed download saved as weights\)/],
  [
    ['import', half],
    /half\.safetensors is truncated: tensor features\.0\.weight .* needs 6912 bytes, 1000 are there/,
  ],
  [['import', pickle], /evil\.pth wants Python's os\.system, .* nothing of it was run/],
  [['import', half, '--name', 'mine', '--network', 'vgg19'], /half\.safetensors is truncated/],
  [['where', 'vgg19'], /weights vgg19 are not installed\. Fetch them with "neckar weights pull vgg19-keras"/],
  [['where', 'vgg91'], /no weights called "vgg91"\. Did you mean "vgg19"\?/],
  [['pull', 'alexnt'], /no weights "alexnt" in the catalogue\. Did you mean "alexnet"\?/],
  [['pull'], /missing required argument "names"/],
  [['import', join(folder, 'gone.pth')], /[Cc]annot read the weights file .*gone\.pth/],
  [['import', 'x.h5', '--network', 'vgg91'], /"vgg91" is invalid/],
  [['verfy'], /unknown command "verfy".*verify/],
] as const) {
  test(`weights ${args.join(' ')}: refused in one line`, async (t) => {
    const { code, stderr } = await refused(['weights', ...args]);
    t.is(code, 2);
    t.regex(stderr, said);
    t.is(stderr.trim().split('\n').length, 1, stderr);
  });
}

test('verify finds what is not as published and ends with 1', async (t) => {
  const file = join(folder, 'lpips-0.1-alex.pth');
  writeFileSync(file, '<html>not today</html>');
  const { code, stdout } = await neckar(['weights', 'verify']);
  t.is(code, 1);
  t.is(stdout, '✗ lpips-alex: it is an HTML page (a failed download saved as weights)\n');
  rmSync(file);
});

test('progress: one changing line on a terminal, a line per tenth elsewhere', (t) => {
  let time = 0;
  const run = (isTTY: boolean) => {
    let text = '';
    const stderr = { isTTY, columns: 200, write: (part: string) => (text += part) };
    const reporter = downloadReporter('vgg19-keras', stderr as never, () => time);
    time = 0;
    for (let i = 0; i <= 20; i++) {
      time = i * 1000;
      reporter.report({ received: i * 4e6, total: 80e6 });
    }
    reporter.close();
    return text;
  };
  const terminal = run(true);
  t.true(terminal.includes('\r\u001b[Kvgg19-keras: 40 MB of 80 MB (50 %), 4.0 MB/s, 10 s left'));
  t.true(terminal.endsWith('\n'));
  t.is(terminal.split('\n').length, 2);
  const lines = run(false).trim().split('\n');
  t.is(lines.length, 11);
  t.is(lines[5], 'vgg19-keras: 40 MB of 80 MB (50 %), 4.0 MB/s, 10 s left');
  t.is(lines[10], 'vgg19-keras: 80 MB of 80 MB (100 %), 4.0 MB/s');
});
