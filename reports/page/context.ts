/** What every section of the page is written from. */
import type { ReportedTrial, ReportInput } from '../input.ts';
import type { ScoreColumn } from '../metrics.ts';
import type { Model } from '../model.ts';
import { type PictureOrProblem, type Pictures, sourceKey } from '../pictures.ts';

export interface Context {
  readonly input: ReportInput;
  readonly model: Model;
  readonly pictures: Pictures;
  readonly columns: readonly ScoreColumn[];
}

/** The id of a trial's description on the page; links in charts use the same. */
export function anchorOf(trial: ReportedTrial): string {
  return `trial-${trial.id.replace(/[^\w-]/g, '_')}`;
}

export function sourceOf(
  { pictures }: Context,
  trial: ReportedTrial,
  which: 'content' | 'style',
): PictureOrProblem {
  return pictures.sources.get(sourceKey(trial, which)) ?? { problem: 'not read' };
}

/** What stands where a trial has no value of an axis, as a weight of another variant's loss. */
const noValue = '–';

/** The value of an axis at which a trial stands, as shown. */
export function valueAt({ model }: Context, trial: ReportedTrial, key: string): string {
  const axis = model.axes.find((one) => one.key === key);
  return axis?.values[model.positions.get(trial.id)?.[key] ?? -1] ?? noValue;
}

/** The values that a trial has of some axes, as in `adam · 256`; a swept number with its name. */
export function valuesAt(context: Context, trial: ReportedTrial, keys: readonly string[]): string[] {
  return keys.flatMap((key) => {
    const value = valueAt(context, trial, key);
    if (value === noValue) return [];
    const { label } = context.model.axes.find((axis) => axis.key === key)!;
    return [Number.isNaN(Number(value)) ? value : `${label} ${value}`];
  });
}

/** What tells a trial from the others of its pair, as in `fused · adam · 256`. */
export function methodOf(context: Context, trial: ReportedTrial): string {
  const keys = context.model.axes
    .filter(
      ({ key, values }) =>
        key === 'variant' || (values.length > 1 && !['pair', 'content', 'style'].includes(key)),
    )
    .map(({ key }) => key);
  return valuesAt(context, trial, keys).join(' · ');
}
