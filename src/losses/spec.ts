/** What all resolved losses have in a trial's configuration: plain JSON, every default filled in. */
import type { Schedule } from './schedule.ts';

/** Layer name -> its weight within the loss. A layer of weight 0 takes no part. */
export type LayerWeights = Readonly<Record<string, number>>;

/** The place of a loss in the total. */
export interface CommonSpec<Type extends string = string> {
  readonly type: Type;
  /** Of its term in traces and reports; its type unless another was written. */
  readonly name: string;
  readonly weight: number;
  /** How the weight changes over the evaluations; absent: it does not. */
  readonly schedule?: Schedule;
}
