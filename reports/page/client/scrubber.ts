/** The slider over the evaluations at which pictures were kept; its last position is the finished picture. */

import type { Snapshot } from '../data.ts';
import type { FindPart } from './dom.ts';

export interface Scrubber {
  /** @param snapshots - of all pictures that are shown */
  show(snapshots: readonly Snapshot[], step: number | undefined): void;
  /** By so many positions. */
  move(by: number): void;
}

/** @param chosen - called with the evaluation to show, undefined for the finished picture */
export function startScrubber(part: FindPart, chosen: (step: number | undefined) => void): Scrubber {
  const range = part<HTMLInputElement>('scrubber');
  let steps: readonly number[] = [];

  function show(snapshots: readonly Snapshot[], step: number | undefined): void {
    steps = [...new Set(snapshots.map(({ evaluation }) => evaluation))].sort((x, y) => x - y);
    part('scrub').hidden = steps.length === 0;
    range.max = String(steps.length);
    const at = step === undefined ? steps.length : steps.findIndex((one) => one >= step);
    range.value = String(at < 0 ? steps.length : at);
    const text =
      Number(range.value) === steps.length ? 'finished' : `evaluation ${steps[Number(range.value)]}`;
    part('scrub-label').textContent = text;
    range.setAttribute('aria-valuetext', text);
  }

  function to(index: number): void {
    chosen(steps[Math.max(0, Math.min(index, steps.length))]);
  }

  function move(by: number): void {
    to(Number(range.value) + by);
  }

  range.addEventListener('input', () => to(Number(range.value)));
  return { show, move };
}
