/** The analysis of a report's trials. */

import { isHeldBack } from '../../metrics/registry.ts';
import { courseOf, type SnapshotScores } from '../../metrics/snapshots.ts';
import { type Analysis, analyze } from '../../metrics/statistics/analysis/analyze.ts';
import {
  type Course,
  lossLevelQuantities,
  scoreLevelQuantities,
} from '../../metrics/statistics/analysis/courses.ts';
import { primaryMetric } from '../../metrics/statistics/analysis/primary-metric.ts';
import { scoreQuantities } from '../../metrics/statistics/analysis/quantities.ts';
import type { TraceRecord } from '../../src/experiment/trial.ts';
import type { ReportInput } from '../input.ts';

/** What a report's numbers rest on beside the results themselves. */
export interface Sources {
  readonly traces?: ReadonlyMap<string, readonly TraceRecord[]>;
  /** Trial id -> scores on the way. */
  readonly snapshots?: ReadonlyMap<string, readonly SnapshotScores[]>;
}

/** The metric that courses are shown of: the question's, or the first style metric, one on held-back layers last. */
export function courseMetric(
  input: ReportInput,
): { id: string; label: string; better: 'higher' | 'lower' } | undefined {
  const scores = scoreQuantities(input.trials);
  const wanted = input.primary?.metric;
  const named = wanted === undefined ? undefined : primaryMetric(wanted, scores, input.trials).id;
  const styles = scores.filter(({ purpose }) => purpose === 'style');
  return scores.find(({ id }) => id === named) ?? styles.find(({ id }) => !isHeldBack(id)) ?? styles[0];
}

/**
 * Every metric that courses are shown of: that one, and LPIPS (Zhang et al. 2018), the distance that most of the
 * literature reports, where trials were measured by it.
 */
export function courseMetrics(
  input: ReportInput,
): { id: string; label: string; better: 'higher' | 'lower' }[] {
  const first = courseMetric(input);
  const lpips = scoreQuantities(input.trials).find(
    ({ id, value }) =>
      id.startsWith('lpips;') && input.trials.some((trial) => typeof value(trial) === 'number'),
  );
  return [
    ...(first === undefined ? [] : [first]),
    ...(lpips === undefined || lpips.id === first?.id ? [] : [lpips]),
  ];
}

/**
 * Why quality is not shown in LPIPS, in a sentence that says what to do about it; undefined where it is.
 * @param snapshots - trial id -> scores on the way
 */
export function withoutLpips(input: ReportInput, snapshots: Sources['snapshots']): string | undefined {
  const why = (reason: string) => `Not shown in LPIPS: ${reason}`;
  const scores = input.trials.flatMap(({ result }) =>
    Object.entries(result?.scores ?? {}).filter(([id]) => id.startsWith('lpips;')),
  );
  if (scores.length === 0) {
    return why('no trial was measured by it; name it in the experiment’s metrics and run neckar measure.');
  }
  const valued = scores.find(([, score]) => 'value' in score);
  if (valued === undefined) {
    const [, score] = scores[0]!;
    return why('refused' in score ? score.refused : '');
  }
  if (coursesIn(valued[0], snapshots).size > 0) return undefined;
  return why('the pictures kept on the way were not measured by it; neckar report --measure does that.');
}

/** Every trial's course in a metric, where it kept pictures on the way that were measured. */
export function coursesIn(metric: string, snapshots: Sources['snapshots']): Map<string, Course> {
  return new Map(
    [...(snapshots ?? [])].flatMap(([id, scores]) => {
      const course = courseOf(scores, metric);
      return course === undefined ? [] : [[id, course] as const];
    }),
  );
}

/**
 * What differs between a report's trials. Where the design has gaps, what all treatments have is compared instead, and
 * then nothing counts as primary: leaving out what failed favours what fails on hard pictures.
 */
export function analysisOf(input: ReportInput, sources: Sources = {}): Analysis {
  const { trials, question, primary } = input;
  const metric = courseMetric(input);
  const courses = metric === undefined ? new Map<string, Course>() : coursesIn(metric.id, sources.snapshots);
  const further = [
    ...(sources.traces === undefined ? [] : lossLevelQuantities(trials, sources.traces)),
    ...(metric === undefined || courses.size === 0 ? [] : scoreLevelQuantities(trials, courses, metric)),
  ];
  const strict = analyze(trials, { question, primary, further });
  const refused = strict.comparisons[0]?.refused;
  if (refused === undefined || !refused.startsWith('The design has')) return strict;
  const { reference: _, metric: __, trend: ___, ...factor } = primary ?? {};
  const common = analyze(trials, { question, primary: factor, further, gaps: 'common' });
  return {
    ...common,
    ...(primary === undefined ? {} : { primary }),
    comparisons: common.comparisons.map((comparison) => ({ ...comparison, role: 'exploratory' })),
    notes: [
      `${refused} What follows compares what all have, and is exploratory.`,
      ...common.notes.filter((note) => !note.startsWith('No primary metric')),
    ],
  };
}
