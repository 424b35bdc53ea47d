/** The lines of a benchmark's table. */

export interface BenchRow {
  readonly id: string;
  readonly title: string;
  readonly value: number;
  readonly unit: string;
  /** What the project asks of itself on two CPU cores; absent for plain information. */
  readonly target?: { readonly atLeast?: number; readonly atMost?: number };
  readonly met?: boolean;
}

/** A line, and whether its target is met. */
export function row(
  id: string,
  title: string,
  value: number,
  unit: string,
  target?: BenchRow['target'],
): BenchRow {
  if (target === undefined) return { id, title, value, unit };
  const met =
    value >= (target.atLeast ?? Number.NEGATIVE_INFINITY) &&
    value <= (target.atMost ?? Number.POSITIVE_INFINITY);
  return { id, title, value, unit, target, met };
}
