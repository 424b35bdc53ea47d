/** The studies in which people judged an experiment's pictures. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NeckarError } from '../../src/errors.ts';
import { count } from '../../src/platform/format.ts';
import { parseJson } from '../../src/runs/store.ts';
import type { Analysis } from '../../src/study/analysis/analyze.ts';
import { readAnalysis } from '../../src/study/analysis/stored.ts';
import { parseManifest, type StudyManifest } from '../../src/study/design/manifest.ts';
import { type Answered, answered } from '../../src/study/storage/answered.ts';
import type { ReportInput } from '../input.ts';

/** What people said in one study, or why nothing of it can be shown. */
export type RatedStudy =
  | { readonly study: string; readonly analysis: Analysis; readonly remarks: readonly string[] }
  | { readonly study: string; readonly problem: string };

/** The studies of these whose analysis can be shown. */
export function analyzed(
  studies: readonly RatedStudy[] | undefined,
): Extract<RatedStudy, { analysis: unknown }>[] {
  return (studies ?? []).filter((one) => 'analysis' in one);
}

/**
 * The studies of an experiment, by name. A study that was made and not answered yet is left out; one whose answers were
 * not analysed, or whose analysis is damaged or older than its answers, is told of in a sentence.
 *
 * @param studies - the folder of all studies; it need not exist
 */
export async function ratedStudies(
  studies: string,
  { name, trials }: Pick<ReportInput, 'name' | 'trials'>,
): Promise<RatedStudy[]> {
  const ids = new Set(trials.map(({ id }) => id));
  const found: RatedStudy[] = [];
  for (const entry of (await readdir(studies).catch(() => [])).sort()) {
    const folder = join(studies, entry);
    const path = join(folder, 'manifest.json');
    const text = await readFile(path).catch(() => undefined);
    if (text === undefined) continue;
    const stated = parseJson(text) as { experiment?: unknown } | undefined;
    // Of a manifest that is not even JSON nobody knows whose it is; a folder called like the experiment is its own.
    if (stated === undefined ? entry !== name : stated.experiment !== name) continue;
    try {
      const one = await ratedStudy(folder, parseManifest(text, path), ids);
      if (one !== undefined) found.push(one);
    } catch (error) {
      if (!(error instanceof NeckarError)) throw error;
      found.push({ study: entry, problem: error.message });
    }
  }
  return found;
}

async function ratedStudy(
  folder: string,
  manifest: StudyManifest,
  ids: ReadonlySet<string>,
): Promise<RatedStudy | undefined> {
  const study = manifest.name;
  const now = answered(folder);
  const analysis = await readAnalysis(folder);
  const again = `neckar study analyse ${study}`;
  if (analysis === undefined) {
    if (now.raters === 0) return undefined;
    return {
      study,
      problem: `${count(now.raters, 'rater')} answered it; nobody has analysed that yet. Do: ${again}`,
    };
  }
  if (analysis.hash !== manifest.hash) {
    return { study, problem: `Its analysis is of an earlier version of the study. Make it again: ${again}` };
  }
  if (analysis.withdrawals < now.withdrawals) {
    return {
      study,
      problem: `A rater has withdrawn since it was analysed. Make the analysis again: ${again}`,
    };
  }
  return { study, analysis, remarks: remarksOn(analysis, manifest, now, ids, again) };
}

function remarksOn(
  { all }: Analysis,
  manifest: StudyManifest,
  now: Answered,
  ids: ReadonlySet<string>,
  again: string,
): string[] {
  const newer = now.answers - all.answers;
  const pictures = manifest.pairs.flatMap(({ results }) => results);
  const strangers = pictures.filter(({ trial }) => !ids.has(trial)).length;
  return [
    ...(newer > 0
      ? [
          `${count(newer, 'answer has', 'answers have')} come in since it was analysed. Make the analysis again: ${again}`,
        ]
      : []),
    ...(strangers > 0
      ? [
          `${strangers} of the ${count(pictures.length, 'picture')} that people saw ${strangers === 1 ? 'is' : 'are'} not of this report’s trials: the experiment has changed since.`,
        ]
      : []),
  ];
}
