/** The networks that come with Neckar, and whatever an experiment's own modules enter. */
import { networks } from './define.ts';
import './shipped.ts';

networks.close();

export {
  type NetworkDefinition,
  type NetworkInput,
  type NetworkSpec,
  networkAbilities,
  networkClass,
  networkSchema,
  networkStyles,
  networks,
  resolveNetwork,
} from './define.ts';
