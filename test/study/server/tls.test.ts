import { execFileSync, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readTls } from '../../../src/study/server/tls.ts';
import { bin } from '../../_bin.ts';
import { refused } from '../../cli/_run.ts';
import { studyFolder, temporaryFolder } from '../_study.ts';

let found = true;
try {
  execFileSync('openssl', ['version']);
} catch {
  found = false;
}
const maybe = found ? test : test.skip;
const why = found ? '' : ' (skipped: there is no openssl to make certificates with)';

/** A certificate for localhost and its key, made on the spot. */
function made(folder: string, name: string, days = 2): { cert: string; key: string } {
  const [cert, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-days', String(days), '-keyout', key, '-out', cert],
    ],
    { stdio: 'ignore' },
  );
  return { cert, key };
}

function get(url: string, ca: Buffer): Promise<{ status: number; text: string; protocol: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ca, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      const protocol = (response.socket as unknown as { getProtocol(): string }).getProtocol();
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, protocol }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function folders(t: ExecutionContext) {
  const base = await temporaryFolder(t);
  const { folder, study } = await studyFolder(base, { minutes: 12 });
  return { base, folder, study };
}

maybe(`a study over TLS, by a certificate that the client checks${why}`, async (t) => {
  const { base, folder, study } = await folders(t);
  const { cert, key } = made(base, 'good');
  const args = ['study', 'serve', folder, '--port', '0', '--tls-cert', cert, '--tls-key', key];
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => resolve(/ at (https:\S+)/.exec(String(chunk))?.[1] ?? ''));
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  t.regex(url, /^https:\/\/127\.0\.0\.1:\d+\/$/);
  const ca = await readFile(cert);
  const page = await get(url, ca);
  t.is(page.status, 200);
  t.regex(page.protocol, /^TLSv1\.[23]$/);
  t.is(JSON.parse((await get(`${url}api/study`, ca)).text).study, study.hash);
  // Another certificate for the same name is not taken for it: the client really checks.
  const stranger = await readFile(made(base, 'stranger').cert);
  await t.throwsAsync(get(url, stranger), { message: /self-signed|unable to verify/i });
});

maybe(`a certificate or key that is of no use is one sentence, and nothing is served${why}`, async (t) => {
  const { base, folder } = await folders(t);
  const { cert, key } = made(base, 'good');
  const other = made(base, 'other');
  const noise = join(base, 'noise.pem');
  await writeFile(noise, 'not a certificate\n');
  const locked = join(base, 'locked.key');
  execFileSync('openssl', ['pkey', '-in', key, '-aes256', '-passout', 'pass:tulip', '-out', locked]);
  await mkdir(join(base, 'folder.pem'));
  for (const [given, message] of [
    [[cert, other.key], /other\.key" is not the key of the certificate in ".*good\.crt"/],
    [[cert, noise], /--tls-key ".*noise\.pem" holds no private key in PEM/],
    [[noise, key], /--tls-cert ".*noise\.pem" holds no certificate in PEM/],
    [
      [key, cert],
      /--tls-cert ".*good\.key" holds no certificate in PEM .*, but a key: are the two files exchanged\?/,
    ],
    [
      [cert, locked],
      /--tls-key ".*locked\.key" is locked by a passphrase\. Write it without one: openssl pkey/,
    ],
    [[cert, join(base, 'missing.key')], /--tls-key ".*missing\.key" cannot be read/],
    [[join(base, 'folder.pem'), key], /--tls-cert ".*folder\.pem" cannot be read/],
  ] as const) {
    const { message: said } = (await t.throwsAsync(readTls(given[0], given[1]), { name: 'NeckarError' }))!;
    t.regex(said, message);
    t.is(said.split('\n').length, 1);
    t.notRegex(said, /error:[0-9A-F]{6}|routines/, 'not in OpenSSL’s own words');
  }
  const { code, stderr } = await refused([
    ...['study', 'serve', folder, '--port', '0', '--tls-cert', cert, '--tls-key', other.key],
  ]);
  t.is(code, 2);
  t.is(stderr.trim().split('\n').length, 1);
  t.regex(stderr, /is not the key of the certificate/);
});

maybe(`a certificate that does not hold today is told of${why}`, async (t) => {
  const { cert, key } = made(await temporaryFolder(t), 'short', 2);
  const day = 86_400_000;
  t.deepEqual((await readTls(cert, key)).warnings, []);
  t.regex(
    (await readTls(cert, key, new Date(Date.now() + 3 * day))).warnings[0]!,
    /expired on \d{4}-\d\d-\d\d/,
  );
  t.regex((await readTls(cert, key, new Date(Date.now() - 3 * day))).warnings[0]!, /holds from .* only/);
});
