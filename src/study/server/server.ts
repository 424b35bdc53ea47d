/** The web server of a study. */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { messageOf, NeckarError } from '../../errors.ts';
import { json, Refusal, send } from './http.ts';
import { createRoutes, type RouteOptions } from './routes.ts';

export interface ServeOptions extends RouteOptions {
  /** Default 127.0.0.1: this machine only. */
  readonly address?: string;
  /** Default 8080; 0 takes any that is free. */
  readonly port?: number;
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
 * Serves a study until closed.
 * @throws NeckarError when the address or port cannot be had, or the certificate cannot be used
 */
export async function serveStudy(options: ServeOptions): Promise<RunningServer> {
  const { address = '127.0.0.1', port = 8080, tls } = options;
  const routes = createRoutes(options);
  const onDefect = options.onDefect ?? ((error: unknown) => console.error(`neckar: ${messageOf(error)}`));
  const listener: RequestListener = (request, response) => {
    void answerRequest(routes, request, response, onDefect);
  };
  const server = open(listener, tls);
  server.headersTimeout = 15_000;
  server.requestTimeout = 60_000;
  server.keepAliveTimeout = 65_000;
  server.maxHeadersCount = 64;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(address, port, cause)));
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

async function answerRequest(
  routes: ReturnType<typeof createRoutes>,
  request: IncomingMessage,
  response: ServerResponse,
  onDefect: (error: unknown) => void,
): Promise<void> {
  try {
    send(request, response, await routes(request));
  } catch (error) {
    const refusal =
      error instanceof Refusal ? error : new Refusal(500, 'defect', 'Something went wrong here.');
    if (refusal.status === 500) onDefect(error);
    if (response.headersSent) return void response.destroy();
    // A body that is refused unread would be taken for the next request.
    if (!request.complete) response.setHeader('Connection', 'close');
    send(request, response, json({ error: refusal.code, message: refusal.message }, refusal.status));
  }
}

function open(listener: RequestListener, tls: ServeOptions['tls']): Server {
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

function cannotListen(address: string, port: number, cause: NodeJS.ErrnoException): NeckarError {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} is taken by another program. Choose another with --port`,
    EACCES: `port ${port} may not be used by this user. Choose one above 1023 with --port`,
    EADDRNOTAVAIL: `this machine has no address ${address}. Choose another with --address`,
    ENOTFOUND: `there is no address "${address}". Choose another with --address`,
  };
  return new NeckarError(`The study cannot be served: ${why[cause.code ?? ''] ?? messageOf(cause)}.`, {
    cause,
  });
}
