/** Bodies of requests, of limited size. */
import type { IncomingMessage } from 'node:http';
import { Refusal } from '../../platform/web.ts';
import { parseJson } from '../../runs/store.ts';

/** The largest body that is read: a whole session's answers fit twice. */
const largestBody = 128 * 1024;

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
