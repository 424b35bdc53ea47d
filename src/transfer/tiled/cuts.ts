/** Where a chain is best cut into stages: what is computed again, and what the cuts themselves cost, is to be the least. */
import { composed, type ReceptiveField } from '../../encoders/links.ts';
import { type Chained, sizeOf } from './chain.ts';

/** Values in the maps of one strip: 256 MB of them. */
export const stripValues = 2 ** 26;
/** What keeping a value costs, writing and reading it both ways, in operations of a convolution. */
const operationsPerKept = 8000;

/**
 * Ends of the stages from 0 to `top` that cost least: the shortest path over allowed cuts, with a price on kept values
 * that is raised until they fit.
 */
export function cheapestCuts(
  chain: readonly Chained[],
  top: number,
  forbidden: (cut: number) => boolean,
  mostKept: number,
  rows: number | undefined,
): number[] {
  let cuts: number[] = [];
  for (let price = operationsPerKept; price < 1e9; price *= 1.25) {
    cuts = shortestPath(chain, top, forbidden, price, rows);
    const kept = cuts.slice(1).reduce((sum, cut) => sum + sizeOf(chain[cut]!.input), 0);
    if (kept <= mostKept) break;
  }
  return cuts;
}

function shortestPath(
  chain: readonly Chained[],
  top: number,
  forbidden: (cut: number) => boolean,
  price: number,
  rows: number | undefined,
): number[] {
  const best: { cost: number; from: number }[] = [{ cost: 0, from: 0 }];
  for (let end = 1; end <= top; end++) {
    best[end] = { cost: Number.POSITIVE_INFINITY, from: 0 };
    if (end !== top && forbidden(end)) continue;
    for (let begin = 0; begin < end; begin++) {
      const cost =
        best[begin]!.cost + stageCost(chain.slice(begin, end), rows) + price * sizeOf(chain[end]!.input);
      if (cost < best[end]!.cost) best[end] = { cost, from: begin };
    }
  }
  const cuts = [top];
  while (cuts[0]! > 0) cuts.unshift(best[cuts[0]!]!.from);
  return cuts;
}

/** Operations of a stage that are done again going back, and in the margins of its strips. */
function stageCost(stage: readonly Chained[], given: number | undefined): number {
  let again = 0;
  let all = 0;
  let receptiveField: ReceptiveField = { stride: 1, above: 0, below: 0 };
  for (const [i, { link, input }] of stage.entries()) {
    const positions = input[0] * input[1];
    const onward = link.next?.operations ?? 0;
    all += (link.operations + onward) * positions;
    again += (link.operations + (i < stage.length - 1 ? onward : 0)) * positions;
    for (const layer of link.layers) {
      const own = composed(receptiveField, { ...layer, stride: 1 });
      receptiveField = {
        ...receptiveField,
        above: Math.max(receptiveField.above, own.above),
        below: Math.max(receptiveField.below, own.below),
      };
    }
    if (link.next !== undefined) receptiveField = composed(receptiveField, link.next);
  }
  const height = stage[0]!.input[0];
  const rows =
    given ?? Math.floor(stripValues / (stage.reduce((sum, { values }) => sum + values, 0) / height));
  const margin = receptiveField.above + receptiveField.below;
  // What strips compute twice; nothing where one strip is the map.
  const twice = rows >= height ? 0 : margin / Math.max(1, rows - margin);
  return again + (2 * all + again) * twice;
}
