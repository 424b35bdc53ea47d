/** The comparison in the page's address: which pictures, how they are laid out, where in them one is. */
import { addressed, setAddress } from './address.ts';

/** Everything that it writes; `view` is there exactly while the comparison is open. */
const names = ['view', 'a', 'b', 'mode', 'step', 'wipe', 'gain', 'zoom', 'x', 'y', 'details'] as const;
type Name = (typeof names)[number];

/** What is to be written; what is at its default is undefined or absent. */
export type Wanted = Readonly<Partial<Record<Name, string | number>>>;

/** What was read. */
export type Written = Readonly<Partial<Record<Name, string>>>;

/** How long changes are gathered, in milliseconds: browsers bear no hundred of them in a drag. */
const pause = 150;

export interface ViewerAddress {
  /** Soon, with other changes. */
  write(wanted: Wanted): void;
  /** At once, as a step of its own, from which Back leads to the page. */
  enter(wanted: Wanted): void;
  leave(): void;
  /** Called when the reader went back or forward: what was to be written is of another entry. */
  drop(): void;
  /** Whether an entry was just left that shows nothing of its own. */
  wasSpent(): boolean;
  read(): Written;
}

export function viewerAddress(): ViewerAddress {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let latest: Wanted | undefined;
  /** The comparison was closed by a button: the entry of the history it stood in is of no use any more. */
  let spent = false;

  function write(wanted: Wanted): void {
    latest = wanted;
    waiting ??= setTimeout(flush, pause);
  }

  function flush() {
    clearTimeout(waiting);
    waiting = undefined;
    if (latest !== undefined) setAddress(all(latest));
    latest = undefined;
  }

  function enter(wanted: Wanted): void {
    drop();
    setAddress(all(wanted), !spent);
    spent = false;
  }

  function leave() {
    drop();
    setAddress(all({}));
    spent = true;
  }

  function drop(): void {
    clearTimeout(waiting);
    waiting = undefined;
    latest = undefined;
  }

  function wasSpent(): boolean {
    const was = spent;
    spent = false;
    return was;
  }

  function all(wanted: Wanted): Wanted {
    return Object.fromEntries(names.map((name) => [name, wanted[name]]));
  }

  function read(): Written {
    const address = addressed();
    return Object.fromEntries(names.map((name) => [name, address.get(name) ?? undefined]));
  }

  return { write, enter, leave, drop, wasSpent, read };
}
