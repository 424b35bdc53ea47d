/** When a training has paid off, and what a picture costs with its share of it: what the page's script knows as well. */

/** A mean over pairs with its interval, of what is needed here; no interval where both ends are the estimate. */
export interface Bounded {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** After how many pictures of one network its training has paid off against a slower way. */
export type PayOff =
  | {
      readonly kind: 'after';
      /** A real number; the first whole picture at which it is no longer dearer is `Math.ceil` of it. */
      readonly pictures: number;
      /** Its interval, from that of the seconds gained; `high` is infinite where it is open whether any are. */
      readonly low: number;
      readonly high: number;
    }
  /** It is faster, and its training took no longer than the other's. */
  | { readonly kind: 'at-once' }
  /** It is not faster. */
  | { readonly kind: 'never' };

/**
 * N at which T + N·t of the faster way equals that of the slower: (T_fast − T_slow) / (t_slow − t_fast).
 *
 * @param gained - seconds gained with each picture, t_slow − t_fast
 * @param training - seconds that the training of the faster way took longer than that of the slower one, T_fast − T_slow
 */
export function payOff(gained: Bounded, training: number): PayOff {
  const { estimate, low, high } = gained;
  if (!(estimate > 0)) return { kind: 'never' };
  if (!(training > 0)) return { kind: 'at-once' };
  return {
    kind: 'after',
    pictures: training / estimate,
    low: training / high,
    high: low > 0 ? training / low : Number.POSITIVE_INFINITY,
  };
}

/**
 * Seconds of one picture with its share of the training, t + T/N.
 * @param pictures - over which the training is spread, at least 1; infinite: its training does not count
 */
export function withShare(seconds: number, training: number, pictures: number): number {
  return seconds + training / pictures;
}

/** The numbers of pictures that a training is spread over on the page: 1, 2, 5, 10 … a million, and for ever. */
export const spreads: readonly number[] = [
  ...[1, 10, 100, 1000, 10_000, 100_000].flatMap((power) => [power, 2 * power, 5 * power]),
  1_000_000,
  Number.POSITIVE_INFINITY,
];

/** What is shown at first, and where nothing moves. */
export const firstSpread = 100;

/** `1 picture`, `100 pictures`, `any number of pictures`. */
export function spreadText(spread: number): string {
  return Number.isFinite(spread)
    ? `${whole(spread)} ${spread === 1 ? 'picture' : 'pictures'}`
    : 'any number of pictures';
}

/** With narrow spaces between thousands. */
export function whole(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** Seconds of a picture with their interval, and of the training whose share they are shown with. */
export interface Moving {
  readonly seconds: number;
  /** Absent where all pairs agree, or are one. */
  readonly low?: number;
  readonly high?: number;
  readonly training: number;
}

/** What the page's script needs: what its slider changes. */
export interface TradeOffData {
  /** The stops of the slider; behind them a training does not count. */
  readonly spreads: readonly number[];
  readonly first: number;
  /** Panel by panel, in the order of its marks. */
  readonly panels: readonly (readonly Moving[])[];
  /** Column by column of the table; null where nobody measured the seconds. */
  readonly ways: readonly ((Moving & { readonly star: string }) | null)[];
}
