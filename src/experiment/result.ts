/** What a finished trial leaves behind: `result.json`. Everything a report needs, nothing it must guess. */
import type { Score } from '../../metrics/score.ts';
import type { EngineIdentity } from '../engines/engine.ts';
import type { NetworkClass } from '../networks/define.ts';
import type { TrialConfig } from './trial.ts';

export interface TrialResult {
  readonly storeVersion: number;
  readonly id: string;
  readonly attempt: number;
  readonly state: 'complete' | 'diverged' | 'pruned';
  /** Why it ended: `budget`, `converged: …`, `plateau`, `target`, or, when diverged, the term and the evaluation. */
  readonly reason: string;
  readonly config: TrialConfig;
  readonly identity: EngineIdentity & {
    readonly node: string;
    readonly neckar: string;
    readonly host: string;
  };
  /** SHA-256 of what went in: `content`, `style`, `encoder`, and `initialization` when it is a file. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Path relative to the attempt's folder -> SHA-256, for every artefact. */
  readonly artefacts: Readonly<Record<string, string>>;
  /** The same paths -> bytes: a file that was cut short is found without reading it. Absent before version 1. */
  readonly artefactBytes?: Readonly<Record<string, number>>;
  readonly images: {
    readonly final: string;
    readonly snapshots: readonly {
      readonly evaluation: number;
      readonly path: string;
    }[];
    readonly width: number;
    readonly height: number;
  };
  readonly timing: Timing;
  /** What made the picture, where it was a network. */
  readonly network?: NetworkFacts;
  readonly cost: { readonly evaluations: number; readonly steps: number };
  readonly final: {
    readonly total: number;
    readonly terms: Readonly<Record<string, { value: number; weighted: number }>>;
  };
  /** The factors `weighting: 'gradient-norm'` found, by term. */
  readonly weightFactors?: Readonly<Record<string, number>>;
  /** Metric spec id -> value, or the sentence that says why it was not measured. */
  readonly scores: Readonly<Record<string, Score>>;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** SHA-256 of everything else here, as canonical JSON. Absent before version 1. */
  readonly checksum?: string;
}

/** What belongs to every number that a network yields. */
export interface NetworkFacts {
  readonly class: NetworkClass;
  /** Numbers among its parameters, and bytes of the file they lie in. */
  readonly parameters: number;
  readonly bytes: number;
  /** Styles that its parameters hold; absent: any. */
  readonly styles?: number;
  /**
   * Seconds of one pass once it is loaded: the median of several, of which the first is not one. `timing.total` has the
   * loading as well.
   */
  readonly pass: number;
  /** How its parameters came about, where that was here. */
  readonly training?: {
    readonly id: string;
    readonly seconds: number;
    readonly steps: number;
    /** Pictures it was shown in all, and different files among them. */
    readonly pictures: number;
    readonly files: number;
    readonly host: string;
    readonly device: string;
    /** Other work ran beside it: do not compare its speed. */
    readonly shared: boolean;
  };
}

/** All in seconds. */
export interface Timing {
  /**
   * What is known when another method made the picture: `total`, the wall time of its program from start to end, or
   * `nothing`. Everything else is 0 then, but of a network what came before its first pass, that pass (`warmup`) and the
   * memory. Absent: all of it.
   */
  readonly known?: 'total' | 'nothing';
  /** Everything, from reading the images to the last write. */
  readonly total: number;
  /** Decoding, encoding, target computation. */
  readonly prepare: number;
  /** Tracing and starting sessions. */
  readonly compile: number;
  /** The first evaluation of each level (not part of `evaluate`). */
  readonly warmup: number;
  /** All other evaluations. */
  readonly evaluate: number;
  /** How `evaluate` divides. Absent in older results. */
  readonly parts?: EvaluationParts | { readonly refused: string };
  /** The median of those; 0 when there were none. */
  readonly perEvaluation: number;
  readonly optimizer: number;
  readonly refresh: number;
  /** Trace, checkpoints and pictures. */
  readonly output: number;
  /** Other trials of this machine ran beside it: do not compare its speed. */
  readonly shared: boolean;
  /** Peak resident memory of the process, bytes, without what it kept for all of its trials. */
  readonly peakMemory: number;
  /** That: bytes of a held-out encoder, for example, which judged the trials before. Absent: none. */
  readonly memoryApart?: number;
  /** What the processors drew from the trial's begin to its end. Absent in older results. */
  readonly energy?: Energy;
}

/** Shares of the seconds of all evaluations, value and gradient together; they sum to 1. */
export interface EvaluationParts {
  readonly encoder: number;
  /** By the names of the terms. What several share counts as the first one's. */
  readonly losses: Readonly<Record<string, number>>;
  /** What is nobody's: sums of gradients that meet, and the runtime between two operations. */
  readonly rest: number;
  /** Evaluations that were timed operation by operation. */
  readonly evaluations: number;
  /** How it is known. */
  readonly how: string;
}

/** Joules, or why the machine does not tell them. */
export type Energy = { readonly joules: number; readonly source: string } | { readonly refused: string };
