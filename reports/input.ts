/** What a report is made of: plain data, and functions that fetch what is large. It knows no folder layout. */
import type { SnapshotScores } from '../metrics/snapshots.ts';
import type { PrimaryComparison } from '../metrics/statistics/analysis/question.ts';
import type { TrialResult } from '../src/experiment/result.ts';
import type { TrainingResult } from '../src/experiment/training.ts';
import type { TraceRecord, TrialConfig } from '../src/experiment/trial.ts';
import type { RatedStudy } from './people/rated.ts';

/** `damaged`: it finished, but what is stored of it cannot be trusted. */
export type TrialState = TrialResult['state'] | 'failed' | 'running' | 'waiting' | 'stale' | 'damaged';

export interface ReportedTrial {
  /** Unique in the report. */
  readonly id: string;
  /** Short and unique, such as `town×swirl gram adam`. */
  readonly label: string;
  /** What the pictures are called. */
  readonly names: { readonly content: string; readonly style: string };
  /** As the experiment plans it now: the names in it are the ones shown. */
  readonly config: TrialConfig;
  readonly state: TrialState;
  /** Why it ended or failed, or what is damaged; empty while it waits or runs. */
  readonly reason: string;
  /** The command line that runs this trial again. */
  readonly command: string;
  /** SHA-256 of its pictures' files, where they are known. */
  readonly inputs?: { readonly content: string; readonly style: string };
  /** What makes two pairs the same pair; default: the files' paths. */
  readonly pair?: string;
  /** What is wrong with its stored files, in a sentence that names the file and the command that mends it. */
  readonly damage?: string;
  /** Present for complete, diverged and pruned trials. */
  readonly result?: TrialResult;
}

/** What a number measures: decides which charts it appears in. */
export interface MetricInfo {
  readonly purpose: 'content' | 'style' | 'colour' | 'artefact';
  readonly unit: string;
}

/** A finished training of a network, one however many trials needed it. */
export interface ReportedTraining {
  /** As in `TrialResult.network.training.id`. */
  readonly id: string;
  readonly result: TrainingResult;
  /** A record for each step, counted in `evaluation`; an empty list when there is none. */
  trace(): Promise<readonly TraceRecord[]>;
  /** The bytes (any format sharp reads) of a sample that its result names. */
  picture(path: string): Promise<Uint8Array>;
}

export interface ReportInput {
  /** The experiment's name. */
  readonly name: string;
  readonly title?: string;
  /** The primary question the experiment declared. */
  readonly question?: string;
  /** The comparison that answers it. */
  readonly primary?: PrimaryComparison;
  /** The command that made all of it. */
  readonly command: string;
  /** ISO 8601. */
  readonly madeAt: string;
  /** Axes of the first comparison grid: `pair`, `content`, `style`, `variant`, `optimizer` or a swept path. */
  readonly rows?: string;
  readonly columns?: string;
  readonly trials: readonly ReportedTrial[];
  /** Metric spec id -> what it is. Ids that are absent are looked up by the name before their first `;`. */
  readonly metrics?: Readonly<Record<string, MetricInfo>>;
  /** What finished trials were not measured by although it is asked for, in a sentence. */
  readonly lacking?: string;
  /** What a reader should know of what is shown and what is not, a sentence each. */
  readonly notes?: readonly string[];
  /** Trial id -> scores of the pictures it kept on the way, where they were measured. */
  readonly snapshots?: ReadonlyMap<string, readonly SnapshotScores[]>;
  /** The studies in which people judged these pictures; default: none. */
  readonly ratings?: readonly RatedStudy[];
  /** The trainings whose networks made pictures of these trials; default: none is shown. */
  readonly trainings?: readonly ReportedTraining[];
  /** A trial's trace; an empty list when it has none. */
  trace(id: string): Promise<readonly TraceRecord[]>;
  /** The bytes (any format sharp reads) of a picture that a trial's result names. */
  picture(id: string, path: string): Promise<Uint8Array>;
  /** The bytes of a trial's content or style picture. */
  source(id: string, which: 'content' | 'style'): Promise<Uint8Array>;
}

export interface ReportOptions {
  /** `embed` (default): pictures inside the one HTML file. `folder`: beside it in pictures/, loaded when seen. */
  readonly pictures?: 'embed' | 'folder';
  /** A folder in which encoded pictures are kept for the next report of the same trials. Default: none is. */
  readonly memory?: string;
}
