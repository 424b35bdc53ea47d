/** A server on this machine that answers as it is told, well or badly. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server, type Socket } from 'node:net';

/** `kept` tells how many bytes of the file whoever asks has kept so far. */
export type Answer = (request: IncomingMessage, response: ServerResponse, kept: () => number) => void;

export interface TestServer {
  readonly url: string;
  /** The requests so far: path and range. */
  readonly requests: { readonly path: string; readonly range: string | undefined }[];
  /** Set by a test that knows it; otherwise everything that was sent counts as kept. */
  kept: () => number;
  close(): Promise<void>;
}

/** `answers` are used one after the other, the last one for good. */
export async function serve(...answers: readonly Answer[]): Promise<TestServer> {
  const requests: TestServer['requests'] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)]!;
    requests.push({ path: request.url!, range: request.headers.range });
    answer(request, response, () => made.kept());
  });
  const url = await listening(server);
  const made: TestServer = {
    url,
    requests,
    kept: () => Number.POSITIVE_INFINITY,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return made;
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The whole file, or the part that is asked for. */
export function sends(bytes: Buffer): Answer {
  return (request, response) => {
    const begin = beginOf(request);
    if (begin >= bytes.length && begin > 0) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    const part = bytes.subarray(begin);
    response.writeHead(begin > 0 ? 206 : 200, {
      'content-type': 'application/octet-stream',
      'content-length': part.length,
      ...(begin > 0 ? { 'content-range': `bytes ${begin}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    response.end(part);
  };
}

/** Promises everything and breaks the line off after some bytes: once they are kept, as a line that breaks loses what is on it. */
export function cuts(bytes: Buffer, after: number): Answer {
  return (request, response, kept) => {
    const begin = beginOf(request);
    const part = bytes.subarray(begin);
    response.writeHead(begin > 0 ? 206 : 200, {
      'content-length': part.length,
      ...(begin > 0 ? { 'content-range': `bytes ${begin}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    const sent = part.subarray(0, after);
    const cut = () => {
      if (kept() >= begin + sent.length) response.socket?.destroy();
      else setTimeout(cut, 5);
    };
    response.write(sent, cut);
  };
}

/** Ends without a word about its length: half a file that looks whole. */
export function truncates(bytes: Buffer, after: number): Answer {
  return (_, response) => {
    response.writeHead(200, { connection: 'close' });
    response.end(bytes.subarray(0, after));
  };
}

export function says(status: number, body = '', type = 'text/plain'): Answer {
  return (_, response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  };
}

export function redirects(to: string): Answer {
  return (_, response) => {
    response.writeHead(302, { location: to }).end();
  };
}

/** Takes the request and never answers. */
export const silent: Answer = () => {};

/** Sends in pieces with pauses between them. */
export function dawdles(bytes: Buffer, pieces: number, pause: number): Answer {
  return (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    const size = Math.ceil(bytes.length / pieces);
    const send = (at: number) => {
      if (at >= bytes.length) return void response.end();
      response.write(bytes.subarray(at, at + size));
      setTimeout(send, pause, at + size);
    };
    send(0);
  };
}

/**
 * A proxy that opens tunnels to one server, whatever host is asked for, and remembers the hosts.
 *
 * @param behaviours - of the tunnels one after the other, the last one for good: how many bytes of the answer pass until
 *   the line is cut, or what the proxy says instead of opening a tunnel
 */
export async function tunnel(
  to: string,
  ...behaviors: readonly (number | string)[]
): Promise<{ url: string; hosts: string[]; kept: () => number; close(): Promise<void> }> {
  const hosts: string[] = [];
  let kept = () => Number.POSITIVE_INFINITY;
  const { connect } = await import('node:net');
  const target = new URL(to);
  const clients = new Set<Socket>();
  const server = createSocketServer((client) => {
    clients.add(client);
    client.once('data', (head) => {
      const behavior = behaviors[Math.min(hosts.length, behaviors.length - 1)] ?? Number.POSITIVE_INFINITY;
      hosts.push(/^CONNECT (\S+)/.exec(head.toString())?.[1] ?? head.toString().split('\r\n')[0]!);
      if (typeof behavior === 'string') {
        client.end(behavior);
        return;
      }
      const upstream = connect(Number(target.port), target.hostname, () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        client.pipe(upstream);
        let left = behavior;
        // A line that breaks loses what is on it: it is cut once all but the answer's head is kept.
        const enough = kept() + behavior - 2000;
        const cut = () => {
          if (kept() >= enough || client.destroyed) client.end();
          else setTimeout(cut, 5);
        };
        upstream.on('data', (part: Buffer) => {
          if (left === 0) return;
          client.write(part.subarray(0, left));
          left -= Math.min(left, part.length);
          if (left > 0) return;
          upstream.destroy();
          cut();
        });
        upstream.on('end', () => client.end());
        client.on('close', () => upstream.destroy());
      });
      upstream.on('error', () => client.destroy());
    });
    client.on('error', () => {});
  });
  const url = await listening(server);
  return {
    url,
    hosts,
    get kept() {
      return kept;
    },
    /** Set by a test that knows how many bytes of the file are kept. */
    set kept(known: () => number) {
      kept = known;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const client of clients) client.destroy();
      }),
  };
}

function beginOf(request: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
}
