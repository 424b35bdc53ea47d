/** What the page carries for its script, as JSON in its script elements of these names. */
import type { FigureAxis, FigureTrial, Outline, Source } from '../figure/layout.ts';

/** `report-data`: read when the page is opened. */
export interface ReportData {
  readonly axes: readonly FigureAxis[];
  /** Keys of the axes that the grid shows first. */
  readonly rows: string;
  readonly columns: string;
  readonly sources: readonly SourceData[];
  readonly trials: readonly TrialData[];
  readonly extremes: ExtremesData;
}

/** A content or style picture; without `src` where it could not be read. */
export interface SourceData {
  readonly which: Source;
  readonly name: string;
  readonly src?: string;
  /** Of the picture itself, in pixels. */
  readonly width?: number;
  readonly height?: number;
}

export interface TrialData extends FigureTrial {
  /** Of its configuration, in the page. */
  readonly anchor: string;
  readonly label: string;
  /** Indices of `sources`. */
  readonly content: number;
  readonly style: number;
}

/** Worst, median and best by each metric. */
export interface ExtremesData {
  /** The metric that is shown first. */
  readonly shown: string | undefined;
  readonly metrics: readonly ExtremesOfMetric[];
}

export interface ExtremesOfMetric {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly variants: readonly {
    readonly variant: string;
    readonly trials: string;
    readonly cells: readonly ExtremeCell[];
  }[];
}

/** A trial's picture with its value. */
export interface ExtremeCell {
  readonly id: string;
  readonly value: string;
  readonly caption: string;
}

/** `report-pictures`: large, and read only when pictures are compared. */
export interface PicturesData {
  /** In the order of `ReportData.sources`; null where a picture could not be read. */
  readonly sources: readonly (string | null)[];
  /** Trial id -> its pictures on the way, in order. */
  readonly snapshots: Readonly<Record<string, readonly Snapshot[]>>;
}

export interface Snapshot {
  readonly evaluation: number;
  readonly src: string;
}

/** `report-figure`: what a figure for a paper is labelled with, drawn, and what makes it from the lossless pictures. */
export interface FigureData {
  readonly labels: Readonly<Record<string, Outline>>;
  /** In TeX, as are the axes by their keys. */
  readonly title: string;
  readonly axes: Readonly<Record<string, string>>;
  readonly command: string;
}
