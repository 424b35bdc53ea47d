/** The losses that come with Neckar, each by the function with which experiments write it. */
export { activation } from './activation.ts';
export { bures } from './bures.ts';
export { content } from './content.ts';
export { correlations } from './correlations.ts';
export { fused } from './fused.ts';
export { gram } from './gram.ts';
export { histogram } from './histogram.ts';
export { laplacian } from './laplacian.ts';
export { mmd } from './mmd.ts';
export { moments } from './moments.ts';
export { mrf } from './mrf.ts';
export { slicedWasserstein } from './sliced-wasserstein.ts';
export { strotss } from './strotss.ts';
export { variation } from './variation.ts';
