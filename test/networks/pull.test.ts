/** Published networks fetched from a server on this machine. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { PublishedNetwork } from '../../src/networks/catalog.ts';
import { pullNetwork } from '../../src/networks/import.ts';
import { installedNetwork } from '../../src/networks/installed.ts';
import { encodeParameters, readParameters } from '../../src/networks/parameters.ts';
import { type Answer, says, sends, serve } from '../weights/_server.ts';
import { randomParameters, tiny } from './_networks.ts';

const values = randomParameters(tiny);
const bytes = Buffer.from(encodeParameters(tiny, values));
const retries = { attempts: 1, pause: 0.01, timeout: 120 };

async function published(t: ExecutionContext, sha256: string, ...answers: Answer[]) {
  const folder = mkdtempSync(join(tmpdir(), 'neckar-pull-network-'));
  const server = await serve(...answers);
  t.teardown(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  const entry: PublishedNetwork = {
    name: 'noise',
    summary: 'noise',
    network: 'johnson',
    files: [
      {
        url: `${server.url}/noise.bin`,
        file: 'noise.bin.safetensors',
        bytes: bytes.length,
        checksum: { sha256 },
      },
    ],
    licence: 'none',
    citation: 'none',
  };
  return { entry, server, folder, options: { environment: { NECKAR_WEIGHTS: folder }, retries } };
}

const sha256 = createHash('sha256').update(bytes).digest('hex');

test('it is fetched, converted and kept under its name, the file it came in is not; the next time nothing is fetched', async (t) => {
  const { entry, server, folder, options } = await published(t, sha256, sends(bytes));
  const begun: string[] = [];
  const first = await pullNetwork(entry, { ...options, begins: (file) => begun.push(file) });
  t.true(first.fetched);
  t.deepEqual(begun, ['noise.bin.safetensors']);
  t.is(installedNetwork('noise', options.environment)?.network, 'johnson');
  t.deepEqual((await readParameters(tiny, first.path)).parameters, values);
  t.false(readdirSync(folder).includes('noise.bin.safetensors'));
  t.deepEqual(await pullNetwork(entry, options), { path: first.path, fetched: false });
  t.is(server.requests.length, 1);
  t.true((await pullNetwork(entry, { ...options, force: true })).fetched);
  t.is(server.requests.length, 2);
});

test('another file than the published one, and one that cannot be had, leave no network', async (t) => {
  for (const [sum, answer, message] of [
    ['0'.repeat(64), sends(bytes), /is not the file expected/],
    [sha256, says(404), /404/],
  ] as const) {
    const { entry, options } = await published(t, sum, answer);
    await t.throwsAsync(pullNetwork(entry, options), { name: 'NeckarError', message });
    t.is(installedNetwork('noise', options.environment), undefined);
  }
});
