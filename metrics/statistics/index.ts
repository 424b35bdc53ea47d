/** `neckar/statistics`: what is inferred from scores and ratings. */
export { cohenKappa, fleissKappa, intraclassCorrelation, krippendorffAlpha } from './agreement.ts';
export { kendallTauB, spearman } from './correlation.ts';
export {
  type Crossed,
  crossedDifference,
  crossedInterval,
  crossedMean,
  crossedRanks,
  varianceComponents,
} from './crossed.ts';
export * from './distributions.ts';
export * from './effects.ts';
export { criticalDifference, friedman } from './friedman.ts';
export { indistinctGroups } from './groups.ts';
export { intervalOfMean } from './mean-interval.ts';
export { holm } from './multiplicity.ts';
export { leastTrendP, pageTrend } from './page-trend.ts';
export {
  bradleyTerry,
  connection,
  hasFiniteMaximum,
  jodSigma,
  sideIsKnown,
  thurstone,
} from './pair-scale.ts';
export { binomialTest, clopperPearsonInterval, votesNeeded, wilsonInterval } from './proportions.ts';
export * from './raking.ts';
export { bootstrapRankCentrality, rankCentrality } from './rank-centrality.ts';
export { alternatingProjection, screenBt500 } from './screening.ts';
export { wilcoxonSignedRank } from './wilcoxon.ts';
