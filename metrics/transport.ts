/** Optimal transport between a few weighted points, exactly. */

/**
 * The least Σ f_ij·c_ij over all flows f ≥ 0 with row sums `supply` and column sums `demand` (the earth mover's
 * distance for unit totals), by successive shortest augmenting paths (Bellman–Ford on the residual graph). Meant for
 * tens of points.
 *
 * @param cost - cost[i][j] ≥ 0 of moving a unit from i to j
 */
export function transportCost(
  supply: readonly number[],
  demand: readonly number[],
  cost: readonly (readonly number[])[],
): number {
  const n = supply.length;
  const m = demand.length;
  const left = [...supply];
  const open = [...demand];
  const flow = supply.map(() => new Float64Array(m));
  // Rounding keeps the last crumbs from summing up exactly; they weigh nothing.
  const crumb = 1e-12;
  for (;;) {
    const distance = new Float64Array(n + m).fill(Number.POSITIVE_INFINITY);
    const from = new Int32Array(n + m).fill(-1);
    for (let i = 0; i < n; i++) if (left[i]! > crumb) distance[i] = 0;
    for (let changed = true, round = 0; changed && round <= n + m; round++) {
      changed = false;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < m; j++) {
          const c = cost[i]![j]!;
          if (distance[i]! + c < distance[n + j]! - 1e-12) {
            distance[n + j] = distance[i]! + c;
            from[n + j] = i;
            changed = true;
          }
          if (flow[i]![j]! > crumb && distance[n + j]! - c < distance[i]! - 1e-12) {
            distance[i] = distance[n + j]! - c;
            from[i] = n + j;
            changed = true;
          }
        }
      }
    }
    let end = -1;
    for (let j = 0; j < m; j++) {
      if (open[j]! > crumb && distance[n + j]! < (end < 0 ? Number.POSITIVE_INFINITY : distance[n + end]!)) {
        end = j;
      }
    }
    if (end < 0) break;
    let amount = open[end]!;
    let node = n + end;
    for (; from[node]! >= 0; node = from[node]!) {
      const previous = from[node]!;
      if (previous >= n) amount = Math.min(amount, flow[node]![previous - n]!);
    }
    amount = Math.min(amount, left[node]!);
    left[node]! -= amount;
    open[end]! -= amount;
    for (node = n + end; from[node]! >= 0; node = from[node]!) {
      const previous = from[node]!;
      if (previous < n) flow[previous]![node - n]! += amount;
      else flow[node]![previous - n]! -= amount;
    }
  }
  let total = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) total += flow[i]![j]! * cost[i]![j]!;
  return total;
}
