/** Reshaping without transposing. */
import { type Graph, sameList } from '../graph.ts';
import {
  inOrder,
  inverted,
  laidOut,
  physicalShape,
  plainly,
  type Symbolic,
  sizeOf,
  whole,
} from '../traced.ts';

/**
 * The tensor under another shape. Where groups of neighbouring axes become groups of neighbouring axes, the order
 * in which they lie is kept: [1,H,W,C] to [H·W,C] costs nothing although the value lies as [1,C,H,W].
 */
export function reshaped(graph: Graph, x: Symbolic, shape: readonly number[]): Symbolic {
  if (sameList(x.shape, shape)) return x;
  const repeating = !sameList(x.value.shape, physicalShape(x.shape, x.axes));
  if (repeating && sizeOf(x.value.shape) === 1) {
    // One number repeated stays one number.
    const value = graph.reshape(
      x.value,
      shape.map(() => 1),
    );
    return laidOut(value, shape, inOrder(shape.length));
  }
  const value = whole(graph, x);
  const blocks = blocksOf(x.shape, shape);
  const order = blocks && orderOfBlocks(x, blocks);
  if (order === undefined) return plainly(graph.reshape(whole(graph, x, inOrder(x.shape.length)), shape));
  return laidOut(
    graph.reshape(
      value,
      order.map((axis) => shape[axis]!),
    ),
    shape,
    inverted(order),
  );
}

interface Block {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Splits both shapes into runs of axes with equal numbers of elements, as short as they can be. */
function blocksOf(from: readonly number[], to: readonly number[]): Block[] {
  const blocks: Block[] = [];
  let i = 0;
  let j = 0;
  while (i < from.length || j < to.length) {
    const block = { from: [] as number[], to: [] as number[] };
    let left = 1;
    let right = 1;
    do {
      if ((left <= right && i < from.length) || j >= to.length) {
        left *= from[i]!;
        block.from.push(i++);
      } else {
        right *= to[j]!;
        block.to.push(j++);
      }
    } while (left !== right || (left === 1 && i < from.length && j < to.length));
    blocks.push(block);
  }
  return blocks;
}

/** In which physical order the new axes lie, or undefined when a block's old axes do not lie side by side. */
function orderOfBlocks(x: Symbolic, blocks: readonly Block[]): number[] | undefined {
  const long = inverted(x.axes).filter((axis) => x.shape[axis]! > 1);
  const placed = blocks.map((block) => {
    const axes = block.from.filter((axis) => x.shape[axis]! > 1);
    const start = axes.length === 0 ? -1 : long.indexOf(axes[0]!);
    const together = axes.every((axis, i) => long[start + i] === axis);
    return { block, start, together };
  });
  if (!placed.every(({ together }) => together)) return undefined;
  placed.sort((a, b) => a.start - b.start);
  return placed.flatMap(({ block }) => block.to);
}
