/** How often one party may ask: a bucket that fills steadily and holds a few. Kept in memory only, and forgotten. */

interface Bucket {
  tokens: number;
  at: number;
}

/** More parties than this are never remembered at once; the oldest are forgotten first. */
const mostRemembered = 20_000;

export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /**
   * @param perSecond - asked for steadily
   * @param burst - asked for at once
   */
  constructor(perSecond: number, burst: number, now: () => number = Date.now) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
  }

  /** Whether this party may ask now; if so, it is counted. */
  take(party: string): boolean {
    const bucket = this.#refill(party);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  /** Whether this party could ask now, without counting. */
  allows(party: string): boolean {
    return this.#refill(party).tokens >= 1;
  }

  #refill(party: string): Bucket {
    const now = this.#now();
    const before = this.#buckets.get(party) ?? { tokens: this.#burst, at: now };
    const tokens = Math.min(this.#burst, before.tokens + ((now - before.at) / 1000) * this.#perSecond);
    const bucket = { tokens, at: now };
    this.#buckets.delete(party);
    this.#buckets.set(party, bucket);
    if (this.#buckets.size > mostRemembered) this.#buckets.delete(this.#buckets.keys().next().value!);
    return bucket;
  }
}
