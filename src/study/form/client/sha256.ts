/** SHA-256 and HMAC (FIPS 180-4, RFC 2104): browsers offer their own only to pages with TLS. */

type Words = [number, number, number, number, number, number, number, number];

const roundConstants = new Uint32Array(64);
const initialHash = new Uint32Array(8);
{
  // Fractional parts of the cube and square roots of the first primes.
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  const fraction = (x: number) => Math.floor((x - Math.floor(x)) * 2 ** 32);
  for (const [i, prime] of primes.entries()) roundConstants[i] = fraction(Math.cbrt(prime));
  for (let i = 0; i < 8; i++) initialHash[i] = fraction(Math.sqrt(primes[i]!));
}

/** The 32 bytes of the hash of some bytes. */
export function sha256Bytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = bytes.length;
  const padded = new Uint8Array(Math.ceil((length + 9) / 64) * 64);
  padded.set(bytes);
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(length / 2 ** 29));
  view.setUint32(padded.length - 4, (length * 8) >>> 0);
  const hash = Uint32Array.from(initialHash);
  const w = new Uint32Array(64);
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(block + 4 * i);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15]!;
      const y = w[i - 2]!;
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
    }
    let [a, b, c, d, e, f, g, h] = hash as unknown as Words;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + roundConstants[i]! + w[i]!) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) hash[i] = hash[i]! + word;
  }
  const out = new Uint8Array(32);
  for (let i = 0; i < 8; i++) new DataView(out.buffer).setUint32(4 * i, hash[i]!);
  return out;
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function utf8(string: string): Uint8Array {
  return new TextEncoder().encode(string);
}

/** HMAC-SHA-256 in hexadecimal; key and message are texts. */
export function hmacOf(key: string, message: string): string {
  const block = new Uint8Array(64);
  const keyBytes = utf8(key);
  block.set(keyBytes.length > 64 ? sha256Bytes(keyBytes) : keyBytes);
  const joined = (pad: number, bytes: Uint8Array) =>
    Uint8Array.from([...block.map((byte) => byte ^ pad), ...bytes]);
  return hexOf(sha256Bytes(joined(0x5c, sha256Bytes(joined(0x36, utf8(message))))));
}

/** 128 random bits in hexadecimal. */
export function randomId(): string {
  return hexOf(crypto.getRandomValues(new Uint8Array(16)));
}

/** The code with which the holder of a session's token can have everything deleted. */
export function withdrawalCodeOf(token: string): string {
  const alphabet = '23456789abcdefghjkmnpqrstuvwxyz';
  const bytes = sha256Bytes(utf8(`withdraw ${token}`)).slice(0, 20);
  return Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join('');
}
