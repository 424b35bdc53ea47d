/** A rater's browser reduced to its requests. */
import { request } from 'node:http';
import type { ExecutionContext } from 'ava';
import { formAssets } from '../../../src/study/form/assets.ts';
import type { PublicTrial } from '../../../src/study/form/exchange.ts';
import { formOf } from '../../../src/study/form/shipped.ts';
import { type RunningServer, serveStudy } from '../../../src/study/server/server.ts';
import type { Answer } from '../../../src/study/storage/answer.ts';
import { StudyStore } from '../../../src/study/storage/store.ts';
import { background, conditions, type SmallStudy, studyFolder, temporaryFolder } from '../_study.ts';

export const id = (n: number) => n.toString(16).padStart(32, '0');

export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says
  readonly json: any;
}

/** One request, its target sent as it is: nothing tidies `..` away. */
export function ask(
  url: string,
  method: string,
  target: string,
  options: { token?: string; body?: unknown; raw?: string; headers?: Record<string, string> } = {},
): Promise<Response> {
  const { hostname, port } = new URL(url);
  const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        hostname,
        port,
        method,
        path: target,
        headers: {
          ...(options.token !== undefined && { Authorization: `Bearer ${options.token}` }),
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...options.headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('latin1');
          let json: unknown;
          try {
            json = JSON.parse(text);
          } catch {
            json = undefined;
          }
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

export interface Served {
  readonly url: string;
  readonly folder: string;
  readonly store: StudyStore;
  readonly server: RunningServer;
  readonly study: StudyStore['study'];
  start(token: string, changes?: Record<string, unknown>): Promise<Response>;
  send(token: string, answers: readonly unknown[], changes?: Record<string, unknown>): Promise<Response>;
}

export async function served(
  t: ExecutionContext,
  options: SmallStudy & {
    accessCode?: string;
    trustProxy?: boolean;
    store?: ConstructorParameters<typeof StudyStore>[2];
  } = {},
): Promise<Served> {
  const { folder, study } = await studyFolder(await temporaryFolder(t), { minutes: 12, ...options });
  const store = new StudyStore(folder, study, options.store);
  const server = await serveStudy({
    folder,
    assets: await formAssets(formOf(study)),
    port: 0,
    ...(options.accessCode !== undefined && { accessCode: options.accessCode }),
    ...(options.trustProxy && { trustProxy: true }),
    store,
  });
  t.teardown(async () => {
    await server.close();
    store.close();
  });
  const { url } = server;
  return {
    url,
    folder,
    store,
    server,
    study,
    start: (token, changes = {}) =>
      ask(url, 'POST', '/api/start', {
        body: { study: study.hash, token, consent: true, language: 'en', background, conditions, ...changes },
      }),
    send: (token, answers, changes = {}) =>
      ask(url, 'POST', '/api/answers', { token, body: { study: study.hash, answers, ...changes } }),
  };
}

/** An answer to the first question of a trial. */
export function answerTo(
  trials: readonly PublicTrial[],
  trial: number,
  n: number,
  changes: Partial<Answer> = {},
) {
  const { kind, questions } = trials[trial]!;
  return {
    id: id(n),
    trial,
    question: questions[0]!,
    revision: 0,
    choice: kind === 'rating' ? '4' : 'left',
    milliseconds: 2000,
    zooms: 0,
    ...changes,
  };
}
