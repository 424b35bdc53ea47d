/** Secrets are kept as hashes only; the code with which a rater withdraws follows from the session's token. */
import { createHash } from 'node:crypto';

const alphabet = '23456789abcdefghjkmnpqrstuvwxyz';

/**
 * The withdrawal code of a token: 20 letters and digits (99 bits) of its hash. The browser computes the same, so that
 * a form that works from disk has one too; the token does not follow from it.
 */
export function withdrawalCode(token: string): string {
  const bytes = createHash('sha256').update(`withdraw ${token}`).digest();
  return Array.from(bytes.subarray(0, 20), (byte) => alphabet[byte % alphabet.length]).join('');
}

/** A code as people type it: without regard to case, spaces and hyphens. */
export function normalizeCode(code: string): string {
  return code.toLowerCase().replace(/[^0-9a-z]/g, '');
}

/** SHA-256 in hexadecimal. */
export function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
