/** The networks that come with Neckar, and whatever an experiment's own modules enter. */
import { networks } from './define.ts';
import './shipped.ts';

networks.close();

export { type NetworkDefinition, type NetworkSpec, networkSchema, networks } from './define.ts';
