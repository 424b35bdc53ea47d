/**
 * Makes a process believe that it is on another machine: `NECKAR_TEST_HOST` is its name, `NECKAR_TEST_CLOCK` how far its
 * clock is ahead, in milliseconds. To be loaded first (`NODE_OPTIONS=--import=…`), in plain JavaScript.
 */
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';

const host = process.env.NECKAR_TEST_HOST;
if (host !== undefined) {
  os.hostname = () => host;
  syncBuiltinESMExports();
}
const ahead = Number(process.env.NECKAR_TEST_CLOCK ?? 0);
const TrueDate = Date;
globalThis.Date = class extends TrueDate {
  constructor(...given) {
    if (given.length === 0) super(TrueDate.now() + ahead);
    else super(...given);
  }

  static now() {
    return TrueDate.now() + ahead;
  }
};
