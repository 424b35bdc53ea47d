/** The trace of an attempt while it is being written: what is new is read, what was read is thinned. */
import { open } from 'node:fs/promises';
import type { TraceRecord } from '../../src/experiment/trial.ts';
import { parseJson } from '../../src/runs/store.ts';
import type { LiveCurve } from './state.ts';

/** Points of a curve, at least, once there are so many; twice as many at most. */
const fewestPoints = 60;
/** Terms shown besides the total. */
const mostTerms = 4;
/** Records that say how fast it goes lately. */
const lately = 12;

type Point = Pick<TraceRecord, 'evaluation' | 'seconds' | 'total' | 'terms'>;

export class TraceTail {
  readonly #path: string;
  #offset = 0;
  #rest = '';
  #kept: Point[] = [];
  /** Every how many records one is kept. */
  #stride = 1;
  #records = 0;
  #recent: Point[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /** The last evaluation, or step; 0: none yet. */
  get at(): number {
    return this.#recent.at(-1)?.evaluation ?? 0;
  }

  /** Evaluations, or steps, a second over the latest records. */
  get pace(): number | undefined {
    const [first, last] = [this.#recent[0], this.#recent.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const seconds = last.seconds - first.seconds;
    return seconds > 0 ? (last.evaluation - first.evaluation) / seconds : undefined;
  }

  /** The total and the weighted terms. */
  get curves(): LiveCurve[] {
    const last = this.#recent.at(-1);
    if (last === undefined) return [];
    const kept = this.#kept.at(-1) === last ? this.#kept : [...this.#kept, last];
    const curve = (name: string, value: (point: Point) => number | undefined): LiveCurve => ({
      name,
      points: kept.flatMap((point) => {
        const one = value(point);
        return one === undefined || !Number.isFinite(one) ? [] : [[point.evaluation, rounded(one)] as const];
      }),
    });
    const terms = Object.entries(last.terms)
      .sort(([, a], [, b]) => b.weighted - a.weighted)
      .slice(0, mostTerms);
    return [
      curve('total', ({ total }) => total),
      ...(terms.length > 1 ? terms : []).map(([name]) => curve(name, (point) => point.terms[name]?.weighted)),
    ];
  }

  /** Reads what has been added; begins anew where the file has become shorter. Never fails: what is not there adds nothing. */
  async read(): Promise<void> {
    const file = await open(this.#path, 'r').catch(() => undefined);
    if (file === undefined) return;
    try {
      const { size } = await file.stat();
      if (size < this.#offset) this.#restart();
      const buffer = Buffer.alloc(Math.min(1 << 20, Math.max(0, size - this.#offset)));
      while (buffer.length > 0) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#offset);
        if (bytesRead === 0) break;
        this.#offset += bytesRead;
        this.#take(buffer.toString('latin1', 0, bytesRead));
      }
    } catch {
      // A network's file may go while it is read; the next look sees what there is then.
    } finally {
      await file.close().catch(() => {});
    }
  }

  #restart(): void {
    this.#offset = 0;
    this.#rest = '';
    this.#kept = [];
    this.#stride = 1;
    this.#records = 0;
    this.#recent = [];
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    // The last line may be torn.
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const record = parseJson(Buffer.from(line, 'latin1')) as Partial<Point> | undefined;
      if (typeof record?.evaluation !== 'number' || typeof record.seconds !== 'number') continue;
      const { evaluation, seconds, total = Number.NaN, terms = {} } = record;
      const point = { evaluation, seconds, total, terms };
      this.#recent = [...this.#recent, point].slice(-lately);
      if (this.#records++ % this.#stride === 0) this.#kept.push(point);
      if (this.#kept.length > 2 * fewestPoints) {
        this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
        this.#stride *= 2;
      }
    }
  }
}

/** Enough digits for a drawing. */
function rounded(value: number): number {
  return Number(value.toPrecision(5));
}
