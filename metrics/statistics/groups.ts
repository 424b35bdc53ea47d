/** Which treatments a family of pairwise decisions leaves together. */

/** More treatments than this are not grouped: nobody reads that many bars, and there may be very many groups. */
const mostGrouped = 30;

/**
 * The maximal groups of treatments of which no two were told apart: the bars of a rank diagram, drawn from the same
 * decisions as the sentences. Groups of one are left out.
 *
 * Found by Bron & Kerbosch's algorithm (Finding all cliques of an undirected graph, Comm. ACM 16, 1973) with pivots.
 *
 * @param treatments - how many there are
 * @param areApart - whether the tests tell two treatments, by index, apart; symmetric
 * @param order - of all treatments, such as by their ranks; groups and their members follow it. Default: by index
 * @returns undefined for more than 30 treatments
 */
export function indistinctGroups(
  treatments: number,
  areApart: (a: number, b: number) => boolean,
  order: readonly number[] = Array.from({ length: treatments }, (_, i) => i),
): number[][] | undefined {
  if (treatments > mostGrouped) return undefined;
  const place = new Map(order.map((treatment, at) => [treatment, at]));
  const near = order.map((a) => new Set(order.filter((b) => a !== b && !areApart(a, b))));
  const neighbors = (treatment: number) => near[place.get(treatment)!]!;
  const groups: number[][] = [];
  const extend = (group: readonly number[], candidates: ReadonlySet<number>, done: ReadonlySet<number>) => {
    if (candidates.size === 0 && done.size === 0) {
      if (group.length > 1) groups.push([...group].sort((a, b) => place.get(a)! - place.get(b)!));
      return;
    }
    const shared = (treatment: number) => [...candidates].filter((one) => neighbors(treatment).has(one));
    const pivot = [...candidates, ...done].reduce((best, one) =>
      shared(one).length > shared(best).length ? one : best,
    );
    const left = new Set(candidates);
    const finished = new Set(done);
    for (const one of candidates) {
      if (neighbors(pivot).has(one)) continue;
      const its = neighbors(one);
      extend([...group, one], intersection(left, its), intersection(finished, its));
      left.delete(one);
      finished.add(one);
    }
  };
  extend([], new Set(order), new Set());
  const places = (group: readonly number[]) => group.map((treatment) => place.get(treatment)!);
  return groups.sort((a, b) => {
    const [p, q] = [places(a), places(b)];
    const at = p.findIndex((value, i) => value !== q[i]);
    return at < 0 ? 0 : p[at]! - (q[at] ?? -1);
  });
}

function intersection(a: ReadonlySet<number>, b: ReadonlySet<number>): Set<number> {
  return new Set([...a].filter((one) => b.has(one)));
}
