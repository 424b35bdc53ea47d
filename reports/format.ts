/** Numbers as people read them. */

/** Three significant digits, without an exponent between 0.001 and a million; a real minus sign. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace('-', '−');
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) {
    const [mantissa, exponent] = value.toExponential(2).split('e') as [string, string];
    return `${mantissa} × 10${superscript(Number(exponent))}`.replace(/^-/, '−');
  }
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(size)));
  return value.toFixed(decimals).replace('-', '−');
}

/** Seconds as `850 ms`, `12.3 s`, `4 min 10 s` or `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${number(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toPrecision(3)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Bytes as `310 MB` or `1.6 GB`, in powers of ten. */
export function bytes(count: number): string {
  return count >= 1e9 ? `${(count / 1e9).toFixed(1)} GB` : `${Math.round(count / 1e6)} MB`;
}

/** A share as `12 %`, with a decimal below ten; what is less than a twentieth of a percent is `0 %`. */
export function percent(share: number): string {
  const value = 100 * share;
  return `${value < 0.05 ? '0' : value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
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
