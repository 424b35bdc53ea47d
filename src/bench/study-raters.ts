/** Raters reduced to their requests, against the server as people start it: in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createRandom } from '../random.ts';
import type { StudyManifest } from '../study/design/manifest.ts';
import { StudyStore } from '../study/storage/store.ts';

export interface RatersOptions {
  readonly folder: string;
  readonly study: StudyManifest;
  readonly raters: number;
  /** Mean seconds between two answers of a rater. */
  readonly pause: number;
  /** How often the server is killed (SIGKILL) and started again meanwhile; default 0. */
  readonly kills?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface RatersOutcome {
  readonly answers: number;
  /** Acknowledged, and not in the file: after each kill, and at the end. */
  readonly lost: number;
  /** Given, and at the end neither in the file. */
  readonly missing: number;
  /** Milliseconds of every request that was answered. */
  readonly times: Readonly<Record<'start' | 'picture' | 'answer', readonly number[]>>;
}

const facts = {
  consent: true,
  language: 'en',
  background: {
    age: '30-44',
    occupation: 'arts',
    education: 'master',
    artTraining: 'none',
    vision: 'normal',
    colourVision: 'normal',
  },
  conditions: {
    device: 'desktop',
    screen: 'large',
    distance: '40to70',
    light: 'dim',
    brightness: 'full',
    darkSquares: '4',
    lightSquares: '5',
    colourRedGreen: 'found',
    colourBlueYellow: 'found',
  },
};

/**
 * Sends raters through whole sessions. Each begins, fetches the pictures of each trial, answers, and sends every tenth
 * answer twice, as a form does after a dropped connection; what is not acknowledged is sent again.
 *
 * @throws Error when the server cannot be started, or refuses a rater
 */
export async function sendRaters(options: RatersOptions): Promise<RatersOutcome> {
  const { folder, study, raters, pause, kills = 0, signal } = options;
  const random = createRandom('raters', raters);
  const times = { start: [] as number[], picture: [] as number[], answer: [] as number[] };
  const agent = new Agent({ keepAlive: true, maxSockets: 2 * raters });
  let server = await serve(folder);
  const given = new Set<string>();
  const acknowledged = new Set<string>();
  let lost = 0;

  const ask = async (
    kind: keyof typeof times,
    method: string,
    path: string,
    token: string,
    body?: object,
  ): Promise<Buffer> => {
    for (;;) {
      signal?.throwIfAborted();
      const begun = performance.now();
      const reply = await send(agent, server.url, method, path, token, body).catch(() => undefined);
      if (reply?.status === 200) {
        times[kind].push(performance.now() - begun);
        return reply.body;
      }
      if (reply !== undefined && reply.status !== 429 && reply.status < 500) {
        throw new Error(`${method} ${path}: ${reply.status} ${reply.body}`);
      }
      await sleep(100);
    }
  };
  const rate = async (n: number) => {
    const token = (n + 1).toString(16).padStart(32, '0');
    await sleep(1000 * pause * random.uniform());
    const start = { study: study.hash, token, ...facts };
    const session = JSON.parse(String(await ask('start', 'POST', '/api/start', token, start))) as Session;
    const seen = new Set<string>();
    for (const [trial, { kind, questions, pictures }] of session.trials.entries()) {
      const fresh = [...new Set(Object.values(pictures).map(({ hash }) => hash))].filter(
        (hash) => !seen.has(hash),
      );
      for (const hash of fresh) seen.add(hash);
      await Promise.all(fresh.map((hash) => ask('picture', 'GET', `/stimuli/${hash}`, token)));
      for (const [at, question] of questions.entries()) {
        await sleep(1000 * pause * (0.5 + random.uniform()));
        const id = (1e6 * (n + 1) + 10 * trial + at).toString(16).padStart(32, '0');
        const choice = kind === 'rating' ? '3' : 'right';
        const answers = [{ id, trial, question, revision: 0, choice, milliseconds: 2000, zooms: 0 }];
        given.add(id);
        for (let times = 0; times < (trial % 10 === n % 10 ? 2 : 1); times++) {
          await ask('answer', 'POST', '/api/answers', token, { study: study.hash, answers });
        }
        acknowledged.add(id);
      }
    }
    await ask('start', 'POST', '/api/finish', token, { study: study.hash });
  };
  /** How many of these the file does not hold. */
  const absent = (ids: ReadonlySet<string>): number => {
    const store = new StudyStore(folder, study);
    const kept = new Set(store.answers().map(({ id }) => id));
    store.close();
    return [...ids].filter((id) => !kept.has(id)).length;
  };

  const expected = raters * study.sessions[0]!.reduce((sum, { questions }) => sum + questions.length, 0);
  let done = false;
  try {
    const all = Promise.all(Array.from({ length: raters }, (_, n) => rate(n))).finally(() => {
      done = true;
    });
    const killing = (async () => {
      for (let kill = 1; kill <= kills; kill++) {
        while (!done && acknowledged.size < (kill * expected) / (kills + 1)) await sleep(20);
        if (done) return;
        await ended(server.child, 'SIGKILL');
        // Nothing runs now: the file itself must hold what was acknowledged.
        lost += absent(new Set(acknowledged));
        server = await serve(folder);
      }
    })();
    await Promise.all([all, killing]);
  } finally {
    await ended(server.child, kills > 0 ? 'SIGKILL' : 'SIGTERM');
    agent.destroy();
  }
  return { answers: given.size, lost: lost + absent(acknowledged), missing: absent(given), times };
}

interface Session {
  readonly trials: readonly {
    readonly kind: string;
    readonly questions: readonly string[];
    readonly pictures: Readonly<Record<string, { readonly hash: string }>>;
  }[];
}

async function serve(folder: string): Promise<{ child: ChildProcess; url: string }> {
  const bin = fileURLToPath(new URL('../cli/bin.mjs', import.meta.url));
  const child = spawn(process.execPath, [bin, 'study', 'serve', folder, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const found = / at (http:\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`the study's server ended with ${code}`)));
  });
  return { child, url };
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}

function send(
  agent: Agent,
  url: string,
  method: string,
  path: string,
  token: string,
  body?: object,
): Promise<{ status: number; body: Buffer }> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const { hostname, port } = new URL(url);
  const headers = {
    Authorization: `Bearer ${token}`,
    ...(text !== undefined && {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
    }),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ agent, hostname, port, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
    });
    sent.on('error', reject);
    sent.end(text);
  });
}
