/** The slider over the evaluations at which pictures were kept; its last position is the finished picture. */

/**
 * @param part - finds a part of the view by name
 * @param chosen - called with the evaluation to show, undefined for the finished picture
 */
export function startScrubber(part, chosen) {
  const range = part('scrubber');
  let steps = [];

  /** @param snapshots - of all pictures that are shown */
  function show(snapshots, step) {
    steps = [...new Set(snapshots.map(({ evaluation }) => evaluation))].sort((x, y) => x - y);
    part('scrub').hidden = steps.length === 0;
    range.max = steps.length;
    const at = step === undefined ? steps.length : steps.findIndex((one) => one >= step);
    range.value = at < 0 ? steps.length : at;
    const text = Number(range.value) === steps.length ? 'finished' : `evaluation ${steps[range.value]}`;
    part('scrub-label').textContent = text;
    range.setAttribute('aria-valuetext', text);
  }

  function to(index) {
    chosen(steps[Math.max(0, Math.min(index, steps.length))]);
  }

  /** By so many positions. */
  function move(by) {
    to(Number(range.value) + by);
  }

  range.addEventListener('input', () => to(Number(range.value)));
  return { show, move };
}
