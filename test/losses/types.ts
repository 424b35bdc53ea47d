import type { LossInput } from '../../src/losses/registry.ts';
import * as shipped from '../../src/losses/shipped.ts';

/** The types of loss that come with Neckar. */
export const lossTypes: readonly LossInput['type'][] = Object.values(shipped).map(
  ({ definition }) => definition.type,
);
