/** Apart from what computes ids: workers ask for it, and would load every loss and network with that. */

/**
 * Raised when the code computes other numbers for the same configuration (a loss, an encoder or an optimiser was
 * corrected): trials of before are then stale and run anew.
 */
export const objectiveVersion = 3;
