/** The comparison in the page's address: which pictures, how they are laid out, where in them one is. */
import { addressed, setAddress } from './address.js';

/** Everything that it writes; `view` is there exactly while the comparison is open. */
const names = ['view', 'a', 'b', 'mode', 'step', 'wipe', 'gain', 'zoom', 'x', 'y', 'details'];

/** How long changes are gathered, in milliseconds: browsers bear no hundred of them in a drag. */
const pause = 150;

export function viewerAddress() {
  let waiting;
  let latest;
  /** The comparison was closed by a button: the entry of the history it stood in is of no use any more. */
  let spent = false;

  /** @param wanted - name -> value of what is shown; what is at its default is undefined */
  function write(wanted) {
    latest = wanted;
    waiting ??= setTimeout(flush, pause);
  }

  function flush() {
    clearTimeout(waiting);
    waiting = undefined;
    if (latest !== undefined) setAddress(all(latest));
    latest = undefined;
  }

  /** As a step of its own, from which Back leads to the page. */
  function enter(wanted) {
    drop();
    setAddress(all(wanted), !spent);
    spent = false;
  }

  function leave() {
    drop();
    setAddress(all({}));
    spent = true;
  }

  /** Called when the reader went back or forward: what was to be written is of another entry. */
  function drop() {
    clearTimeout(waiting);
    waiting = undefined;
    latest = undefined;
  }

  /** Whether an entry was just left that shows nothing of its own. */
  function wasSpent() {
    const was = spent;
    spent = false;
    return was;
  }

  function all(wanted) {
    return Object.fromEntries(names.map((name) => [name, wanted[name]]));
  }

  function read() {
    const address = addressed();
    return Object.fromEntries(names.map((name) => [name, address.get(name) ?? undefined]));
  }

  return { write, enter, leave, drop, wasSpent, read };
}
