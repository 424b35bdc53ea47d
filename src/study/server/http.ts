/** The little of HTTP that a study needs: bodies of limited size, JSON, and headers that give nothing away. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJson } from '../../runs/store.ts';

/** The largest body that is read: a whole session's answers fit twice. */
const largestBody = 128 * 1024;

/** A refusal with its status; `code` is what the form translates, `message` is for people who look closer. */
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

/** Set on every response. Pictures come as blobs that the form has checked; nothing is loaded from elsewhere. */
const securityHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
};

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

export function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const bytes = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  response.writeHead(reply.status, {
    ...securityHeaders,
    'Content-Type': reply.type,
    'Content-Length': bytes.length,
    'Cache-Control': reply.keep === 'forever' ? 'private, max-age=86400, immutable' : 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/**
 * The JSON body of a request.
 * @throws Refusal 413 when it is larger than allowed, 415 when it is no JSON by its type, 400 when it cannot be parsed
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    throw new Refusal(415, 'bad-request', 'Send application/json.');
  }
  const tooLarge = () => new Refusal(413, 'too-large', `At most ${largestBody} bytes can be sent at once.`);
  if (Number(request.headers['content-length'] ?? 0) > largestBody) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > largestBody) throw tooLarge();
    chunks.push(chunk as Buffer);
  }
  const value = parseJson(Buffer.concat(chunks));
  if (value === undefined) throw new Refusal(400, 'bad-request', 'The body is not JSON.');
  return value;
}
