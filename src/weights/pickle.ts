/**
 * Python pickles, read as data. A pickle is a program for a stack machine that may name any function of Python and
 * have it called; here nothing is ever called but the few functions that the reader's caller wrote itself.
 *
 * Opcodes: the disassembler of Python's standard library (pickletools) documents them all; the binary ones of protocols
 * 2 to 5 that plain containers, texts and numbers need are known here.
 */
import { NeckarError } from '../errors.ts';

/** What stands for a global name of Python in a pickle, such as `collections.OrderedDict`. */
export interface PickleGlobal {
  readonly name: string;
  /** What calling it with positional arguments gives; absent for names that are only passed on. */
  readonly call?: (args: readonly unknown[]) => unknown;
}

export interface PickleReader {
  /** Every global that may be named; any other is refused. */
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** What stands for an object that is stored outside of the pickle. */
  persistent(id: unknown): unknown;
  /** The file, for messages. */
  readonly path: string;
}

/**
 * Reads one pickle from `position` on. Dictionaries become Maps, lists and tuples arrays, None null, integers numbers
 * (bigints beyond ±2⁵³). Attributes that a pickle wants set on an object are left out.
 *
 * @returns the value, and the position after its last byte
 * @throws NeckarError for a global that is not allowed (named; nothing was run), for an opcode that plain data does not
 *   need, and for a pickle that is truncated or broken
 */
export function readPickle(
  bytes: Buffer,
  position: number,
  reader: PickleReader,
): { value: unknown; end: number } {
  const machine = new Machine(bytes, position, reader);
  try {
    return { value: machine.run(), end: machine.position };
  } catch (error) {
    if (error instanceof RangeError) {
      throw new NeckarError(`${reader.path} is truncated: its pickle has no end. Fetch it again.`, {
        cause: error,
      });
    }
    throw error;
  }
}

const marker = Symbol('mark');
const stop = 0x2e;

type Pushing = (machine: Machine, code: number) => unknown;

/** Opcodes that push a value. */
const pushing: Readonly<Record<number, Pushing>> = {
  // MARK, DUP, NONE, NEWTRUE, NEWFALSE
  40: () => marker,
  50: (machine) => machine.top(),
  78: () => null,
  136: () => true,
  137: () => false,
  // BININT, BININT1, BININT2, LONG1, LONG4, BINFLOAT
  74: (machine) => machine.take(4).readInt32LE(),
  75: (machine) => machine.byte(),
  77: (machine) => machine.take(2).readUInt16LE(),
  138: (machine) => toInteger(machine.take(machine.byte())),
  139: (machine) => toInteger(machine.take(machine.length())),
  71: (machine) => machine.take(8).readDoubleBE(),
  // SHORT_BINSTRING, BINSTRING, SHORT_BINUNICODE, BINUNICODE, SHORT_BINBYTES, BINBYTES
  85: (machine) => machine.take(machine.byte()).toString('latin1'),
  84: (machine) => machine.take(machine.length()).toString('latin1'),
  140: (machine) => machine.take(machine.byte()).toString('utf8'),
  88: (machine) => machine.take(machine.length()).toString('utf8'),
  67: (machine) => machine.take(machine.byte()),
  66: (machine) => machine.take(machine.length()),
  // BINGET, LONG_BINGET
  104: (machine) => machine.recall(machine.byte()),
  106: (machine) => machine.recall(machine.length()),
  // EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE, TUPLE1 to TUPLE3, TUPLE, LIST
  125: () => new Map(),
  93: () => [],
  41: () => [],
  133: (machine) => machine.popMany(1),
  134: (machine) => machine.popMany(2),
  135: (machine) => machine.popMany(3),
  116: (machine) => machine.popToMark(),
  108: (machine) => machine.popToMark(),
  // GLOBAL, STACK_GLOBAL, BINPERSID, REDUCE, NEWOBJ
  99: (machine) => machine.global(machine.line(), machine.line()),
  147: (machine) => {
    const [module, name] = machine.popMany(2);
    return machine.global(String(module), String(name));
  },
  81: (machine) => machine.persistent(machine.pop()),
  82: (machine) => machine.call(),
  129: (machine) => machine.call(),
};

/** Opcodes that push nothing. */
const acting: Readonly<Record<number, (machine: Machine) => void>> = {
  // PROTO, FRAME, POP, POP_MARK, BUILD
  128: (machine) => void machine.byte(),
  149: (machine) => void machine.take(8),
  48: (machine) => void machine.pop(),
  49: (machine) => void machine.popToMark(),
  98: (machine) => void machine.pop(),
  // BINPUT, LONG_BINPUT, MEMOIZE
  113: (machine) => machine.keep(machine.byte()),
  114: (machine) => machine.keep(machine.length()),
  148: (machine) => machine.keep(),
  // APPEND, APPENDS, SETITEM, SETITEMS
  97: (machine) => machine.append(machine.popMany(1)),
  101: (machine) => machine.append(machine.popToMark()),
  115: (machine) => machine.setItems(machine.popMany(2)),
  117: (machine) => machine.setItems(machine.popToMark()),
};

class Machine {
  readonly #bytes: Buffer;
  readonly #reader: PickleReader;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  position: number;

  constructor(bytes: Buffer, position: number, reader: PickleReader) {
    this.#bytes = bytes;
    this.position = position;
    this.#reader = reader;
  }

  run(): unknown {
    for (;;) {
      const at = this.position;
      const code = this.byte();
      if (code === stop) return this.pop();
      this.#step(code, at);
    }
  }

  #step(code: number, at: number): void {
    const push = pushing[code];
    if (push !== undefined) {
      this.push(push(this, code));
      return;
    }
    const act = acting[code];
    if (act === undefined) {
      throw this.broken(`opcode 0x${code.toString(16)} at byte ${at} is none that tensors need`);
    }
    act(this);
  }

  /** The gate: whatever is not in the list of allowed names ends the reading. */
  global(module: string, name: string): PickleGlobal {
    const full = `${module}.${name}`;
    const known = this.#reader.globals.get(full);
    if (known !== undefined) return known;
    throw new NeckarError(
      `${this.#reader.path} wants Python's ${full}, which no plain file of tensors needs. It was refused and nothing ` +
        'of it was run: a pickle can run any code. Get the weights as a state dict or as safetensors, from a source you trust.',
    );
  }

  call(): unknown {
    const [callee, args] = this.popMany(2);
    const known = [...this.#reader.globals.values()].find((allowed) => allowed === callee);
    if (known?.call === undefined || !Array.isArray(args)) {
      throw this.broken(`it calls ${known?.name ?? 'something that is no function'}`);
    }
    return known.call(args);
  }

  persistent(id: unknown): unknown {
    return this.#reader.persistent(id);
  }

  setItems(items: readonly unknown[]): void {
    const map = this.top();
    if (!(map instanceof Map) || items.length % 2 !== 0) throw this.broken('it sets items of no dictionary');
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  }

  append(items: readonly unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.broken('it appends to no list');
    for (const item of items) list.push(item);
  }

  keep(index = this.#memo.size): void {
    this.#memo.set(index, this.top());
  }

  recall(index: number): unknown {
    if (!this.#memo.has(index)) throw this.broken(`it recalls value ${index}, which it never kept`);
    return this.#memo.get(index);
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  top(): unknown {
    if (this.#stack.length === 0) throw this.broken('its stack is empty');
    return this.#stack.at(-1);
  }

  pop(): unknown {
    const value = this.top();
    this.#stack.pop();
    if (value === marker) throw this.broken('it takes a mark for a value');
    return value;
  }

  popMany(count: number): unknown[] {
    if (this.#stack.length < count) throw this.broken('its stack is empty');
    const values = this.#stack.splice(this.#stack.length - count);
    if (values.includes(marker)) throw this.broken('it takes a mark for a value');
    return values;
  }

  popToMark(): unknown[] {
    const mark = this.#stack.lastIndexOf(marker);
    if (mark < 0) throw this.broken('a mark is missing');
    const values = this.#stack.splice(mark + 1);
    this.#stack.pop();
    return values;
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  /** A length or index of four bytes. */
  length(): number {
    return this.take(4).readUInt32LE();
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) throw new RangeError('no end of line');
    const text = this.#bytes.toString('utf8', this.position, end);
    this.position = end + 1;
    return text;
  }

  take(count: number): Buffer {
    const end = this.position + count;
    if (end > this.#bytes.length) throw new RangeError('past the end');
    const taken = this.#bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }

  broken(what: string): NeckarError {
    return new NeckarError(
      `${this.#reader.path} is broken or no file of tensors: in its pickle, ${what}. Fetch it again.`,
    );
  }
}

/** A little-endian two's complement integer of any length. */
function toInteger(bytes: Buffer): number | bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  if (bytes.length > 0 && bytes.at(-1)! & 0x80) value -= 1n << BigInt(8 * bytes.length);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
