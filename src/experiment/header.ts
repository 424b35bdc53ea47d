/** The parts of an experiment that are not swept: its names, its images, and which keys it has. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { everyMetric, metricNames } from '../../metrics/registry.ts';
import { problemsOf } from '../components/problems.ts';
import { didYouMean, NeckarError } from '../errors.ts';
import { refuseTooMany } from './limit.ts';
import { distinctNames } from './names.ts';
import { aliasNames, imageName, type Plain } from './normalize.ts';
import type { Plan } from './plan.ts';
import { experimentSchema, settings } from './schema.ts';
import type { MaskFiles } from './trial.ts';

/** An image pair, and what its images are called in labels. */
export interface NamedPair {
  readonly content: string;
  readonly style: StyleChoice;
  /** Files of region maps, where they are named. */
  readonly regions?: { readonly content?: string; readonly style?: string | readonly string[] };
  /** Files of masks by region, where they are named. */
  readonly masks?: { readonly content?: MaskFiles; readonly style?: MaskFiles | readonly MaskFiles[] };
  readonly names: { readonly content: string; readonly style: string };
}

/** What an experiment says about itself, checked. */
export type Header = Pick<
  z.output<typeof experimentSchema>,
  'name' | 'question' | 'metrics' | 'heldOut' | 'report' | 'launcher'
> & {
  readonly pairs: readonly NamedPair[];
};

/** A style image, or several that are blended, each with its weight relative to the others. */
export type StyleChoice = string | readonly { readonly image: string; readonly weight?: number }[];

const anything = z.unknown().optional();

/** The experiment without what may be swept, which is checked case by case. */
const headerSchema = experimentSchema.extend({
  ...Object.fromEntries(Object.keys(settings).map((key) => [key, anything])),
  variants: z.record(experimentSchema.shape.variants.unwrap().keyType, z.unknown()).optional(),
  presets: anything,
});

/**
 * Checks keys, names and images.
 * @param spec - normalised, with presets and overrides
 * @param folder - what relative paths in it start from
 * @throws NeckarError that lists all that is wrong
 */
export function checkHeader(spec: Plain, folder = '.'): Header {
  const checked = headerSchema.safeParse(spec);
  const problems = checked.success ? [] : problemsOf(checked.error, headerSchema, spec);
  const pairs = checked.success ? pairsOf(spec as Pairing, folder, problems) : [];
  if (checked.success && Object.keys((spec.variants as object | undefined) ?? {}).length === 0) {
    problems.push(
      'variants: missing; name at least one variant with its losses, as in { gram: [content(), gram()] }',
    );
  }
  if (checked.success) {
    problems.push(...questionProblems(checked.data.question as Header['question']));
    problems.push(...metricProblems(checked.data.metrics));
  }
  if (problems.length > 0) throw problemList(problems);
  return { ...(checked.data as unknown as Omit<Header, 'pairs'>), pairs };
}

interface Pairing {
  readonly pairs?: readonly Omit<NamedPair, 'names'>[];
  readonly contents?: Readonly<Record<string, string>>;
  readonly styles?: Readonly<Record<string, StyleChoice>>;
}

function pairsOf({ pairs, contents, styles }: Pairing, folder: string, problems: string[]): NamedPair[] {
  if (pairs !== undefined) {
    const contentName = namesIn(
      contents,
      pairs.map(({ content }) => content),
      folder,
    );
    const styleName = namesIn(
      styles,
      pairs.flatMap(({ style }) => (typeof style === 'string' ? [style] : style.map(({ image }) => image))),
      folder,
    );
    return pairs.map(({ content, style, regions, masks }) => ({
      content: contents?.[content] ?? content,
      style: typeof style === 'string' ? (styles?.[style] ?? style) : style,
      ...(regions && { regions }),
      ...(masks && { masks }),
      names: {
        content: contentName(content),
        style: typeof style === 'string' ? styleName(style) : blendName(style, styleName),
      },
    }));
  }
  const missing = Object.entries({ contents, styles }).filter(
    ([, images]) => Object.keys(images ?? {}).length === 0,
  );
  if (missing.length > 0) {
    problems.push(
      `${missing.map(([key]) => key).join(' and ')}: missing; give "pairs" of images, or "contents" and "styles" of which every pair is made`,
    );
    return [];
  }
  refuseTooMany(Object.keys(contents!).length * Object.keys(styles!).length, 'contents and styles');
  return Object.entries(contents!).flatMap(([content, contentFile]) =>
    Object.entries(styles!).map(([style, styleFile]) => ({
      content: contentFile,
      style: styleFile,
      names: { content, style },
    })),
  );
}

/**
 * What images are called that pairs name: as the experiment calls them, or after their files, with as many folders as
 * tell different files apart.
 */
function namesIn(
  known: Readonly<Record<string, StyleChoice>> | undefined,
  given: readonly string[],
  folder: string,
): (image: string) => string {
  const all = [...new Set(given)];
  const names = distinctNames(
    all.map((image) => {
      const own = Object.keys(known ?? {}).find((name) => known![name] === image || name === image);
      const choice = own === undefined ? image : known![own]!;
      const file = typeof choice === 'string' ? choice : JSON.stringify(choice);
      return { name: own ?? imageName(image), file, identity: resolve(folder, file) };
    }),
  );
  const byImage = new Map(all.map((image, i) => [image, names[i]!]));
  return (image) => byImage.get(image)!;
}

/** What a blend is called: `ink+swirl`, or `75%ink+25%swirl` where the parts differ. */
function blendName(
  styles: readonly { readonly image: string; readonly weight?: number }[],
  nameOf: (image: string) => string,
): string {
  const weights = styles.map(({ weight = 1 }) => weight);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const equal = weights.every((weight) => weight === weights[0]);
  return styles
    .map(({ image }, i) => {
      const part = Number(((100 * weights[i]!) / total).toPrecision(3));
      return equal ? nameOf(image) : `${part}%${nameOf(image)}`;
    })
    .join('+');
}

const mostProblems = 20;

/** A path that nothing could ever be swept by; whether it is swept here may change with every override. */
function questionProblems(question: Header['question']): string[] {
  if (typeof question !== 'object') return [];
  const trend = trendProblem(question);
  if (trend !== undefined) return [trend];
  if (question.factor === undefined) return [];
  const known = ['variant', 'losses', 'case', ...aliasNames, ...Object.keys(settings)];
  const [first] = question.factor.split('.') as [string];
  if (known.includes(first)) return [];
  return [
    `question.factor: nothing is called "${question.factor}". ${didYouMean(first, known)}Expected variant, optimizer, or the path of a swept setting`,
  ];
}

/** What is wrong with the names of metrics, one line each. */
export function metricProblems(metrics: readonly string[] = [], key = 'metrics'): string[] {
  return metrics.flatMap((wanted, index) => {
    const [name] = wanted.split(';') as [string];
    if (wanted === everyMetric || metricNames().includes(name)) return [];
    return [
      `${key}[${index}]: there is no metric "${name}". ${didYouMean(name, metricNames())}Metrics are: ${metricNames().join(', ')}; "${everyMetric}" is every one of them`,
    ];
  });
}

function trendProblem({
  trend,
  reference,
  metric,
}: Exclude<Header['question'], string | undefined>): string | undefined {
  if (trend === undefined) return undefined;
  if (metric === undefined) {
    return `question.trend: nothing is said of what is ${trend}; name the metric as question.metric`;
  }
  if (reference === undefined) return undefined;
  return `question.trend: a question is about an order or about a reference ("${reference}"), not both; leave one out`;
}

/** What is measured besides what always is: what the experiment names, and what its question is decided by. */
export function metricsOf({ metrics = [], question }: Pick<Header, 'metrics' | 'question'>): string[] {
  const decisive = typeof question === 'object' ? question.metric : undefined;
  // A question that is decided by what a trial cost asks for no metric; a misspelt one is refused before the run.
  const known = decisive !== undefined && metricNames().includes(decisive.split(';', 1)[0]!);
  return [...new Set([...metrics, ...(known ? [decisive] : [])])];
}

/** The question as a plan holds it: its text, and the comparison that answers it. */
export function writtenQuestion(question: Header['question']): Pick<Plan, 'question' | 'primary'> {
  if (question === undefined || typeof question === 'string')
    return question === undefined ? {} : { question };
  const { text, ...primary } = question;
  return { question: text, ...(Object.keys(primary).length > 0 && { primary }) };
}

/** All problems in one error: a line each, the first twenty. */
export function problemList(problems: readonly string[]): NeckarError {
  if (problems.length === 1) return new NeckarError(problems[0]!);
  const shown = problems.slice(0, mostProblems).map((problem) => `  ${problem}`);
  if (problems.length > mostProblems) shown.push(`  … and ${problems.length - mostProblems} more`);
  return new NeckarError(`${problems.length} problems:\n${shown.join('\n')}`);
}

/** What may stand at the top of an experiment, for suggestions. */
export const experimentKeys: readonly string[] = [
  ...Object.keys(experimentSchema.shape),
  ...aliasNames,
  'losses',
];
