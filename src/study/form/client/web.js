/** Talking to the server of a study. */
import { hasText } from './texts.js';

/** What a request failed with; `code` is one of the problems the texts know. */
export class Problem extends Error {
  constructor(code, status = 0) {
    super(code);
    this.code = code;
    this.status = status;
  }

  /** Whether sending the same again may succeed by itself. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export function webTransport() {
  let token;
  let current;
  const ask = async (path, options = {}) => {
    let response;
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
    const { error } = await response.json().catch(() => ({}));
    throw new Problem(hasText(`problem.${error}`) ? error : 'defect', response.status);
  };
  const post = async (path, body) =>
    await (await ask(path, { method: 'POST', body: JSON.stringify(body) })).json();
  return {
    fromDisk: false,
    useToken(value) {
      token = value;
    },
    study: async () => {
      const study = await (await ask('api/study')).json();
      // Another study's server says so then, rather than that it does not know this session.
      current = study.study;
      return study;
    },
    code: (accessCode) => post('api/code', { accessCode }),
    start: (body) => post('api/start', body),
    session: async () => await (await ask('api/session')).json(),
    answers: (study, answers) => post('api/answers', { study, answers }),
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
