/** The public face of Neckar. */
export { NeckarError } from './errors.ts';
