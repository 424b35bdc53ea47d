/** What survives a reload: the session's token, answers not yet acknowledged, and what was filled in. */

const vaultPrefix = 'neckar study ';

/**
 * A record kept in the browser under a name. Tabs that show one session share it: it is read anew whenever it is asked
 * for, and a change to some entries leaves the others as another tab has written them. `keeps` is false where the
 * browser keeps nothing (private windows, a full quota): the record then lives as long as the page.
 */
export function openVault(name) {
  const key = vaultPrefix + name;
  let keeps = true;
  let record = {};
  const read = () => {
    if (!keeps) return;
    try {
      record = JSON.parse(localStorage.getItem(key) ?? '{}');
    } catch {
      record = {};
    }
  };
  const write = () => {
    try {
      localStorage.setItem(key, JSON.stringify(record));
      keeps = true;
    } catch {
      keeps = false;
    }
  };
  read();
  write();
  return {
    get keeps() {
      return keeps;
    },
    get record() {
      read();
      return record;
    },
    /** Changes some entries and writes at once. */
    put(changes) {
      read();
      record = { ...record, ...changes };
      write();
    },
    clear() {
      record = {};
      try {
        localStorage.removeItem(key);
      } catch {
        // Nothing was kept.
      }
    },
  };
}
