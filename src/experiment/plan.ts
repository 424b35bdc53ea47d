/** From an experiment to the list of its trials. */
import { resolve } from 'node:path';
import type { EncoderSpec } from '../encoders/registry.ts';
import { NeckarError } from '../errors.ts';
import { sameSettings, united, withAdditions, withOwn } from './additions.ts';
import { type Assignments, expandCases } from './cases.ts';
import { moduleFinder } from './components.ts';
import type { ExperimentInput, QuestionInput } from './define.ts';
import { type Branch, expand, type SweptValue } from './expand.ts';
import { filterTrials } from './filter.ts';
import {
  checkHeader,
  type Header,
  metricsOf,
  type NamedPair,
  problemList,
  writtenQuestion,
} from './header.ts';
import { defaultHeldOut } from './held-out.ts';
import { workKey } from './identity.ts';
import { displayPath, labelTrials } from './labels.ts';
import type { LauncherSpec } from './launcher.ts';
import { countTrials } from './limit.ts';
import { normalize, type Plain } from './normalize.ts';
import { applyOverrides, assignValues } from './overrides.ts';
import { withPresets } from './presets.ts';
import { withoutRepeats } from './repeated.ts';
import { Resolver } from './resolve.ts';
import { type SettingName, settings } from './schema.ts';
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
  /** The overrides that brought it into the experiment; absent: it is in the file as written. */
  readonly settings?: readonly string[];
}

export interface Plan {
  readonly name: string;
  /** In words. */
  readonly question?: string;
  /** The comparison that answers it. */
  readonly primary?: Omit<QuestionInput, 'text' | 'metric'> & { readonly metric?: string };
  readonly metrics?: readonly string[];
  readonly report?: ExperimentInput['report'];
  /** What is to carry the trials out. */
  readonly launcher?: LauncherSpec;
  /**
   * All trials of the experiment, those of earlier overrides included, in a fixed order: by overrides as they came, then
   * by pair, then variant, then the other axes as written.
   */
  readonly trials: readonly PlannedTrial[];
  /** Those that `overrides`, `filter` and `limit` ask for. */
  readonly selected: readonly PlannedTrial[];
  /** Every list of overrides that the experiment was ever run with, this one included; [] is the file as written. */
  readonly asked: readonly (readonly string[])[];
  /** Earlier overrides that do not fit the file as it stands, and why: their trials are not in the plan. */
  readonly unfit: readonly { readonly settings: readonly string[]; readonly problem: string }[];
}

export interface PlanOptions {
  /** `key=value` arguments, in order. Paths of files in them start from `here`. */
  readonly overrides?: readonly string[];
  /**
   * Overrides of earlier runs, whose trials stay in the experiment: what a run selects adds to it, and takes nothing
   * away. [] is the file as written.
   */
  readonly earlier?: readonly (readonly string[])[];
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
  const { overrides = [], earlier = [] } = options;
  const own = draftsOf(experiment, overrides, options);
  const unfit: { settings: readonly string[]; problem: string }[] = [];
  const asked = withOwn(earlier, overrides);
  const parts = asked.flatMap((settings): Drafted[] => {
    if (sameSettings(settings, overrides)) return [own];
    try {
      const drafted = draftsOf(experiment, settings, options);
      if (drafted.resolver.problems.size > 0) throw problemList([...drafted.resolver.problems]);
      return [drafted];
    } catch (error) {
      if (!(error instanceof NeckarError)) throw error;
      unfit.push({ settings, problem: error.message });
      return [];
    }
  });
  const drafts = united(parts, own);
  const { header, resolver } = own;
  const judge = judgeOf(header, drafts, resolver);
  if (resolver.problems.size > 0) throw problemList([...resolver.problems]);

  const withModules = moduleFinder();
  const planned = finish(withAdditions(drafts, asked)).map((trial) => ({
    ...trial,
    config: withModules({ ...trial.config, ...(judge !== undefined && { heldOut: judge }) }),
  }));
  refuseDuplicates(planned);
  const wanted = planned.filter((_, i) => drafts[i]!.own);
  const filtered = options.filter === undefined ? wanted : filterTrials(wanted, options.filter);
  if (filtered.length === 0)
    throw new NeckarError(`--filter "${options.filter}" leaves none of the ${wanted.length} trials`);
  const { name, question, metrics, report, launcher } = header;
  return {
    name,
    ...writtenQuestion(question),
    ...(metrics !== undefined && { metrics }),
    ...(report !== undefined && { report }),
    ...(launcher !== undefined && { launcher }),
    trials: planned,
    selected: filtered.slice(0, options.limit),
    asked,
    unfit,
  };
}

/** What an experiment with some overrides asks for. */
interface Drafted {
  readonly settings: readonly string[];
  readonly header: Header;
  readonly resolver: Resolver;
  readonly drafts: readonly Draft[];
}

function draftsOf(
  experiment: ExperimentInput,
  settings: readonly string[],
  options: Pick<PlanOptions, 'folder' | 'name'>,
): Drafted {
  const folder = resolve(options.folder ?? '.');
  const named = { ...experiment, name: experiment.name ?? options.name } as Plain;
  const ofPresets = settings.filter((text) => /^[+~]?presets\b/.test(text));
  const others = settings.filter((text) => !ofPresets.includes(text));
  const written = applyOverrides(normalize(named), ofPresets);

  const resolver = new Resolver(folder);
  const drafts: Draft[] = [];
  const count = countTrials(`"${String(named.name)}"`);
  let header: Header | undefined;
  for (const chosen of expand(written.presets, 'presets')) {
    const merged = withPresets({ ...written, presets: chosen.value });
    const spec = applyOverrides(merged, others);
    header = checkHeader(spec, folder);
    for (const draft of draftTrials(spec, header, chosen, resolver, count)) drafts.push(draft);
  }
  resolver.finish();
  drafts.sort((a, b) => a.pair - b.pair || a.variant - b.variant);
  return { settings, header: header!, resolver, drafts: withoutRepeats(drafts) };
}

/** One judge for all trials, so that it was optimised by none of those that are compared. */
function judgeOf({ heldOut }: Header, trials: readonly Draft[], resolver: Resolver): EncoderSpec | undefined {
  if (heldOut === 'none') return undefined;
  if (heldOut !== undefined) return resolver.heldOut(heldOut);
  return defaultHeldOut(trials.map(({ config }) => config.encoder));
}

/** A trial before it is known which of its choices tell it from the others. */
export interface Draft {
  readonly pair: number;
  readonly variant: number;
  readonly names: { readonly content: string; readonly style: string };
  readonly config: Omit<TrialConfig, 'swept'>;
  readonly swept: ReadonlyMap<string, SweptValue>;
}

function* draftTrials(
  spec: Plain,
  { name, pairs, ...header }: Header,
  preset: Branch,
  resolver: Resolver,
  count: () => void,
): Generator<Draft> {
  const metrics = metricsOf(header);
  const styles = [
    ...new Set(
      pairs.flatMap(({ style }) => (typeof style === 'string' ? style : style.map(({ image }) => image))),
    ),
  ];
  const cases: readonly (Assignments | undefined)[] =
    spec.sweep === undefined ? [undefined] : expandCases(spec.sweep as CaseSweep);
  for (const assignments of cases) {
    const assigned = assignments === undefined ? spec : assignValues(spec, assignments.values, 'sweep');
    for (const branch of expand(axesOf(assigned))) {
      const { variant, ...chosen } = branch.value as Plain;
      for (const [index, pair] of pairs.entries()) {
        count();
        const config = resolver.resolve({
          experiment: name,
          pair,
          styles,
          variant: variant as { name: string; losses: unknown },
          settings: chosen as Partial<Record<SettingName, unknown>>,
        });
        if (config === undefined) continue;
        yield {
          pair: index,
          variant: branch.chosen.get('variant')!.index,
          names: pair.names,
          config: { ...config, ...(metrics.length > 0 && { metrics }) },
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

function singleNumber(shown: SweptValue): SweptValue {
  return typeof shown === 'string' && /^\d+$/.test(shown) ? Number(shown) : shown;
}

/** Keeps the choices that differ between trials, and names the trials by them. */
function finish(drafts: readonly (Draft & { readonly settings: readonly string[] })[]): PlannedTrial[] {
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
  return drafts.map(({ config, names, settings }, i) => ({
    config: { ...config, swept: swept[i]! },
    label: labels[i]!,
    names,
    ...(settings.length > 0 && { settings }),
  }));
}

function refuseDuplicates(trials: readonly PlannedTrial[]): void {
  const labels = new Map<string, string>();
  for (const { config, label } of trials) {
    const key = workKey(config);
    const other = labels.get(key);
    if (other !== undefined) {
      throw new NeckarError(
        `the trials "${other}" and "${label}" would do the same work: nothing that decides the picture differs. Remove one, or change a setting that matters to both`,
      );
    }
    labels.set(key, label);
  }
}
