/** What survives a reload: the session's token, answers not yet acknowledged, and what was filled in. */

const vaultPrefix = 'neckar study ';

/**
 * A record kept in the browser under a name. `keeps` is false where the browser keeps nothing (private windows, a full
 * quota): the record then lives as long as the page.
 */
export function openVault(name) {
  const key = vaultPrefix + name;
  let keeps = true;
  let record = {};
  try {
    record = JSON.parse(localStorage.getItem(key) ?? '{}');
  } catch {
    record = {};
  }
  const write = () => {
    try {
      localStorage.setItem(key, JSON.stringify(record));
      keeps = true;
    } catch {
      keeps = false;
    }
  };
  write();
  return {
    get keeps() {
      return keeps;
    },
    get record() {
      return record;
    },
    /** Changes some entries and writes at once. */
    put(changes) {
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
