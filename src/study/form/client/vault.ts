/** What survives a reload: the session's token, answers not yet acknowledged, and what was filled in. */

import type { Facts, GivenAnswer } from '../exchange.ts';

/** What is kept of a session. */
export interface VaultRecord {
  readonly token?: string;
  readonly language?: string;
  /** What was filled in before the session began. */
  readonly draft?: Facts;
  readonly begun?: boolean;
  readonly finished?: boolean;
  readonly answered?: boolean;
  /** Milliseconds. */
  readonly spent?: number;
  /** Answers not yet acknowledged. */
  readonly outbox?: readonly GivenAnswer[];
  /** Of a form that is a file: what its rater told, since when, and the answers with their seals. */
  readonly told?: { readonly language: string; readonly background: Facts; readonly conditions: Facts };
  readonly begunAt?: number;
  readonly sealed?: readonly (GivenAnswer & { readonly seal: string })[];
}

export interface Vault {
  readonly keeps: boolean;
  readonly record: VaultRecord;
  /** Changes some entries and writes at once. */
  put(changes: VaultRecord): void;
  clear(): void;
}

const vaultPrefix = 'neckar study ';

/**
 * A record kept in the browser under a name. Tabs that show one session share it: it is read anew whenever it is asked
 * for, and a change to some entries leaves the others as another tab has written them. `keeps` is false where the
 * browser keeps nothing (private windows, a full quota): the record then lives as long as the page.
 */
export function openVault(name: string): Vault {
  const key = vaultPrefix + name;
  let keeps = true;
  let record: VaultRecord = {};
  const read = () => {
    if (!keeps) return;
    try {
      record = JSON.parse(localStorage.getItem(key) ?? '{}') as VaultRecord;
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
