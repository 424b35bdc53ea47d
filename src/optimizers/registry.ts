/** All optimisers by name, and what a resolved optimiser looks like in a trial's configuration. */

export type OptimizerSpec =
  | { readonly name: 'lbfgs'; readonly history: number }
  | {
      readonly name: 'adam';
      readonly learningRate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
    }
  | { readonly name: 'gradient-descent'; readonly learningRate: number; readonly momentum: number };
