/** The answers as tables for others, with nobody recognisable by the company they keep. */
import { randomBytes } from 'node:crypto';
import { judgeRaters } from '../analysis/raters.ts';
import { type StudyManifest, stimulusOf } from '../design/manifest.ts';
import { formOf } from '../form/shipped.ts';
import { type Composition, compositionOf } from './composition.ts';
import type { Rater, StoredAnswer } from './rows.ts';
import { tidyRows } from './tidy.ts';

/** What a merged answer reads. */
export const merged = 'merged';

/** In the order in which they keep their detail when small groups have to be merged; a study's own come after them. */
const first = [
  'artTraining',
  'age',
  'colourVision',
  'device',
  'gender',
  'vision',
  'education',
  'nativeLanguage',
  'country',
  'occupation',
];
const last = ['language', 'origin'];

/** The facts of a rater that are exported, by attribute. */
export type Facts = Readonly<Record<string, string>>;

/** The attributes of these facts in the order of their detail. */
function attributesOf(facts: Facts | undefined): string[] {
  const names = Object.keys(facts ?? {});
  const own = names.filter((name) => !first.includes(name) && !last.includes(name));
  return [
    ...first.filter((name) => names.includes(name)),
    ...own,
    ...last.filter((name) => names.includes(name)),
  ];
}

/**
 * Each rater's background such that every combination of values that occurs is shared by at least k raters: attribute
 * by attribute, the raters alike so far are split by the next one, and values that fewer than k of them gave are
 * merged (with the next smallest, while the merged ones are fewer than k).
 *
 * @returns in the order of the raters
 */
export function mergeSmallGroups(backgrounds: readonly Facts[], k = 5): Record<string, string>[] {
  const attributes = attributesOf(backgrounds[0]);
  const result = backgrounds.map((): Record<string, string> => ({}));
  const split = (members: readonly number[], depth: number): void => {
    const attribute = attributes[depth];
    if (attribute === undefined) return;
    const groups = new Map<string, number[]>();
    for (const member of members) {
      const value = backgrounds[member]![attribute]!;
      groups.set(value, [...(groups.get(value) ?? []), member]);
    }
    const bySize = [...groups].sort(([, a], [, b]) => a.length - b.length);
    const pooled: number[] = [];
    while (bySize.length > 0 && (bySize[0]![1].length < k || (pooled.length > 0 && pooled.length < k))) {
      pooled.push(...bySize.shift()![1]);
    }
    for (const [value, group] of [...bySize, ...(pooled.length > 0 ? [[merged, pooled] as const] : [])]) {
      for (const member of group) result[member]![attribute] = value;
      split(group, depth + 1);
    }
  };
  split(
    backgrounds.map((_, i) => i),
    0,
  );
  return result;
}

export type ExportRow = Readonly<Record<string, string | number | boolean>>;

export interface Export {
  readonly study: Record<string, unknown>;
  readonly raters: readonly ExportRow[];
  readonly answers: readonly ExportRow[];
  /** One row an answer, for models of mixed effects; see `tidyColumns`. */
  readonly tidy: readonly ExportRow[];
  /** Who took part, of those whose answers count. */
  readonly composition: Composition;
}

/**
 * Tables of raters and answers. Raters get new numbers in random order, times are left out, and backgrounds are merged
 * to groups of at least k.
 */
export function exportTables(
  study: StudyManifest,
  raters: readonly Rater[],
  answers: readonly StoredAnswer[],
  k = 5,
): Export {
  const shuffled = raters
    .map((rater) => ({ rater, key: randomBytes(8).toString('hex') }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ rater }) => rater);
  const numbers = new Map(shuffled.map(({ id }, i) => [id, i + 1]));
  const excluded = new Set(
    judgeRaters(raters, answers, study.rules).flatMap(({ id, reasons }) => (reasons.length > 0 ? [id] : [])),
  );
  const backgrounds = mergeSmallGroups(
    shuffled.map(({ background, conditions: { device }, language, origin }) => ({
      ...background,
      device,
      language,
      origin,
    })),
    k,
  );
  const { texts: _, ...form } = formOf(study);
  const byId = new Map(raters.map((rater) => [rater.id, rater]));
  const people = new Map(
    shuffled.map(({ id, session }, i) => [
      id,
      { name: i + 1, session, kept: !excluded.has(id), facts: backgrounds[i]! },
    ]),
  );
  const nameOf = (which: number | 'content' | 'style') =>
    typeof which === 'number' ? study.methods[which]!.name : `anchor: ${which}`;
  return {
    study: {
      name: study.name,
      hash: study.hash,
      experiment: study.experiment,
      methods: study.methods.map(({ name }) => name),
      reference: study.methods[study.reference]!.name,
      pairs: study.pairs.map(({ name }) => name),
      questions: study.questions,
      form,
      primary: study.primary,
      rulesHash: study.rulesHash,
      smallestGroup: k,
    },
    raters: shuffled.map(({ finishedAt }, i) => ({
      rater: i + 1,
      finished: finishedAt !== undefined,
      ...backgrounds[i]!,
    })),
    answers: answers
      .map((answer) => ({ answer, trial: byId.get(answer.rater)!.session[answer.trial]! }))
      .filter(({ trial }) => trial.role !== 'training')
      .map(({ answer, trial }) => ({
        rater: numbers.get(answer.rater)!,
        trial: answer.trial,
        pair: study.pairs[trial.pair]!.name,
        role: trial.role,
        question: answer.question,
        left: nameOf(trial.kind === 'pair' ? trial.left : trial.shown),
        right: trial.kind === 'pair' ? nameOf(trial.right) : '',
        choice: answer.choice,
        milliseconds: answer.milliseconds,
        revisions: answer.revision,
        zooms: answer.zooms,
        late: answer.late,
        leftStimulus: stimulusOf(study, trial.pair, trial.kind === 'pair' ? trial.left : trial.shown).hash,
      }))
      .sort((a, b) => a.rater - b.rater || a.trial - b.trial),
    tidy: tidyRows(study, people, answers),
    composition: compositionOf(
      study,
      raters.filter(({ id }) => !excluded.has(id)),
      k,
    ),
  };
}
