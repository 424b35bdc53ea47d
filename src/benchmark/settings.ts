/** What decides a method's pictures, as a submission tells it. */
import { workOf } from '../experiment/identity.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import { canonicalJson } from '../platform/canonical-json.ts';
import { sha256 } from '../runs/hash.ts';

/** The part of a configuration that decides pictures, the same for all pairs: without paths and environment. */
export function settingsOf(config: TrialConfig): unknown {
  return JSON.parse(JSON.stringify(withoutPaths(workOf(config))));
}

/** SHA-256 of those settings as canonical JSON. */
export function settingsHashOf(config: TrialConfig): string {
  return sha256(canonicalJson(settingsOf(config)));
}

/** A folder of this machine says nothing to others, and an environment may hold secrets. */
function withoutPaths(value: unknown): unknown {
  if (typeof value === 'string') return /^(\/|[A-Za-z]:\\)/.test(value) ? '(a file)' : value;
  if (Array.isArray(value)) return value.map(withoutPaths);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => (key === 'env' ? [] : [[key, withoutPaths(one)]])),
  );
}
