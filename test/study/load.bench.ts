/**
 * Many raters at once against the server as people start it, in a process of its own.
 *
 *     node --import=tsx test/study/load.bench.ts [raters] [seconds between answers]
 *
 * Every rater begins, fetches the pictures of each trial, answers, and sends some answers twice, as a form does after a
 * dropped connection. Prints response times, and whether every acknowledged answer is in the file at the end.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StudyStore } from '../../src/study/storage/store.ts';
import { background, conditions, studyFolder } from './_study.ts';

const raters = Number(process.argv[2] ?? 200);
const pause = Number(process.argv[3] ?? 2);
const base = await mkdtemp(join(tmpdir(), 'neckar-load-'));
const { folder, study } = await studyFolder(base, { pairs: 6, minutes: 12, raters: 40, size: 512 });
const bin = new URL('../../src/cli/bin.mjs', import.meta.url).pathname;
const server = spawn(process.execPath, [bin, 'study', 'serve', folder, '--port', '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const url = await new Promise<string>((resolve) => {
  server.stdout.once('data', (chunk) => resolve(/ at (http:\S+)/.exec(String(chunk))![1]!));
});

const agent = new Agent({ keepAlive: true, maxSockets: 2 * raters });
const { hostname, port } = new URL(url);
const times: Record<string, number[]> = { start: [], picture: [], answer: [] };

function ask(kind: string, method: string, path: string, token: string, body?: object): Promise<Buffer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const headers = {
      Authorization: `Bearer ${token}`,
      ...(text !== undefined && {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(text),
      }),
    };
    const sent = request({ agent, hostname, port, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        times[kind]!.push(performance.now() - began);
        if (response.statusCode === 200) resolve(Buffer.concat(chunks));
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${Buffer.concat(chunks)}`));
      });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

const acknowledged = new Set<string>();
const began = performance.now();
await Promise.all(
  Array.from({ length: raters }, async (_, n) => {
    const token = (n + 1).toString(16).padStart(32, '0');
    await sleep(Math.random() * 1000 * pause);
    const facts = { token, consent: true, language: 'en', background, conditions };
    const session = JSON.parse(
      String(await ask('start', 'POST', '/api/start', token, { study: study.hash, ...facts })),
    );
    const seen = new Set<string>();
    for (const [trial, { kind, questions, pictures }] of session.trials.entries()) {
      const hashes = Object.values(pictures as Record<string, { hash: string }>).map(({ hash }) => hash);
      const fresh = [...new Set(hashes)].filter((hash) => !seen.has(hash));
      for (const hash of fresh) seen.add(hash);
      await Promise.all(fresh.map((hash) => ask('picture', 'GET', `/stimuli/${hash}`, token)));
      for (const question of questions) {
        await sleep(1000 * pause * (0.5 + Math.random()));
        const id = (1e6 * (n + 1) + 10 * trial + questions.indexOf(question)).toString(16).padStart(32, '0');
        const choice = kind === 'rating' ? '3' : 'right';
        const answers = [{ id, trial, question, revision: 0, choice, milliseconds: 2000, zooms: 0 }];
        for (let again = 0; again < (n % 10 === 0 ? 2 : 1); again++) {
          await ask('answer', 'POST', '/api/answers', token, { study: study.hash, answers });
        }
        acknowledged.add(id);
      }
    }
    await ask('start', 'POST', '/api/finish', token, { study: study.hash });
  }),
);
const seconds = (performance.now() - began) / 1000;
server.kill('SIGTERM');
await new Promise((resolve) => server.once('exit', resolve));
const store = new StudyStore(folder, study);
const kept = new Set(store.answers().map(({ id }) => id));
const lost = [...acknowledged].filter((id) => !kept.has(id)).length;
store.close();
await rm(base, { recursive: true, force: true });
const at = (sorted: number[], share: number) => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(1);
console.log(`${raters} raters, ${acknowledged.size} answers in ${seconds.toFixed(0)} s, ${lost} lost`);
for (const [kind, list] of Object.entries(times)) {
  const sorted = list.sort((a, b) => a - b);
  console.log(
    `${kind}: ${sorted.length}, median ${at(sorted, 0.5)} ms, 95 % ${at(sorted, 0.95)} ms, most ${at(sorted, 1)} ms`,
  );
}
