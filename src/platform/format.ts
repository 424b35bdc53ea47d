/** Numbers, durations, sizes and counts as people read them. */

/** Three significant digits, without an exponent between 0.001 and a million; a real minus sign; a dash for no number. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return unlimited(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) {
    const [mantissa, exponent] = value.toExponential(2).split('e') as [string, string];
    return `${mantissa} × 10${superscript(Number(exponent))}`.replace(/^-/, '−');
  }
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(size)));
  return value.toFixed(decimals).replace('-', '−');
}

/**
 * Three significant digits in the signs of a keyboard, for terminals: what is copied from there can be typed again, and
 * nothing of it is missing from a terminal's letters. No exponent between 0.001 and a million.
 */
export function plainNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(2);
  return size >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** `0.42`, `−0.10`; a dash where there is no number. */
export function twoDecimals(value: number): string {
  return Number.isFinite(value) ? fixed(value, 2) : '–';
}

/** `+0.42`, `−0.10`; a dash where there is no number. */
export function signed(value: number): string {
  const text = twoDecimals(value);
  return /^[\d]/.test(text) ? `+${text}` : text;
}

/** How the numbers of one row are written. */
export type Writer = (value: number) => string;

/**
 * A writer for numbers that stand beside each other, as the means of one quantity with their intervals: all with the same
 * decimals, or over the same power of ten where `number` takes one. The largest has three significant digits at least, the
 * smallest two, as long as the largest then has no more than five.
 *
 * @param values - the numbers whose digits count; zeros and what is no number are passed over
 */
export function writerFor(values: readonly number[]): Writer {
  const sizes = values.map(Math.abs).filter((size) => size > 0 && Number.isFinite(size));
  if (sizes.length === 0) return number;
  const exponents = sizes.map((size) => Math.floor(Math.log10(Number(size.toPrecision(3)))));
  const [least, most] = [Math.min(...exponents), Math.max(...exponents)];
  const decimals = Math.min(Math.max(2 - most, 1 - least), 4 - most);
  if (most >= 6 || most < -3) {
    return (value) =>
      Math.abs(value) < 10 ** (most + 3)
        ? `${fixed(value / 10 ** most, decimals + most)} × 10${superscript(most)}`
        : number(value);
  }
  // A bound far beyond the rest is written by itself.
  const far = 10 ** (most + 3);
  return (value) => (Math.abs(value) < far ? fixed(value, Math.max(0, decimals)) : number(value));
}

/** A fixed number of decimals, without the sign of a zero. */
function fixed(value: number, decimals: number): string {
  return value
    .toFixed(decimals)
    .replace(/^-(?=0(\.0*)?$)/, '')
    .replace('-', '−');
}

function unlimited(value: number): string {
  return Number.isNaN(value) ? '–' : value > 0 ? '∞' : '−∞';
}

/** Seconds that were measured: `850 ms`, `12.3 s`, then as a clock has them, `4 min 05 s`, `2 h 10 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return unlimited(seconds);
  if (seconds < 1) return `${number(seconds * 1000)} ms`;
  return seconds < 59.95 ? `${seconds.toPrecision(3)} s` : clock(seconds);
}

/** Seconds that are forecast or still running, which nobody knows to the millisecond: `0.8 s`, `8 s`, `4 min 05 s`. */
export function roughDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown';
  return seconds < 10 ? `${Number(seconds.toFixed(1))} s` : clock(seconds);
}

function clock(seconds: number): string {
  const pad = (value: number) => String(value).padStart(2, '0');
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${pad(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Bytes as `6 kB`, `310 MB` or `1.6 GB`, in powers of ten, as memory budgets are stated. */
export function bytes(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} GB`;
  if (count >= 1e6 || count === 0) return `${Math.round(count / 1e6)} MB`;
  return `${Math.max(1, Math.round(count / 1e3))} kB`;
}

/** A share as `12 %`, with a decimal below ten; what is less than a twentieth of a percent is `0 %`. */
export function percent(share: number): string {
  const value = 100 * share;
  if (!Number.isFinite(value)) return unlimited(value);
  return `${value < 0.05 ? '0' : value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
}

/** A share as `12 %`; a dash where there is none. */
export function wholePercent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(100 * share)} %` : '–';
}

/** `1 trial`, `2 trials`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(items: readonly string[]): string {
  if (items.length <= 1) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

function superscript(n: number): string {
  const digits = '⁰¹²³⁴⁵⁶⁷⁸⁹';
  return String(n).replace(/./g, (char) => (char === '-' ? '⁻' : digits[Number(char)]!));
}
