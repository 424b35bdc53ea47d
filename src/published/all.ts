/** All published methods, a file for each paper. */
import { berger2017 } from './berger-2017.ts';
import { cnnmrfMethod } from './cnnmrf.ts';
import { gatys2016, gatysNormalized, gatysPytorch } from './gatys-2016.ts';
import { heitz2021 } from './heitz-2021.ts';
import { kolkin2019 } from './kolkin-2019.ts';
import { lapstyle2017 } from './lapstyle-2017.ts';
import { li2017 } from './li-2017.ts';
import type { PublishedMethod, PublishedName } from './method.ts';
import { neuralStyleMethod } from './neural-style.ts';
import { risser2017 } from './risser-2017.ts';
import { zhao2019 } from './zhao-2019.ts';

/** In the order in which help lists them. */
export const publishedMethods: readonly PublishedMethod[] = [
  gatys2016,
  gatysPytorch,
  gatysNormalized,
  neuralStyleMethod,
  lapstyle2017,
  cnnmrfMethod,
  risser2017,
  zhao2019,
  berger2017,
  ...li2017,
  kolkin2019,
  heitz2021,
];

/** Their names. */
export const publishedNames: readonly PublishedName[] = publishedMethods.map(({ name }) => name);
