/** Talking to the server of a study. */
import type { Outcomes, PublicSession, PublicStudy } from '../exchange.ts';
import { hasText } from './texts.ts';
import type { Transport } from './transport.ts';

/** What a request failed with; `code` is one of the problems the texts know. */
export class Problem extends Error {
  readonly code: string;
  /** Of the server's answer; 0: none came. */
  readonly status: number;

  constructor(code: string, status = 0) {
    super(code);
    this.code = code;
    this.status = status;
  }

  /** Whether sending the same again may succeed by itself. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Whatever was thrown, as a problem: what is none is a defect of the form, and trying again does not help. */
export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem('defect', 400);
}

export function webTransport(): Transport {
  let token: string | undefined;
  let current: string | undefined;
  const ask = async (path: string, options: RequestInit & { readonly timeout?: number } = {}) => {
    let response: Response;
    try {
      response = await fetch(path, {
        ...options,
        cache: options.cache ?? 'no-store',
        headers: {
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...(current === undefined ? {} : { 'X-Study': current }),
          ...(options.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        signal: AbortSignal.timeout(options.timeout ?? 20_000),
      });
    } catch {
      throw new Problem('offline');
    }
    if (response.ok) return response;
    const { error } = (await response.json().catch(() => ({}))) as { readonly error?: string };
    throw new Problem(error !== undefined && hasText(`problem.${error}`) ? error : 'defect', response.status);
  };
  const post = async <Reply>(path: string, body: unknown): Promise<Reply> =>
    await (await ask(path, { method: 'POST', body: JSON.stringify(body) })).json();
  return {
    fromDisk: false,
    useToken(value) {
      token = value;
    },
    study: async () => {
      const study = (await (await ask('api/study')).json()) as PublicStudy;
      // Another study's server says so then, rather than that it does not know this session.
      current = study.study;
      return study;
    },
    code: (accessCode) => post('api/code', { accessCode }),
    start: (body) => post<PublicSession>('api/start', body),
    session: async () => await (await ask('api/session')).json(),
    answers: (study, answers) => post<Outcomes>('api/answers', { study, answers }),
    finish: (study) => post('api/finish', { study }),
    withdraw: (code) => post('api/withdraw', { code }),
    picture: async (hash) => {
      try {
        const response = await ask(`stimuli/${hash}`, { cache: 'default', timeout: 60_000 });
        return new Uint8Array(await response.arrayBuffer());
      } catch (problem) {
        throw problem instanceof Problem ? problem : new Problem('offline');
      }
    },
  };
}
