/**
 * The passes of L-BFGS over its vectors as a WebAssembly module of 128-bit instructions, four entries at a time:
 * loops in JavaScript convert every float32 to a float64 and back, and spend their time on that. Sums are float64 throughout, with exact products; vectors are float32.
 *
 * The module is small enough to be put together here, instruction by instruction (WebAssembly core specification
 * 2.0, §5.4); an expression is the bytes that leave its value on the stack.
 */

type Bytes = readonly number[];

const [i32, f32, f64, v128] = [0x7f, 0x7d, 0x7c, 0x7b];

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

const counted = (items: readonly Bytes[]): number[] => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: Bytes): number[] => [...unsigned(bytes.length), ...bytes];
const simd = (code: number, ...operands: readonly Bytes[]): number[] => [
  ...operands.flat(),
  0xfd,
  ...unsigned(code),
];

const get = (local: number): number[] => [0x20, ...unsigned(local)];
const set = (local: number, value: Bytes): number[] => [...value, 0x21, ...unsigned(local)];
const load = (pointer: number): number[] => [...simd(0x00, get(pointer)), 4, 0];
const store = (pointer: number, value: Bytes): number[] => [...simd(0x0b, get(pointer), value), 4, 0];
const splat = (scalar: Bytes): number[] => simd(0x13, scalar);
const add = (a: Bytes, b: Bytes): number[] => simd(0xe4, a, b);
const subtract = (a: Bytes, b: Bytes): number[] => simd(0xe5, a, b);
const multiply = (a: Bytes, b: Bytes): number[] => simd(0xe6, a, b);
/** b where it is less than a, else a: a NaN in a stays. */
const minimum = (a: Bytes, b: Bytes): number[] => simd(0xea, a, b);
/** b where it is greater than a, else a. */
const maximum = (a: Bytes, b: Bytes): number[] => simd(0xeb, a, b);
const less = (a: Bytes, b: Bytes): number[] => simd(0x43, a, b);
const greater = (a: Bytes, b: Bytes): number[] => simd(0x44, a, b);
const atMost = (a: Bytes, b: Bytes): number[] => simd(0x45, a, b);
const atLeast = (a: Bytes, b: Bytes): number[] => simd(0x46, a, b);
const and = (a: Bytes, b: Bytes): number[] => simd(0x4e, a, b);
const not = (a: Bytes): number[] => simd(0x4d, a);
/** a where the mask's bits are set, else b. */
const select = (a: Bytes, b: Bytes, mask: Bytes): number[] => simd(0x52, a, b, mask);
const or = (a: Bytes, b: Bytes): number[] => simd(0x50, a, b);
const zero: Bytes = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];

/** The lower, or the upper, two of four float32 as float64. */
const wideLow = (vector: Bytes): number[] => simd(0x5f, vector);
const wideHigh = (vector: Bytes): number[] =>
  wideLow([...vector, ...vector, 0xfd, 0x0d, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]);
/** The two float64 sums of an accumulator grow by the four products of a and b. */
const accumulate = (sum: number, a: Bytes, b: Bytes): number[] => {
  const products = simd(0xf0, simd(0xf2, wideLow(a), wideLow(b)), simd(0xf2, wideHigh(a), wideHigh(b)));
  return set(sum, simd(0xf0, get(sum), products));
};
const total = (sum: number): number[] => [...simd(0x21, get(sum)), 0, ...simd(0x21, get(sum)), 1, 0xa0];

/**
 * A function whose first `pointers` parameters are addresses of vectors, then their end (of the first), then
 * float32 numbers. `body` runs for every four entries, the pointers advancing; then the sums are returned.
 */
interface Kernel {
  readonly pointers: number;
  readonly numbers: number;
  readonly sums: number;
  readonly temporaries: number;
  /** Locals in this order: pointers, end, numbers (given as vectors), sums, temporaries. */
  readonly body: (locals: {
    readonly p: readonly number[];
    readonly number: readonly Bytes[];
    readonly sum: readonly number[];
    readonly v: readonly number[];
  }) => Bytes;
}

function assemble({ pointers, numbers, sums, temporaries, body }: Kernel): { type: Bytes; code: Bytes } {
  const range = (start: number, length: number) => Array.from({ length }, (_, i) => start + i);
  const end = pointers;
  const parameters = pointers + 1 + numbers;
  const splats = range(parameters, numbers);
  const sum = range(parameters + numbers, sums);
  const v = range(parameters + numbers + sums, temporaries);
  const p = range(0, pointers);
  const code = [
    ...splats.flatMap((local, i) => set(local, splat(get(end + 1 + i)))),
    ...[0x02, 0x40, 0x03, 0x40],
    ...[...get(0), ...get(end), 0x4f, 0x0d, 1],
    ...body({ p, number: splats.map(get), sum, v }),
    ...p.flatMap((pointer) => set(pointer, [...get(pointer), 0x41, 16, 0x6a])),
    ...[0x0c, 0, 0x0b, 0x0b],
    ...sum.flatMap(total),
    0x0b,
  ];
  const locals = counted([[...unsigned(numbers + sums + temporaries), v128]]);
  const types = [...range(0, pointers + 1).map(() => i32), ...range(0, numbers).map(() => f32)];
  return {
    type: [0x60, ...sized(types), ...sized(sum.map(() => f64))],
    code: sized([...locals, ...code]),
  };
}

/** The entries that can move from x along d within [low, high]: all bits set. */
const movable = (x: number, d: number, low: Bytes, high: Bytes): number[] =>
  and(or(greater(get(x), low), greater(get(d), zero)), or(less(get(x), high), less(get(d), zero)));

const kernels = {
  /** (a, b) → Σab */
  dot: {
    pointers: 2,
    numbers: 0,
    sums: 1,
    temporaries: 2,
    body: ({ p, sum, v }) => [
      ...set(v[0]!, load(p[0]!)),
      ...set(v[1]!, load(p[1]!)),
      ...accumulate(sum[0]!, get(v[0]!), get(v[1]!)),
    ],
  },
  /** (a, b, mask) → Σab where the mask is set */
  dotWhere: {
    pointers: 3,
    numbers: 0,
    sums: 1,
    temporaries: 2,
    body: ({ p, sum, v }) => [
      ...set(v[0]!, and(load(p[0]!), load(p[2]!))),
      ...set(v[1]!, load(p[1]!)),
      ...accumulate(sum[0]!, get(v[0]!), get(v[1]!)),
    ],
  },
  /** (q, v, w, mask): q ← v where the mask is set, else 0 → Σwq */
  copyAndDot: {
    pointers: 4,
    numbers: 0,
    sums: 1,
    temporaries: 2,
    body: ({ p, sum, v }) => [
      ...set(v[0]!, and(load(p[1]!), load(p[3]!))),
      ...store(p[0]!, get(v[0]!)),
      ...set(v[1]!, load(p[2]!)),
      ...accumulate(sum[0]!, get(v[0]!), get(v[1]!)),
    ],
  },
  /** (q, v, w, mask; a): q ← q + a·v where the mask is set, else 0 → Σwq */
  addAndDot: {
    pointers: 4,
    numbers: 1,
    sums: 1,
    temporaries: 2,
    body: ({ p, number, sum, v }) => [
      ...set(v[0]!, and(add(load(p[0]!), multiply(number[0]!, load(p[1]!))), load(p[3]!))),
      ...store(p[0]!, get(v[0]!)),
      ...set(v[1]!, load(p[2]!)),
      ...accumulate(sum[0]!, get(v[0]!), get(v[1]!)),
    ],
  },
  /** (q, v, u, mask; c, a, b): q ← c·q + a·v where the mask is set, else b·u */
  combine: {
    pointers: 4,
    numbers: 3,
    sums: 0,
    temporaries: 0,
    body: ({ p, number: [c, a, b] }) =>
      store(
        p[0]!,
        select(
          add(multiply(c!, load(p[0]!)), multiply(a!, load(p[1]!))),
          multiply(b!, load(p[2]!)),
          load(p[3]!),
        ),
      ),
  },
  /** (mask, x, g; low, high): mask ← not (x ≤ low and g > 0, or x ≥ high and g < 0) */
  free: {
    pointers: 3,
    numbers: 2,
    sums: 0,
    temporaries: 2,
    body: ({ p, number: [low, high], v }) => [
      ...set(v[0]!, load(p[1]!)),
      ...set(v[1]!, load(p[2]!)),
      ...store(
        p[0]!,
        not(
          or(
            and(atMost(get(v[0]!), low!), greater(get(v[1]!), zero)),
            and(atLeast(get(v[0]!), high!), less(get(v[1]!), zero)),
          ),
        ),
      ),
    ],
  },
  /** (out, x, d, g; t, low, high): out ← clip(x + t·d) → Σg(out − x), Σgd over the movable */
  step: {
    pointers: 4,
    numbers: 3,
    sums: 2,
    temporaries: 5,
    body: ({ p, number: [t, low, high], sum, v }) => [
      ...set(v[0]!, load(p[1]!)),
      ...set(v[1]!, load(p[2]!)),
      ...set(v[2]!, load(p[3]!)),
      ...set(v[3]!, maximum(minimum(add(get(v[0]!), multiply(t!, get(v[1]!))), high!), low!)),
      ...store(p[0]!, get(v[3]!)),
      ...set(v[3]!, subtract(get(v[3]!), get(v[0]!))),
      ...accumulate(sum[0]!, get(v[2]!), get(v[3]!)),
      ...set(v[4]!, and(get(v[2]!), movable(v[0]!, v[1]!, low!, high!))),
      ...accumulate(sum[1]!, get(v[4]!), get(v[1]!)),
    ],
  },
  /** (g, d, x; low, high) → Σgd over the movable, Σg² */
  slope: {
    pointers: 3,
    numbers: 2,
    sums: 2,
    temporaries: 4,
    body: ({ p, number: [low, high], sum, v }) => [
      ...set(v[0]!, load(p[0]!)),
      ...set(v[1]!, load(p[1]!)),
      ...set(v[2]!, load(p[2]!)),
      ...set(v[3]!, and(get(v[0]!), movable(v[2]!, v[1]!, low!, high!))),
      ...accumulate(sum[0]!, get(v[3]!), get(v[1]!)),
      ...accumulate(sum[1]!, get(v[0]!), get(v[0]!)),
    ],
  },
  /** (s, y, x₁, x₀, g₁, g₀): s ← x₁ − x₀, y ← g₁ − g₀ → Σss, Σsy, Σyy */
  differences: {
    pointers: 6,
    numbers: 0,
    sums: 3,
    temporaries: 2,
    body: ({ p, sum, v }) => [
      ...set(v[0]!, subtract(load(p[2]!), load(p[3]!))),
      ...set(v[1]!, subtract(load(p[4]!), load(p[5]!))),
      ...store(p[0]!, get(v[0]!)),
      ...store(p[1]!, get(v[1]!)),
      ...accumulate(sum[0]!, get(v[0]!), get(v[0]!)),
      ...accumulate(sum[1]!, get(v[0]!), get(v[1]!)),
      ...accumulate(sum[2]!, get(v[1]!), get(v[1]!)),
    ],
  },
} satisfies Record<string, Kernel>;

const section = (id: number, content: Bytes): number[] => [id, ...sized(content)];
const named = (text: string): number[] => sized([...new TextEncoder().encode(text)]);

function moduleBytes(): Uint8Array<ArrayBuffer> {
  const names = Object.keys(kernels);
  const functions = Object.values(kernels).map(assemble);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, counted(functions.map(({ type }) => type))),
    // The memory is given from outside; how large it is, is the importer's matter.
    ...section(2, counted([[...named('e'), ...named('memory'), 0x02, 0x00, ...unsigned(1)]])),
    ...section(3, counted(functions.map((_, i) => unsigned(i)))),
    ...section(7, counted(names.map((name, i) => [...named(name), 0x00, ...unsigned(i)]))),
    ...section(10, counted(functions.map(({ code }) => code))),
  ]);
}

type Pointers<Count extends number, List extends number[] = []> = List['length'] extends Count
  ? List
  : Pointers<Count, [...List, number]>;

/** The module's functions: pointers and end in bytes, then numbers. */
export interface SimdFunctions {
  dot(...args: [...Pointers<2>, end: number]): number;
  dotWhere(...args: [...Pointers<3>, end: number]): number;
  copyAndDot(...args: [...Pointers<4>, end: number]): number;
  addAndDot(...args: [...Pointers<4>, end: number, a: number]): number;
  combine(...args: [...Pointers<4>, end: number, c: number, a: number, b: number]): void;
  free(...args: [...Pointers<3>, end: number, low: number, high: number]): void;
  step(...args: [...Pointers<4>, end: number, t: number, low: number, high: number]): [number, number];
  slope(...args: [...Pointers<3>, end: number, low: number, high: number]): [number, number];
  differences(...args: [...Pointers<6>, end: number]): [number, number, number];
}

// The part of the JavaScript interface that is used here; the standard library's types have it only with the DOM.
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number });
    readonly buffer: ArrayBuffer;
  }
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: object);
    readonly exports: object;
  }
}

const page = 65536;
let compiled: WebAssembly.Module | undefined;

/**
 * So many bytes of zeroed memory and the functions over it. Vectors in it must begin at multiples of 16 and be
 * padded with zeros to one. It is address space until it is written to: what is unused costs nothing.
 * @throws RangeError when more than 4 GB are asked for
 */
export function simdMemory(bytes: number): { buffer: ArrayBuffer; functions: SimdFunctions } {
  compiled ??= new WebAssembly.Module(moduleBytes());
  const memory = new WebAssembly.Memory({ initial: Math.max(1, Math.ceil(bytes / page)) });
  const { exports } = new WebAssembly.Instance(compiled, { e: { memory } });
  return { buffer: memory.buffer, functions: exports as SimdFunctions };
}
