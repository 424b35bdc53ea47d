/** Downloads that survive: through proxies, over lines that break, resumed where they stopped. */
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch, Pool, type Response } from 'undici';
import { messageOf, NeckarError } from '../errors.ts';
import { sizeOf } from './files.ts';

export interface DownloadProgress {
  readonly received: number;
  /** Absent where the server does not say. */
  readonly total?: number;
}

/** When to give up, in seconds and attempts. */
export interface Retries {
  /** Attempts in a row that bring nothing new; two where no server has answered at all. */
  readonly attempts: number;
  readonly pause: number;
  /** For a connection, and without a byte. */
  readonly timeout: number;
}

const usualRetries: Retries = { attempts: 5, pause: 2, timeout: 30 };

export interface DownloadOptions {
  readonly retries?: Retries;
  readonly progress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  /** Where HTTPS_PROXY, HTTP_PROXY and NO_PROXY are looked up. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Downloads a URL into a file; what is there already is taken for its beginning and the rest is asked for. Redirects are
 * followed. Whether the file is the right one is not checked here.
 *
 * @throws NeckarError when the server refuses, answers with an HTML page, or brings nothing after several attempts (what
 *   came is kept), when the disk is full, and with exit code 130 when it is stopped
 */
export async function download(url: string, file: string, options: DownloadOptions = {}): Promise<void> {
  const retries = options.retries ?? usualRetries;
  const tunnels: Tunnels = { opened: 0 };
  const dispatcher = dispatcherFor(retries, options.environment ?? process.env, tunnels);
  try {
    let fruitless = 0;
    let answered = false;
    for (;;) {
      const before = await sizeOf(file);
      let failure: unknown;
      tunnels.opened = 0;
      try {
        await attempt(url, file, dispatcher, options, () => {
          answered = true;
        });
        return;
      } catch (error) {
        if (options.signal?.aborted) throw stopped(url, error);
        if (error instanceof NeckarError) throw error;
        failure = error;
      }
      const after = await sizeOf(file);
      fruitless = after > before ? 0 : fruitless + 1;
      if (fruitless >= (answered ? retries.attempts : Math.min(2, retries.attempts))) {
        const kept = after > 0 ? ' What came is kept: the same command goes on from there.' : '';
        throw new NeckarError(
          `${url} cannot be fetched: ${reasonOf(failure)} (${fruitless} times in a row).${kept} Behind a proxy, set ` +
            'HTTPS_PROXY; for another source, NECKAR_WEIGHTS_MIRROR.',
          { cause: failure, exitCode: 1 },
        );
      }
      await sleep(retries.pause * 1000, undefined, options.signal ? { signal: options.signal } : {}).catch(
        (error: unknown) => {
          throw stopped(url, error);
        },
      );
    }
  } finally {
    await dispatcher.destroy();
  }
}

function stopped(url: string, cause: unknown): NeckarError {
  return new NeckarError(
    `The download of ${url} was stopped; what came is kept, and the same command goes on from there.`,
    { cause, exitCode: 130 },
  );
}

/** Beyond the timeout that undici watches for itself. */
const graceSeconds = 10;

/**
 * What a request answers, unless nothing comes within so many seconds: undici's own limits do not hold where a line is
 * closed before anything was asked on it.
 */
async function answerWithin(
  seconds: number,
  signal: AbortSignal | undefined,
  ask: (signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer within ${seconds} s`)), seconds * 1000);
  try {
    return await ask(signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}

async function attempt(
  url: string,
  file: string,
  dispatcher: Dispatcher,
  { progress, signal, retries = usualRetries }: DownloadOptions,
  answered: () => void,
): Promise<void> {
  let received = await sizeOf(file);
  // Any encoding of the server's would make lengths and ranges those of other bytes.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (received > 0) headers.range = `bytes=${received}-`;
  const response = await answerWithin(retries.timeout + graceSeconds, signal, (signal) =>
    fetch(url, { dispatcher, headers, signal }),
  );
  answered();
  try {
    const range = rangeOf(response);
    if (response.status === 416) {
      // Nothing follows what is there: it is whole, or it is something else.
      if (range.total === received) return;
      await truncate(file);
      throw new Error('the server has another file than the one that was begun');
    }
    checkAnswer(url, response);
    if (response.status !== 206) received = 0;
    else if (range.begin !== received) {
      await truncate(file);
      throw new Error('the server sent another part than the one asked for');
    }
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const total = range.total ?? (Number.isFinite(length) ? received + length : undefined);
    const tell = () => progress?.(total === undefined ? { received } : { received, total });
    tell();
    const handle = await open(file, received === 0 ? 'w' : 'a');
    try {
      for await (const chunk of response.body ?? []) {
        await handle.appendFile(chunk as Uint8Array);
        received += (chunk as Uint8Array).length;
        tell();
      }
      await handle.sync();
    } catch (error) {
      throw writable(error, file);
    } finally {
      await handle.close();
    }
    if (total !== undefined && received < total) throw new Error('the line was cut');
  } finally {
    await response.body?.cancel().catch(() => {});
  }
}

/** @throws NeckarError for an answer that asking again will not change, Error for one that it may */
function checkAnswer(url: string, response: Response): void {
  const { status, statusText } = response;
  const said = `${status}${statusText === '' ? '' : ` ${statusText}`}`;
  if (status === 408 || status === 429 || status >= 500) throw new Error(`the server answers ${said}`);
  if (status === 404 || status === 410) {
    throw new NeckarError(
      `${url} is not there any more: the server answers ${said}. Get the file elsewhere and put it in with "neckar weights import", or set NECKAR_WEIGHTS_MIRROR.`,
      { exitCode: 1 },
    );
  }
  if (!response.ok) {
    throw new NeckarError(
      `${url} cannot be fetched: the server answers ${said}. Check the address and the proxy.`,
      { exitCode: 1 },
    );
  }
  if (/^text\/html\b/i.test(response.headers.get('content-type') ?? '')) {
    throw new NeckarError(
      `${url} answers with an HTML page instead of the file: a login page or a proxy's, most likely. Nothing of it was kept; open the address in a browser to see.`,
      { exitCode: 1 },
    );
  }
}

/** `bytes 100-199/1000` and, where there is no such part, `bytes *\/1000`. */
function rangeOf(response: Response): { begin?: number; total?: number } {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  const begin = match?.[1];
  const total = match?.[2];
  return {
    ...(begin === undefined ? {} : { begin: Number(begin) }),
    ...(total === undefined || total === '*' ? {} : { total: Number(total) }),
  };
}

function dispatcherFor(
  { timeout }: Retries,
  environment: Readonly<Record<string, string | undefined>>,
  tunnels: Tunnels,
): Dispatcher {
  const limits = {
    bodyTimeout: timeout * 1000,
    headersTimeout: timeout * 1000,
    connect: { timeout: timeout * 1000 },
  };
  const named = (name: string) => environment[name.toLowerCase()] ?? environment[name];
  const httpsProxy = named('HTTPS_PROXY') ?? named('ALL_PROXY');
  const httpProxy = named('HTTP_PROXY') ?? named('ALL_PROXY');
  if (!httpsProxy && !httpProxy) return new Agent(limits);
  const warn = process.emitWarning;
  // The class calls itself experimental on stderr; it has been there, unchanged, since undici 6.14.
  process.emitWarning = () => {};
  try {
    const options = {
      ...limits,
      clientFactory: (origin: URL, own: object) => proxyClient(origin, own, tunnels),
      httpsProxy: httpsProxy ?? '',
      httpProxy: httpProxy ?? '',
      noProxy: named('NO_PROXY') ?? '',
    };
    return new EnvHttpProxyAgent(options);
  } catch (cause) {
    throw new NeckarError(
      `HTTPS_PROXY or HTTP_PROXY is no proxy: ${messageOf(cause)}. Expected such as http://proxy:3128.`,
      { cause },
    );
  } finally {
    process.emitWarning = warn;
  }
}

/** Tunnels through the proxy in one attempt; more than redirects could ask for. */
const mostTunnels = 25;

/** Tunnels opened since an attempt began. */
interface Tunnels {
  opened: number;
}

/**
 * The connections to a proxy. A line that is cut before or just after a tunnel is open is an error of its own: as undici
 * names it, it would be opened again at once, hundreds of times a second and for ever.
 */
function proxyClient(origin: URL, options: object, tunnels: Tunnels): Dispatcher {
  const pool = new Pool(origin, options);
  type Connect = (asked: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData>;
  const connect = pool.connect.bind(pool) as Connect;
  const through: Connect = async (asked) => {
    if (++tunnels.opened > mostTunnels) throw new Error('the proxy opens lines and cuts them');
    let opened: Dispatcher.ConnectData;
    try {
      opened = await connect(asked);
    } catch (cause) {
      throw new Error(`through the proxy ${reasonOf(cause)}`, { cause });
    }
    if (opened.statusCode === 200) return opened;
    opened.socket.on('error', () => {}).destroy();
    const login = opened.statusCode === 407 ? ': it wants a login, as http://name:password@proxy:3128' : '';
    throw new Error(`the proxy answers ${opened.statusCode}${login}`);
  };
  return Object.assign(pool, { connect: through });
}

function writable(error: unknown, file: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EROFS' && code !== 'EACCES') return error;
  return new NeckarError(`Cannot write ${file}: ${messageOf(error)}. Make room, or set NECKAR_WEIGHTS.`, {
    cause: error,
    exitCode: 1,
  });
}

/** What fetch hides behind "fetch failed" and "terminated". */
function reasonOf(failure: unknown): string {
  const cause = failure instanceof Error && failure.cause instanceof Error ? failure.cause : failure;
  const text = messageOf(cause).replace(/\.$/, '');
  return /^(other side closed|terminated|aborted)$/.test(text) ? 'the line was cut' : text;
}

async function truncate(file: string): Promise<void> {
  await (await open(file, 'w')).close();
}
