/** How trials are told apart in charts: variants by colour, optimisers by dash or shape, the same in all of them. */
import type { ReportedTrial } from '../input.ts';
import type { Model } from '../model.ts';
import type { LegendEntry, Row } from './chart.ts';

export interface Series {
  readonly variants: readonly string[];
  readonly optimizers: readonly string[];
  /** The columns every row about a trial begins with, and the link to it. */
  columns(trial: ReportedTrial): Row;
  legend(kinds: readonly LegendEntry['kind'][]): LegendEntry[];
}

export function seriesOf(trials: readonly ReportedTrial[], model: Model): Series {
  const used = (key: string, of: (trial: ReportedTrial) => string) => {
    const axis = model.axes.find((one) => one.key === key);
    const present = new Set(trials.map(of));
    return axis === undefined ? [...present] : axis.values.filter((value) => present.has(value));
  };
  const shown = (trial: ReportedTrial, key: string, fallback: string) =>
    model.axes.find((axis) => axis.key === key)?.values[model.positions.get(trial.id)?.[key] ?? -1] ??
    fallback;
  const variantOf = (trial: ReportedTrial) => shown(trial, 'variant', trial.config.variant);
  const optimizerOf = (trial: ReportedTrial) => shown(trial, 'optimizer', trial.config.optimizer.name);
  const all = model.axes.find(({ key }) => key === 'variant')?.values ?? [];
  const optimizers = used('optimizer', optimizerOf);
  const variants = used('variant', variantOf);
  return {
    // All of them, so that a variant keeps its colour in a chart from which others are missing.
    variants: all.length > 0 ? all : variants,
    optimizers,
    columns: (trial) => ({
      trial: trial.id,
      content: trial.names.content,
      style: trial.names.style,
      variant: variantOf(trial),
      optimizer: optimizerOf(trial),
    }),
    legend: (kinds) =>
      kinds.flatMap((kind): LegendEntry[] => {
        if (kind === 'color') {
          return all.flatMap((label, index) => (variants.includes(label) ? [{ kind, label, index }] : []));
        }
        return optimizers.length > 1 ? optimizers.map((label, index) => ({ kind, label, index })) : [];
      }),
  };
}

/** The link from a mark to its trial on the page. */
export function linkTo(trial: { readonly id: string }): string {
  return `#trial-${trial.id.replace(/[^\w-]/g, '_')}`;
}
