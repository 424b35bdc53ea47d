import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { NeckarError } from '../../src/errors.ts';
import { createRandom } from '../../src/random.ts';
import type { CatalogEntry } from '../../src/weights/catalog.ts';
import type { Retries } from '../../src/weights/download.ts';
import { pullWeights, verifyWeights } from '../../src/weights/pull.ts';
import {
  type Answer,
  cuts,
  dawdles,
  redirects,
  says,
  sends,
  serve,
  silent,
  type TestServer,
  truncates,
  tunnel,
} from './_server.ts';

const { uniform } = createRandom(1);
const bytes = Buffer.from(Array.from({ length: 200_000 }, () => Math.floor(256 * uniform())));
const sha256 = createHash('sha256').update(bytes).digest('hex');
// Silence long enough for a machine that does much else as well: no test waits for its end.
const quick: Retries = { attempts: 3, pause: 0.01, timeout: 120 };

let root: string;
let count = 0;
test.before(async () => {
  root = await mkdtemp(join(tmpdir(), 'neckar-pull-'));
});
test.after.always(() => rm(root, { recursive: true, force: true }));

interface Setting {
  readonly server: TestServer;
  readonly entry: CatalogEntry;
  readonly folder: string;
  readonly environment: Record<string, string>;
  readonly retries?: Retries;
}

async function setting(t: ExecutionContext, ...answers: Answer[]): Promise<Setting> {
  const server = await serve(...answers);
  t.teardown(() => server.close());
  const folder = join(root, String(count++));
  const part = join(folder, 'net.pth.part');
  server.kept = () => statSync(part, { throwIfNoEntry: false })?.size ?? 0;
  return {
    server,
    folder,
    environment: { NECKAR_WEIGHTS: folder },
    entry: {
      name: 'net-test',
      summary: 'noise',
      url: `${server.url}/net.pth`,
      file: 'net.pth',
      bytes: bytes.length,
      checksum: { sha256: sha256.slice(0, 8) },
      licence: 'none',
      citation: 'none',
    },
  };
}

const pull = ({ entry, environment, retries = quick }: Setting) =>
  pullWeights(entry, { environment, retries });

/** The message of a pull that fails; whatever fails, no file of the final name is left. */
async function refusal(t: ExecutionContext, set: Setting): Promise<string> {
  const error = await t.throwsAsync(pull(set), { instanceOf: NeckarError });
  t.false(error!.message.includes('\n'));
  t.false(existsSync(join(set.folder, 'net.pth')));
  t.false(existsSync(join(set.folder, 'net.pth.part.lock')));
  return error!.message;
}

async function isInstalled(t: ExecutionContext, { folder }: Setting): Promise<void> {
  t.deepEqual(await readdir(folder), ['net.pth']);
  t.deepEqual(await readFile(join(folder, 'net.pth')), bytes);
}

test('a file is fetched, reported on, checked and put in place; the next time nothing is fetched', async (t) => {
  const set = await setting(t, sends(bytes));
  const seen: [number, number | undefined][] = [];
  const { path, fetched } = await pullWeights(set.entry, {
    environment: set.environment,
    retries: quick,
    progress: ({ received, total }) => seen.push([received, total]),
  });
  t.deepEqual([path, fetched], [join(set.folder, 'net.pth'), true]);
  await isInstalled(t, set);
  t.deepEqual(seen[0], [0, bytes.length]);
  t.deepEqual(seen.at(-1), [bytes.length, bytes.length]);
  t.is((await pull(set)).fetched, false);
  t.is(set.server.requests.length, 1);
  t.is((await pullWeights(set.entry, { environment: set.environment, force: true })).fetched, true);
});

test('a line that is cut again and again is taken up where it broke', async (t) => {
  const set = await setting(t, cuts(bytes, 60_000), cuts(bytes, 50_000), cuts(bytes, 30_000), sends(bytes));
  await pull(set);
  await isInstalled(t, set);
  t.deepEqual(
    set.server.requests.map(({ range }) => range),
    [undefined, 'bytes=60000-', 'bytes=110000-', 'bytes=140000-'],
  );
});

test('a line that brings nothing any more is given up, and what came is kept for the next time', async (t) => {
  const set = await setting(t, cuts(bytes, 60_000), says(503), says(503), says(503), sends(bytes));
  const message = await refusal(t, set);
  t.regex(message, /cannot be fetched: the server answers 503 Service Unavailable \(3 times in a row\)/);
  t.regex(message, /What came is kept: the same command goes on from there/);
  t.regex(message, /Offline, put net\.pth \(200 kB\) into /);
  const kept = (await readFile(join(set.folder, 'net.pth.part'))).length;
  t.true(kept > 0);
  await pull(set);
  t.is(set.server.requests.at(-1)!.range, `bytes=${kept}-`);
  await isInstalled(t, set);
});

test('a half-downloaded file that is whole after all is only checked', async (t) => {
  const set = await setting(t, sends(bytes));
  await mkdir(set.folder);
  await writeFile(join(set.folder, 'net.pth.part'), bytes);
  await pull(set);
  await isInstalled(t, set);
});

test('a beginning of another file is noticed by the checksum and the file fetched whole', async (t) => {
  const set = await setting(t, sends(bytes));
  await mkdir(set.folder);
  await writeFile(join(set.folder, 'net.pth.part'), Buffer.alloc(70_000));
  await pull(set);
  t.deepEqual(
    set.server.requests.map(({ range }) => range),
    ['bytes=70000-', undefined],
  );
  await isInstalled(t, set);
});

test('a server that knows no ranges sends everything again', async (t) => {
  const whole: Answer = (_, response) => void response.writeHead(200).end(bytes);
  const set = await setting(t, cuts(bytes, 40_000), whole);
  await pull(set);
  await isInstalled(t, set);
});

test('an HTML page is refused by what the server calls it, or by how it begins', async (t) => {
  const page = '<!DOCTYPE html><html><body>Please log in</body></html>';
  const honest = await setting(t, says(200, page, 'text/html; charset=utf-8'));
  t.regex(await refusal(t, honest), /answers with an HTML page instead of the file/);
  t.false(existsSync(join(honest.folder, 'net.pth.part')));
  const sly = await setting(t, says(200, page, 'application/octet-stream'));
  t.regex(await refusal(t, sly), /is not the file expected: it is an HTML page .*\. It was discarded/);
  t.deepEqual(await readdir(sly.folder), []);
});

test('another file than the expected one is discarded, with both checksums', async (t) => {
  const other = Buffer.from(bytes);
  other[100]! ^= 1;
  const set = await setting(t, sends(other));
  const found = createHash('sha256').update(other).digest('hex');
  t.true(
    (await refusal(t, set)).includes(`SHA-256 ${found}, expected SHA-256 beginning ${sha256.slice(0, 8)}`),
  );
  t.deepEqual(await readdir(set.folder), []);
});

test('half a file that the server calls whole is discarded', async (t) => {
  const set = await setting(t, truncates(bytes, 90_000));
  t.regex(await refusal(t, set), /it has 90000 bytes, expected 200000/);
  t.deepEqual(await readdir(set.folder), []);
});

test('redirects are followed, to other servers as well', async (t) => {
  const target = await setting(t, sends(bytes));
  const set = await setting(t, redirects(`${target.server.url}/elsewhere`));
  await pull(set);
  await isInstalled(t, set);
  t.is(target.server.requests[0]!.path, '/elsewhere');
});

test('an address that leads in circles is given up', async (t) => {
  const set = await setting(t, redirects('/net.pth'));
  t.regex(await refusal(t, set), /cannot be fetched: redirect count exceeded/);
});

test('what is not there, or not for us, is not asked for again', async (t) => {
  const gone = await setting(t, says(404));
  t.regex(
    await refusal(t, gone),
    /is not there any more: the server answers 404 Not Found\. .*weights import/,
  );
  t.is(gone.server.requests.length, 1);
  const closed = await setting(t, says(403));
  t.regex(await refusal(t, closed), /the server answers 403 Forbidden/);
  t.is(closed.server.requests.length, 1);
});

test('a slow server is waited for as long as something comes, a silent one is not', async (t) => {
  // Longer in all than it is waited for in timeout, and in between far from that even where the machine is busy.
  const retries = { ...quick, timeout: 4 };
  const slow = { ...(await setting(t, dawdles(bytes, 8, 600))), retries };
  await pull(slow);
  await isInstalled(t, slow);
  const mute = { ...(await setting(t, silent)), retries };
  t.regex(await refusal(t, mute), /cannot be fetched: .*[Tt]imeout/);
});

test('nobody there', async (t) => {
  const set = await setting(t, silent);
  await set.server.close();
  t.regex(await refusal(t, set), /cannot be fetched: connect ECONNREFUSED .* \(2 times in a row\)/);
});

test('the mirror is asked for the file by its name, and must be an address', async (t) => {
  const mirror = await setting(t, sends(bytes));
  const set = await setting(t, says(404));
  set.environment.NECKAR_WEIGHTS_MIRROR = `${mirror.server.url}/weights/`;
  await pull(set);
  await isInstalled(t, set);
  t.deepEqual(mirror.server.requests, [{ path: '/weights/net.pth', range: undefined }]);
  t.is(set.server.requests.length, 0);
  set.environment.NECKAR_WEIGHTS_MIRROR = '/mnt/weights';
  await t.throwsAsync(pullWeights(set.entry, { environment: set.environment, force: true }), {
    message: /NECKAR_WEIGHTS_MIRROR is "\/mnt\/weights"; expected the address of a folder/,
  });
});

test('the proxy is gone through, except for hosts that need none', async (t) => {
  const set = await setting(t, sends(bytes));
  const proxy = await tunnel(set.server.url);
  t.teardown(() => proxy.close());
  const entry = { ...set.entry, url: 'http://weights.invalid/net.pth' };
  const environment: Record<string, string> = { ...set.environment, HTTP_PROXY: proxy.url };
  await pullWeights(entry, { environment, retries: quick });
  await isInstalled(t, set);
  t.deepEqual(proxy.hosts, ['weights.invalid:80']);
  environment.NO_PROXY = '127.0.0.1';
  await pullWeights(set.entry, { environment, retries: quick, force: true });
  t.is(proxy.hosts.length, 1);
  environment.HTTP_PROXY = 'not a proxy';
  await t.throwsAsync(pullWeights(entry, { environment, retries: quick, force: true }), {
    instanceOf: NeckarError,
    message: /HTTPS_PROXY or HTTP_PROXY is no proxy/,
  });
});

test('a proxy that cuts the line is gone through again, from where it was cut', async (t) => {
  const set = await setting(t, sends(bytes));
  const proxy = await tunnel(set.server.url, '', 60_000, 50_000, Number.POSITIVE_INFINITY);
  t.teardown(() => proxy.close());
  proxy.kept = set.server.kept;
  const entry = { ...set.entry, url: 'http://weights.invalid/net.pth' };
  await pullWeights(entry, {
    environment: { ...set.environment, HTTP_PROXY: proxy.url },
    retries: quick,
  });
  await isInstalled(t, set);
  t.is(proxy.hosts.length, 4);
  const begins = set.server.requests.flatMap(({ range }) => Number(range?.slice(6, -1) ?? 0));
  t.true(begins.at(-1)! > 90_000, String(begins));
});

test('a proxy that never lets anything through is given up in a sentence', async (t) => {
  const set = await setting(t, sends(bytes));
  for (const [behavior, said] of [
    [0, /cannot be fetched: the line was cut \(2 times in a row\)/],
    ['', /cannot be fetched: through the proxy the line was cut \(2 times in a row\)/],
    [
      'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n',
      /cannot be fetched: the proxy answers 407: it wants a login/,
    ],
    ['HTTP/1.1 403 Forbidden\r\n\r\n', /cannot be fetched: the proxy answers 403 \(/],
    [
      'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>Log in first</html>',
      /cannot be fetched: (the proxy opens lines and cuts them|the line was cut) \(/,
    ],
  ] as const) {
    const proxy = await tunnel(set.server.url, behavior);
    const environment = { ...set.environment, HTTP_PROXY: proxy.url };
    const message = await refusal(t, {
      ...set,
      entry: { ...set.entry, url: 'http://weights.invalid/net.pth' },
      environment,
    });
    t.regex(message, said);
    t.true(proxy.hosts.length < 100, `${proxy.hosts.length} tunnels were asked for`);
    await proxy.close();
  }
});

test('a download that is interrupted keeps what came', async (t) => {
  const set = await setting(t, dawdles(bytes, 50, 50));
  const stop = new AbortController();
  await t.throwsAsync(
    pullWeights(set.entry, {
      environment: set.environment,
      signal: stop.signal,
      progress: ({ received }) => received > 10_000 && stop.abort(),
    }),
    { instanceOf: NeckarError, message: /was stopped; what came is kept/ },
  );
  t.deepEqual(await readdir(set.folder), ['net.pth.part']);
});

test('two downloads of one file do not mix; the lock of a process that is gone is no obstacle', async (t) => {
  const set = await setting(t, sends(bytes));
  await mkdir(set.folder);
  const lock = join(set.folder, 'net.pth.part.lock');
  await writeFile(lock, String(process.ppid));
  await t.throwsAsync(pull(set), { message: /is being downloaded already, by process \d+/ });
  t.true(existsSync(lock));
  await writeFile(lock, '999999999');
  await pull(set);
  await isInstalled(t, set);
});

test('a folder that cannot be written to is named', async (t) => {
  const set = await setting(t, sends(bytes));
  const file = join(root, 'a file');
  await writeFile(file, '');
  await t.throwsAsync(
    pullWeights(set.entry, { environment: { NECKAR_WEIGHTS: join(file, 'in it') }, retries: quick }),
    { instanceOf: NeckarError, message: /The folder of weights .* cannot be made.*NECKAR_WEIGHTS/ },
  );
});

test('verifying tells good, wrong and absent apart', async (t) => {
  const set = await setting(t, sends(bytes));
  t.deepEqual(await verifyWeights(set.entry, set.environment), { state: 'absent' });
  await pull(set);
  t.like(await verifyWeights(set.entry, set.environment), { state: 'good', hashes: { sha256 } });
  await writeFile(join(set.folder, 'net.pth'), bytes.subarray(1));
  t.like(await verifyWeights(set.entry, set.environment), {
    state: 'wrong',
    problem: 'it has 199999 bytes, expected 200000',
  });
});
