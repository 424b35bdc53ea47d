/** Makes a study of an experiment's finished trials. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { didYouMean, NeckarError } from '../../errors.ts';
import { writeFileAtomically } from '../../platform/write.ts';
import { status } from '../../runs/status.ts';
import { composeForm, type FormParts } from '../form/compose.ts';
import { answered } from '../storage/answered.ts';
import { designGroups, layoutOf } from './active-session.ts';
import { type Candidate, candidatesOf, gather } from './candidates.ts';
import {
  defaultRules,
  type ExclusionRules,
  hashRules,
  type ManifestBody,
  manifestVersion,
  type PairQuestion,
  parseManifest,
  type StudyManifest,
  seal,
} from './manifest.ts';
import { parsePopulation } from './population.ts';
import { blockSessions, requireBudget } from './schedule.ts';
import { type Size, StimulusFolder } from './stimuli.ts';

export interface StudyOptions {
  /** Where studies are kept; default `studies`. */
  readonly studies?: string;
  /** Default: the experiment's name. */
  readonly name?: string;
  /** What raters read at the top; it must not tell what is compared. Default: nothing. */
  readonly title?: string;
  /** Methods to compare, by variant or by the whole name; default: all. */
  readonly variants?: readonly string[];
  /** `content×style` (or `content:style`); default: all. */
  readonly pairs?: readonly string[];
  /** Default: the first method. */
  readonly reference?: string;
  /** Of the form's questions, only these; default: all. */
  readonly questions?: readonly string[];
  /** Languages, consent and questions of one's own; default: Neckar's. */
  readonly form?: Omit<FormParts, 'questions'>;
  /** The question the declared test is about; default: `preference`, or else the first. */
  readonly primary?: string;
  /** Offer "can't tell"; default true. */
  readonly cannotTell?: boolean;
  /** Planned raters; default 40. */
  readonly raters?: number;
  /** A session's limit; default 25, at most 30. */
  readonly minutes?: number;
  /** Default 48. */
  readonly resumeHours?: number;
  readonly seed?: number | string;
  /** `blocks` for up to 12 methods, else `active`. */
  readonly design?: 'blocks' | 'active';
  readonly rules?: Partial<ExclusionRules>;
  /** The population sought, as a file's text with its path: see `parsePopulation`. Default: none declared. */
  readonly population?: { readonly path: string; readonly text: string };
  /** Overwrites the date, for tests. */
  readonly now?: Date;
}

/** Above this many methods, pairs are chosen as answers come in. */
export const mostForBlocks = 12;

/**
 * Makes `<studies>/<name>/` with `manifest.json` and `stimuli/`.
 *
 * @param experimentFolder - such as `runs/loss-variants`
 * @throws NeckarError when trials are not finished, fewer than two methods are left, the design does not connect all
 *   methods, or a study of that name has answers already
 */
export async function newStudy(
  experimentFolder: string,
  options: StudyOptions = {},
): Promise<{ folder: string; manifest: StudyManifest }> {
  const experiment = await status(experimentFolder);
  const name = options.name ?? experiment.name;
  if (!/^[\w][\w.-]{0,80}$/.test(name)) {
    throw new NeckarError(`A study cannot be called "${name}": use letters, digits, "-", "_" and ".".`);
  }
  const minutes = options.minutes ?? 25;
  if (!(minutes > 0 && minutes <= 30)) {
    throw new NeckarError(`--minutes ${minutes}: a session may last up to 30 minutes.`);
  }
  const { questions: asked } = options;
  const form = composeForm({ ...options.form, ...(asked !== undefined && { questions: asked }) });
  const questions = form.questions.map(({ id }) => id);
  const primary = choosePrimary(options.primary, questions);
  const population =
    options.population && parsePopulation(options.population.text, options.population.path, form.background);
  const chosen = gather(candidatesOf(experiment), options);
  const reference = chooseReference(options.reference, chosen.methods);
  const { methods } = chosen;
  refuseTelling(options.title ?? '', '--title', methods);
  for (const { id, ask, more } of form.questions) {
    for (const said of [...Object.values(ask), ...Object.values(more)]) {
      refuseTelling(said, `The question "${id}", asked as`, methods);
    }
  }

  const folder = resolve(options.studies ?? 'studies', name);
  const version = await nextVersion(folder);
  const draft = besides(folder, 'draft');
  await mkdir(join(draft, 'stimuli'), { recursive: true });
  try {
    const pairs = await copyStimuli(new StimulusFolder(join(draft, 'stimuli')), chosen);
    const rules = { ...defaultRules, ...options.rules };
    const base = {
      manifestVersion,
      name,
      version,
      title: options.title ?? '',
      experiment: experiment.name,
      createdAt: (options.now ?? new Date()).toISOString(),
      seed: options.seed ?? `${name} ${version}`,
      methods: chosen.methods.map((method) => ({ name: method })),
      reference,
      pairs,
      questions,
      primary,
      cannotTell: options.cannotTell ?? true,
      form,
      raters: options.raters ?? 40,
      minutes,
      resumeHours: options.resumeHours ?? 48,
      rules,
      rulesHash: hashRules(rules),
      ...(population !== undefined && { population }),
    };
    const manifest = seal(
      withDesign(base, options.design ?? (chosen.methods.length > mostForBlocks ? 'active' : 'blocks')),
    );
    await writeFileAtomically(join(draft, 'manifest.json'), `${JSON.stringify(manifest, undefined, 1)}\n`);
    await replaceFolder(draft, folder);
    return { folder, manifest };
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** The manifest of a study's folder. */
export async function readStudy(folder: string): Promise<StudyManifest> {
  const path = join(folder, 'manifest.json');
  const text = await readFile(path).catch(() => undefined);
  if (text === undefined) {
    throw new NeckarError(
      `There is no study in "${folder}". Make one first: neckar study new <experiment>, or name its folder.`,
    );
  }
  return parseManifest(text, path);
}

/**
 * The manifest with its sessions.
 * @throws NeckarError when some methods are never compared with the others
 */
export function withDesign(
  base: Omit<ManifestBody, 'design' | 'sessions'>,
  kind: 'blocks' | 'active',
): ManifestBody {
  const layout = layoutOf(base as unknown as StudyManifest);
  if (kind === 'active') {
    const { comparisons } = requireBudget(layout);
    return { ...base, design: { kind, comparisons }, sessions: [] };
  }
  const { design, sessions } = blockSessions(layout);
  const groups = designGroups(layout.methods, sessions);
  if (groups.length > 1) {
    const named = groups.map((group) => group.map((method) => base.methods[method]!.name).join(', '));
    throw new NeckarError(
      `With ${layout.raters} ${layout.raters === 1 ? 'rater' : 'raters'} the design falls apart: ${named.join(' | ')} are never compared with one another. Plan more raters (--raters), or allow longer sessions (--minutes).`,
    );
  }
  const { v, b, r, k, lambda } = design;
  return { ...base, design: { kind, v, b, r, k, lambda }, sessions };
}

async function copyStimuli(
  folder: StimulusFolder,
  { methods, pairs, cells }: ReturnType<typeof gather>,
): Promise<ManifestBody['pairs']> {
  const copied: ManifestBody['pairs'] = [];
  for (const pair of pairs) {
    const row = methods.map((method) => cells.get(pair)!.get(method)!);
    const size: Size = row.reduce<Size>(
      (most, { result }) => (result.images.width > most.width ? result.images : most),
      { width: 0, height: 0 },
    );
    const { content, style } = row[0]!.config;
    copied.push({
      name: pair,
      content: await folder.content(content, size),
      style: await folder.style(style, size),
      styleCrop: await folder.styleCrop(style, size),
      results: await inOrder(row, async (cell) => ({
        stimulus: await folder.result(cell.picture),
        trial: cell.id,
        scores: scoresOf(cell),
      })),
    });
  }
  return copied;
}

async function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

function scoresOf({ result }: Candidate): ManifestBody['pairs'][number]['results'][number]['scores'] {
  const entries = Object.entries(result.scores).flatMap(([id, score]) =>
    'value' in score && Number.isFinite(score.value) ? [[id, score] as const] : [],
  );
  return Object.fromEntries(entries);
}

function choosePrimary(primary: string | undefined, questions: readonly PairQuestion[]): PairQuestion {
  if (primary === undefined) return questions.includes('preference') ? 'preference' : questions[0]!;
  const found = questions.find((question) => question === primary);
  if (found !== undefined) return found;
  throw new NeckarError(
    `The primary question "${primary}" is not asked. ${didYouMean(primary, questions)}Choose from ${questions.join(', ')}.`,
  );
}

/**
 * The index of the method that a name means: the whole name, or its first word where one method alone begins with it.
 * Without a name it is the first.
 *
 * @throws NeckarError for a name that none has, or that may mean several
 */
export function chooseReference(reference: string | undefined, methods: readonly string[]): number {
  if (reference === undefined) return 0;
  const at = methods.indexOf(reference);
  if (at >= 0) return at;
  const begins = methods.filter((method) => method.split(' ')[0] === reference);
  if (begins.length === 1) return methods.indexOf(begins[0]!);
  if (begins.length > 1) {
    throw new NeckarError(
      `The reference "${reference}" may mean ${begins.length} methods: name one of ${begins.map((method) => `"${method}"`).join(', ')}.`,
    );
  }
  throw new NeckarError(
    `The reference "${reference}" is not among the methods compared (${methods.join(', ')}). ${didYouMean(reference, methods)}`.trim(),
  );
}

/**
 * Raters read the title and the questions: a method's name in them would tell what is compared.
 * @param what - what the text is, at the head of the message
 */
function refuseTelling(text: string, what: string, methods: readonly string[]): void {
  const words = text.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  const telling = methods.find((method) => {
    const [variant, ...rest] = method.toLowerCase().split(' ');
    return words.includes(variant!) || (rest.length > 0 && text.toLowerCase().includes(method.toLowerCase()));
  });
  if (telling === undefined) return;
  throw new NeckarError(
    `${what} "${text}" names the method "${telling}", and raters read it. Choose words that do not tell what is compared.`,
  );
}

/** 1, or one more than that of the study that is replaced: only one that nobody has answered. */
async function nextVersion(folder: string): Promise<number> {
  if (!existsSync(folder)) return 1;
  const { raters } = answered(folder);
  if (raters > 0) {
    throw new NeckarError(
      `The study in "${folder}" has been answered by ${raters} ${raters === 1 ? 'rater' : 'raters'}; it is not replaced. Give the new one another name with --name.`,
    );
  }
  if (!existsSync(join(folder, 'manifest.json'))) {
    if ((await readdir(folder)).length === 0) return 1;
    throw new NeckarError(`"${folder}" is there and is no study. Choose another name with --name.`);
  }
  return (await readStudy(folder)).version + 1;
}

/** A folder beside another that nobody else has. */
function besides(folder: string, what: string): string {
  return join(dirname(folder), `.${basename(folder)}.${randomBytes(6).toString('hex')}.${what}`);
}

async function replaceFolder(draft: string, folder: string): Promise<void> {
  const old = besides(folder, 'old');
  if (existsSync(folder)) await rename(folder, old);
  await rename(draft, folder);
  await rm(old, { recursive: true, force: true });
}
