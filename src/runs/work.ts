/**
 * The two kinds of work in a plan, and the one interface by which the store, leases, checkpoints, launchers and forecasts
 * serve both.
 *
 * A training makes a network's parameters; a trial makes a picture, and names the trainings that it needs by id. Both are
 * content-addressed, lie in a folder of one layout, are claimed by a lease, resumed from checkpoints and complete once
 * their `result.json` is there. What differs is data (`KindOfWork`): the folder, what their progress counts, how they may
 * end, which parts of an outcome their result keeps.
 *
 *     plan.jsonl          the trainings, each with `"kind":"training"`, then the trials, as before there were trainings
 *     trainings/<id>/     as trials/<id>/: config.json, lease-…, attempts/<n>/, result.json written last
 *
 * Order. A trial can begin once its trainings are complete. Whoever runs it checks that at its lease and hands their
 * results over (`io.trained`); launchers only see to it that nobody begins in vain. A training is run where a trial that
 * is to be run needs it, however many do.
 *
 * Failure. A trial whose training failed or diverged counts as failed, in one sentence that names the training. That is
 * read off the training's state and never written, so that nothing is to be undone when the training is run again.
 */
import { join } from 'node:path';
import type { TrialResult } from '../experiment/result.ts';
import type { TrainingResult } from '../experiment/training.ts';
import type { IdentifiedTraining, IdentifiedTrial } from './identity.ts';
import { finalPicture } from './trial-io.ts';

/** A planned training or trial with its place in the store; `kind` is absent in trials. */
export type Work = IdentifiedTraining | IdentifiedTrial;
export type WorkResult = TrainingResult | TrialResult;
export type WorkName = 'training' | 'trial';

/** What the store must know of a kind of work. */
export interface KindOfWork<Result extends WorkResult = WorkResult> {
  readonly name: WorkName;
  /** The folder within the experiment's that holds one folder for each. */
  readonly folder: string;
  /** What its progress counts. */
  readonly unit: 'evaluation' | 'step';
  /** How a result may have ended. */
  readonly states: readonly Result['state'][];
  /** What of an outcome its result keeps besides what every result has. */
  readonly own: readonly string[];
  /** A file that only an attempt which came to its end has: without a result beside it, that has been lost. */
  readonly last?: string;
}

export const trialKind: KindOfWork<TrialResult> = {
  name: 'trial',
  folder: 'trials',
  unit: 'evaluation',
  states: ['complete', 'diverged', 'pruned'],
  own: ['images', 'network', 'cost', 'final', 'weightFactors', 'scores'],
  last: finalPicture,
};

export const trainingKind: KindOfWork<TrainingResult> = {
  name: 'training',
  folder: 'trainings',
  unit: 'step',
  states: ['complete', 'diverged'],
  own: ['weights', 'samples', 'cost', 'final'],
};

/** Both kinds, what is needed first first. */
export const kinds: readonly KindOfWork[] = [trainingKind, trialKind];

/** The kind of a piece of work, or of its status. */
export function kindOf({ kind }: { readonly kind?: 'training' | undefined }): KindOfWork {
  return kind === 'training' ? trainingKind : trialKind;
}

/** Where work of a kind lies. */
export function folderOf(experimentFolder: string, kind: KindOfWork, id: string): string {
  return join(experimentFolder, kind.folder, id);
}

/** Where a piece of work lies. */
export function workFolder(experimentFolder: string, work: Work): string {
  return folderOf(experimentFolder, kindOf(work), work.id);
}

/** How much its progress counts up to, at most: evaluations or steps. */
export function lengthOf(work: Work): number {
  return work.kind === 'training' ? work.config.budget.steps : work.config.budget.evaluations;
}

/** The trainings that a piece of work needs, by id. */
export function needsOf(work: Work): readonly string[] {
  return work.kind === 'training' ? [] : (work.needs ?? []);
}

/** A plan's work: trainings first, as they are needed first. */
export interface PlannedWork {
  readonly trainings: readonly IdentifiedTraining[];
  readonly trials: readonly IdentifiedTrial[];
}

/** All of it in the order in which it is to begin. */
export function allWork({ trainings, trials }: PlannedWork): readonly Work[] {
  return [...trainings, ...trials];
}
