/** What an experiment set out to decide, and which of the measured numbers decides it. */
import { didYouMean, NeckarError } from '../../../src/errors.ts';
import { metricNames } from '../../registry.ts';
import type { TrendDirection } from './trend.ts';

/** The primary comparison as an experiment declares it; whatever else is compared is exploratory. */
export interface PrimaryComparison {
  /** A metric: its name (`gram-relative`), its name with some parts (`ssim;scale=native`), or a whole spec id. */
  readonly metric?: string;
  /** What is compared: `variant`, `optimizer` or a swept path. Default: `variant`. */
  readonly factor?: string;
  /** The level of the factor that all others are compared with; without it all are compared with each other. */
  readonly reference?: string;
  /** The metric is foretold to rise, or to fall, from each level of the factor to the next: that order is then tested. */
  readonly trend?: TrendDirection;
}

/**
 * Finds a misspelt metric before the work, not after it.
 * @throws NeckarError when nothing is called so; whether it will be measured depends on encoders and pictures
 */
export function checkPrimary({ metric }: PrimaryComparison = {}): void {
  if (metric === undefined) return;
  const [name] = metric.split(';') as [string];
  if (name === 'cost' || metricNames().includes(name)) return;
  throw new NeckarError(
    `question.metric: there is no metric "${name}". ${didYouMean(name, metricNames())}Metrics are: ${metricNames().join(', ')}.`,
  );
}

/** The one spec id that is meant, or the sentence that says why none can be named. */
export function resolveMetric(
  wanted: string,
  ids: readonly string[],
  called = 'The primary metric',
): { readonly id: string } | { readonly problem: string } {
  const [name, ...parts] = wanted.split(';');
  const found = ids.includes(wanted)
    ? [wanted]
    : ids.filter((id) => {
        const [family, ...its] = id.split(';');
        return family === name && parts.every((part) => its.includes(part));
      });
  if (found.length === 1) return { id: found[0]! };
  const families = [...new Set(ids.map((id) => id.split(';', 1)[0]!))];
  if (found.length === 0) {
    return {
      problem: `${called} "${wanted}" was not measured. ${didYouMean(name!, families)}Measured were: ${families.join(', ') || 'none'}.`,
    };
  }
  return {
    problem: `${called} "${wanted}" may mean ${found.length} metrics: ${differences(found).join(' or ')}. Add the part that tells them apart, as in "${differences(found)[0]}".`,
  };
}

/** Spec ids of one name, each by the parts that not all of them have. */
function differences(ids: readonly string[]): string[] {
  const split = ids.map((id) => id.split(';'));
  return split.map(([family, ...parts]) => {
    const own = parts.filter((part) => !split.every((other) => other.includes(part)));
    return [family, ...own].join(';');
  });
}
