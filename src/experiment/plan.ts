/** From an experiment to the list of its trials. */
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { didYouMean, NeckarError } from '../errors.ts';
import type { ExperimentInput, QuestionInput } from './define.ts';
import { type Assignments, type Branch, expand, expandCases, type SweptValue } from './expand.ts';
import { filterTrials } from './filter.ts';
import { canonicalJson, workOf } from './identity.ts';
import { labelTrials } from './labels.ts';
import { aliasNames, imageName, normalize, type Plain } from './normalize.ts';
import { applyOverrides, assignValues } from './overrides.ts';
import { withPresets } from './presets.ts';
import { problemsOf } from './problems.ts';
import { Resolver } from './resolve.ts';
import { experimentSchema, type SettingName, settings } from './schema.ts';
import type { CaseSweep } from './sweep.ts';
import type { TrialConfig } from './trial.ts';

export interface PlannedTrial {
  /** Set once its inputs have been hashed. */
  readonly id?: string;
  readonly config: TrialConfig;
  /** Short, unique in the plan, made of what was swept. */
  readonly label: string;
  /** What the images are called in labels and filters. */
  readonly names: { readonly content: string; readonly style: string };
}

export interface Plan {
  readonly name: string;
  /** In words. */
  readonly question?: string;
  /** The comparison that answers it. */
  readonly primary?: Omit<QuestionInput, 'text'>;
  readonly metrics?: readonly string[];
  readonly report?: ExperimentInput['report'];
  /** All trials in a fixed order: by pair, then variant, then the other axes as written. */
  readonly trials: readonly PlannedTrial[];
  /** Those that `filter` and `limit` leave. */
  readonly selected: readonly PlannedTrial[];
}

export interface PlanOptions {
  /** `key=value` arguments, in order. Paths of files in them start from `here`. */
  readonly overrides?: readonly string[];
  /** Such as `variant=gram,mrf size=256`. */
  readonly filter?: string;
  /** Only the first so many. */
  readonly limit?: number;
  /** What relative paths in the experiment start from. Default: the working directory. */
  readonly folder?: string;
  /** The experiment's name where it gives none itself. */
  readonly name?: string;
}

/**
 * Expands an experiment into its trials, every default filled in. Deterministic: the same experiment and options
 * give the same trials in the same order.
 * @throws NeckarError that lists everything wrong with the experiment, one line each; or for two trials that would
 *   do the same work, an empty sweep, or a filter that leaves nothing
 */
export function planTrials(experiment: ExperimentInput, options: PlanOptions = {}): Plan {
  const folder = resolve(options.folder ?? '.');
  const named = { ...experiment, name: experiment.name ?? options.name } as Plain;
  const overrides = options.overrides ?? [];
  const ofPresets = overrides.filter((text) => /^[+~]?presets\b/.test(text));
  const others = overrides.filter((text) => !ofPresets.includes(text));
  const written = applyOverrides(normalize(named), ofPresets);

  const resolver = new Resolver(folder);
  const trials: Draft[] = [];
  let header: Header | undefined;
  for (const chosen of expand(written.presets, 'presets')) {
    const merged = withPresets({ ...written, presets: chosen.value });
    const spec = applyOverrides(merged, others);
    header = checkHeader(spec);
    for (const draft of draftTrials(spec, header, chosen, resolver)) trials.push(draft);
  }
  if (resolver.problems.size > 0) throw problemList([...resolver.problems]);
  trials.sort((a, b) => a.pair - b.pair || a.variant - b.variant);

  const planned = finish(trials);
  refuseDuplicates(planned);
  const filtered = options.filter === undefined ? planned : filterTrials(planned, options.filter);
  if (filtered.length === 0)
    throw new NeckarError(`--filter "${options.filter}" leaves none of the ${planned.length} trials`);
  const { name, question, metrics, report } = header!;
  return {
    name,
    ...writtenQuestion(question),
    ...(metrics !== undefined && { metrics }),
    ...(report !== undefined && { report }),
    trials: planned,
    selected: filtered.slice(0, options.limit),
  };
}

/** A path that nothing could ever be swept by; whether it is swept here may change with every override. */
function questionProblems(question: Header['question']): string[] {
  if (typeof question !== 'object' || question.factor === undefined) return [];
  const known = ['variant', 'losses', 'case', ...aliasNames, ...Object.keys(settings)];
  const [first] = question.factor.split('.') as [string];
  if (known.includes(first)) return [];
  return [
    `question.factor: nothing is called "${question.factor}". ${didYouMean(first, known)}Expected variant, optimizer, or the path of a swept setting`,
  ];
}

function writtenQuestion(question: Header['question']): Pick<Plan, 'question' | 'primary'> {
  if (question === undefined || typeof question === 'string')
    return question === undefined ? {} : { question };
  const { text, ...primary } = question;
  return { question: text, ...(Object.keys(primary).length > 0 && { primary }) };
}

/** A trial before it is known which of its choices tell it from the others. */
interface Draft {
  readonly pair: number;
  readonly variant: number;
  readonly names: { readonly content: string; readonly style: string };
  readonly config: Omit<TrialConfig, 'swept'>;
  readonly swept: ReadonlyMap<string, SweptValue>;
}

interface NamedPair {
  readonly content: string;
  readonly style: string;
  readonly names: { readonly content: string; readonly style: string };
}

type Header = Pick<z.output<typeof experimentSchema>, 'name' | 'question' | 'metrics' | 'report'> & {
  readonly pairs: readonly NamedPair[];
};

const anything = z.unknown().optional();

/** The experiment without what may be swept, which is checked case by case. */
const headerSchema = experimentSchema.extend({
  ...Object.fromEntries(Object.keys(settings).map((key) => [key, anything])),
  variants: z.record(experimentSchema.shape.variants.unwrap().keyType, z.unknown()).optional(),
  presets: anything,
});

function checkHeader(spec: Plain): Header {
  const checked = headerSchema.safeParse(spec);
  const problems = checked.success ? [] : problemsOf(checked.error, headerSchema, spec);
  const pairs = checked.success ? pairsOf(spec as Pairing, problems) : [];
  if (checked.success && Object.keys((spec.variants as object | undefined) ?? {}).length === 0) {
    problems.push(
      'variants: missing; name at least one variant with its losses, as in { gram: [content(), gram()] }',
    );
  }
  if (checked.success) problems.push(...questionProblems(checked.data.question as Header['question']));
  if (problems.length > 0) throw problemList(problems);
  return { ...(checked.data as unknown as Omit<Header, 'pairs'>), pairs };
}

interface Pairing {
  readonly pairs?: readonly { readonly content: string; readonly style: string; readonly name?: string }[];
  readonly contents?: Readonly<Record<string, string>>;
  readonly styles?: Readonly<Record<string, string>>;
}

function pairsOf({ pairs, contents, styles }: Pairing, problems: string[]): NamedPair[] {
  if (pairs !== undefined) {
    const nameIn = (known: Readonly<Record<string, string>> | undefined, given: string) =>
      Object.keys(known ?? {}).find((name) => known![name] === given || name === given) ?? imageName(given);
    return pairs.map(({ content, style }) => ({
      content: contents?.[content] ?? content,
      style: styles?.[style] ?? style,
      names: { content: nameIn(contents, content), style: nameIn(styles, style) },
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
  return Object.entries(contents!).flatMap(([content, contentFile]) =>
    Object.entries(styles!).map(([style, styleFile]) => ({
      content: contentFile,
      style: styleFile,
      names: { content, style },
    })),
  );
}

function* draftTrials(
  spec: Plain,
  { name, pairs }: Header,
  preset: Branch,
  resolver: Resolver,
): Generator<Draft> {
  const cases: readonly (Assignments | undefined)[] =
    spec.sweep === undefined ? [undefined] : expandCases(spec.sweep as CaseSweep);
  for (const assignments of cases) {
    const assigned = assignments === undefined ? spec : assignValues(spec, assignments.values, 'sweep');
    for (const branch of expand(axesOf(assigned))) {
      const { variant, ...chosen } = branch.value as Plain;
      for (const [index, pair] of pairs.entries()) {
        const config = resolver.resolve({
          experiment: name,
          pair,
          variant: variant as { name: string; losses: unknown[] },
          settings: chosen as Partial<Record<SettingName, unknown>>,
        });
        if (config === undefined) continue;
        yield {
          pair: index,
          variant: branch.chosen.get('variant')!.index,
          names: pair.names,
          config,
          swept: sweptOf(pair, [preset.chosen, branch.chosen, assignments?.chosen]),
        };
      }
    }
  }
}

/** The tree whose expansion gives the cases of one pair: the variant first, then the settings as written. */
function axesOf(spec: Plain): Plain {
  const variants = Object.entries(spec.variants as Plain);
  const written = Object.entries(spec).filter(([key]) => key in settings);
  return {
    variant: {
      $sweep: 'values',
      values: variants.map(([name, losses]) => ({ name, losses })),
      names: variants.map(([name]) => name),
    },
    ...Object.fromEntries(written),
  };
}

type Chosen = Branch['chosen'];

function sweptOf(pair: NamedPair, choices: readonly (Chosen | undefined)[]): Map<string, SweptValue> {
  const swept = new Map<string, SweptValue>([
    ['content', pair.names.content],
    ['style', pair.names.style],
  ]);
  for (const [path, { shown }] of choices.flatMap((chosen) => [...(chosen ?? [])])) {
    swept.set(displayPath(path), path === 'sizes' ? singleNumber(shown) : shown);
  }
  return swept;
}

/** What a choice's path is called in a trial: losses no longer carry their variant's name, nor sizes their list. */
function displayPath(path: string): string {
  if (path === 'sizes') return 'size';
  return path.replace(/^variant\.losses\b|^variants\.[^.]+(?=\.)/, 'losses');
}

function singleNumber(shown: SweptValue): SweptValue {
  return typeof shown === 'string' && /^\d+$/.test(shown) ? Number(shown) : shown;
}

/** Keeps the choices that differ between trials, and names the trials by them. */
function finish(drafts: readonly Draft[]): PlannedTrial[] {
  const values = new Map<string, { readonly found: Set<SweptValue>; times: number }>();
  for (const { swept } of drafts) {
    for (const [path, value] of swept) {
      const one = values.get(path) ?? { found: new Set(), times: 0 };
      one.found.add(value);
      one.times++;
      values.set(path, one);
    }
  }
  const telling = new Set(
    [...values]
      .filter(([, { found, times }]) => found.size > 1 || times < drafts.length)
      .map(([path]) => path),
  );
  const swept = drafts.map((draft) =>
    Object.fromEntries([...draft.swept].filter(([path]) => telling.has(path))),
  );
  const labels = labelTrials(swept, drafts[0]!.config.variant);
  return drafts.map(({ config, names }, i) => ({
    config: { ...config, swept: swept[i]! },
    label: labels[i]!,
    names,
  }));
}

function refuseDuplicates(trials: readonly PlannedTrial[]): void {
  const labels = new Map<string, string>();
  for (const { config, label } of trials) {
    const key = canonicalJson([
      config.content,
      config.style,
      workOf(config),
      config.encoder,
      config.initialization,
    ]);
    const other = labels.get(key);
    if (other !== undefined) {
      throw new NeckarError(
        `the trials "${other}" and "${label}" would do the same work: nothing that decides the picture differs. Remove one, or change a setting that matters to both`,
      );
    }
    labels.set(key, label);
  }
}

const mostProblems = 20;

function problemList(problems: readonly string[]): NeckarError {
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

/** A file named on the command line, absolute. */
export function absolutePath(file: string, from = process.cwd()): string {
  return isAbsolute(file) ? file : resolve(from, file);
}
