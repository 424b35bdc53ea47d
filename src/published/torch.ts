/** What the programs in Torch, and those that descend from them, have in common. */

/** The Torch programs scale pictures to 256 before the mean is subtracted; ours are in [0,1]. */
export const torchRange = 256;

/**
 * Weight of `quadratic` total variation for the programs' -tv_weight: that times the gradient of half the squared
 * differences, in pixels times 256.
 */
export const torchVariation = (weight: number): number => (weight / 2) * torchRange ** 2;

/** The layers whose Gram matrices the founding paper matches. */
export const rectifiers = ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1', 'relu5_1'];

/** Every program's iterations are one evaluation each, but for steps that a line search rejects, which only ours has. */
export const unitSteps =
  'the program’s L-BFGS takes unit steps, one evaluation each; ours searches along its direction, so that as many evaluations are fewer steps';

/** Of the optimiser of their library. */
export const torchHistory = 'torch/optim keeps 100 pairs where nothing is said (lbfgs.lua, nCorrection)';
