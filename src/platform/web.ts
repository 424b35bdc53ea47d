/** The little of HTTP that Neckar's own pages need: replies, refusals, headers that give nothing away, and an ending. */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { messageOf, NeckarError } from '../errors.ts';

/** A refusal with its status; `code` is what a page translates, `message` is for people who look closer. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  /** `forever` for what is named by its hash; default: never kept. */
  readonly keep?: 'forever';
}

export function json(value: unknown, status = 200): Reply {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}

/**
 * Headers for every response of a page whose script and style are files of the server's own. Nothing is loaded from
 * elsewhere, nothing frames it, nobody is told where a visitor came from.
 *
 * @param pictures - where its pictures come from, such as `'self'`
 */
export function securityHeaders(pictures: string): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy': `default-src 'none'; script-src 'self'; style-src 'self'; img-src ${pictures}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
  };
}

/** Answers a request; of HEAD with the headers alone. */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  headers: Readonly<Record<string, string>>,
): void {
  const bytes = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  response.writeHead(reply.status, {
    ...headers,
    'Content-Type': reply.type,
    'Content-Length': bytes.length,
    'Cache-Control': reply.keep === 'forever' ? 'private, max-age=86400, immutable' : 'no-store',
  });
  response.end(request.method === 'HEAD' || reply.status === 304 ? undefined : bytes);
}

/** The path of a request, without its query; `/` when it cannot be understood. */
export function pathOf(request: IncomingMessage): string {
  const target = request.url ?? '/';
  const end = target.search(/[?#]/);
  return end < 0 ? target : target.slice(0, end);
}

export interface ServingOptions {
  /** Answers requests; what it throws besides refusals is a defect. */
  readonly routes: (request: IncomingMessage) => Promise<Reply>;
  /** Set on every response. */
  readonly headers: Readonly<Record<string, string>>;
  readonly address: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** What is served, for messages: `The study`. */
  readonly what: string;
  /** PEM texts of the certificate chain and its key: the server then speaks TLS. */
  readonly tls?: { readonly cert: Uint8Array; readonly key: Uint8Array };
  /** Hears of defects. Default: stderr. */
  readonly onDefect?: (error: unknown) => void;
}

export interface RunningServer {
  readonly url: string;
  /** Answers what is asked already, then ends. */
  close(): Promise<void>;
}

/**
 * Serves until closed.
 * @throws NeckarError when the address or port cannot be had, or the certificate cannot be used
 */
export async function serve(options: ServingOptions): Promise<RunningServer> {
  const { address, port, tls } = options;
  const server = open((request, response) => void answer(options, request, response), tls);
  server.headersTimeout = 15_000;
  server.requestTimeout = 60_000;
  server.keepAliveTimeout = 65_000;
  server.maxHeadersCount = 64;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(options, cause)));
    server.listen(port, address, resolve);
  });
  const actual = (server.address() as AddressInfo).port;
  const host = address.includes(':') ? `[${address}]` : address;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host}:${actual}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 2000).unref();
      }),
  };
}

async function answer(
  { routes, headers, onDefect = complain }: ServingOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    send(request, response, await routes(request), headers);
  } catch (error) {
    const refusal =
      error instanceof Refusal ? error : new Refusal(500, 'defect', 'Something went wrong here.');
    if (refusal.status === 500) onDefect(error);
    if (response.headersSent) return void response.destroy();
    // A body that is refused unread would be taken for the next request.
    if (!request.complete) response.setHeader('Connection', 'close');
    send(request, response, json({ error: refusal.code, message: refusal.message }, refusal.status), headers);
  }
}

function complain(error: unknown): void {
  console.error(`neckar: ${messageOf(error)}`);
}

function open(listener: RequestListener, tls: ServingOptions['tls']): Server {
  if (tls === undefined) return createServer(listener);
  try {
    return createSecureServer({ cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) }, listener);
  } catch (cause) {
    throw new NeckarError(
      `The certificate and key cannot be used: ${messageOf(cause)}. Give PEM files that belong together.`,
      { cause },
    );
  }
}

function cannotListen({ address, port, what }: ServingOptions, cause: NodeJS.ErrnoException): NeckarError {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} is taken by another program. Choose another with --port`,
    EACCES: `port ${port} may not be used by this user. Choose one above 1023 with --port`,
    EADDRNOTAVAIL: `this machine has no address ${address}. Choose another with --address`,
    ENOTFOUND: `there is no address "${address}". Choose another with --address`,
  };
  return new NeckarError(`${what} cannot be served: ${why[cause.code ?? ''] ?? messageOf(cause)}.`, {
    cause,
  });
}
