/** All statistics of the wavelet encoder: ours, no published method. */
import type { PublishedMethod } from './method.ts';

export const waveletLosses: PublishedMethod<'wavelet'> = {
  name: 'wavelet',
  description:
    'All statistics of the wavelet encoder: second, first and cross-scale moments; colours are added to them.',
  citation:
    'Portilla & Simoncelli, IJCV 2000; Brochard, Zhang & Mallat, ICLR 2022: the statistics; the weights are ours.',
  encoder: { name: 'wavelet' },
  losses: [
    { type: 'content', convention: 'relative' },
    { type: 'gram', convention: 'relative', cross: 'adjacent', weight: 60 },
    { type: 'moments', convention: 'relative', weight: 60 },
  ],
  weighting: 'fixed',
  values: [
    {
      path: 'losses',
      source: 'found by looking at pictures: 30 to 150 for the style',
      verification: 'unverified',
    },
  ],
};
