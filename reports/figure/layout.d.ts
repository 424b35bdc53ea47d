/** An axis, as the report's model has it. */
export interface FigureAxis {
  readonly key: string;
  readonly label: string;
  readonly values: readonly string[];
  readonly absent?: number;
}

export interface FigureTrial {
  readonly id: string;
  /** Axis key -> index of its value. */
  readonly at: Readonly<Record<string, number>>;
  /** What tells its content picture from others, and its style. */
  readonly content: string | number;
  readonly style: string | number;
}

/** An axis, and which of its values are shown, by index and in order. */
export interface FigureLine {
  readonly key: string;
  readonly values: readonly number[];
}

export interface FigureChoice {
  readonly rows: FigureLine;
  readonly columns: FigureLine;
  /** The value of every other axis, by index. */
  readonly at: Readonly<Record<string, number>>;
  /** Which of a trial's own pictures stand beside its result, or above, where they go with the columns. */
  readonly sources: readonly ('content' | 'style')[];
}

/** A result, or the content or style of the trial `id`. */
export interface FigurePicture {
  readonly kind: 'trial' | 'content' | 'style';
  readonly id: string;
  readonly source?: string | number;
}

export interface PaperFigure {
  readonly columns: readonly string[];
  /** How many of the columns are content and style, which come first. */
  readonly before: number;
  readonly rows: readonly {
    readonly label: string;
    readonly cells: readonly (FigurePicture | undefined)[];
  }[];
  readonly rowLabels: boolean;
}

export interface FigureLayout {
  readonly width: number;
  readonly height: number;
  /** Width of a picture. */
  readonly cell: number;
  readonly pictures: readonly {
    readonly row: number;
    readonly column: number;
    readonly picture: FigurePicture;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }[];
  /** `x`, `y`: the label's middle; `room`: how long it may be; `turned`: reads upward. */
  readonly labels: readonly {
    readonly text: string;
    readonly x: number;
    readonly y: number;
    readonly turned: boolean;
    readonly room: number;
  }[];
}

/** A label as a drawing. */
export interface Outline {
  /** An SVG path in thousandths of the letters' size, from x = 0 on the base line y = 0, y downward. */
  readonly d: string;
  /** In sizes. */
  readonly width: number;
  /** As TeX writes it. */
  readonly tex: string;
}

/** Rows without any picture, and columns, are left out; a source that is one for all of a row stands before it. */
export function paperFigure(
  model: { readonly axes: readonly FigureAxis[]; readonly trials: readonly FigureTrial[] },
  choice: FigureChoice,
): PaperFigure;
export function figureLayout(
  figure: PaperFigure,
  width: number,
  label: number,
  aspects: readonly number[],
): FigureLayout;
export function cutOf(
  width: number,
  height: number,
  aspect: number,
): { left: number; top: number; width: number; height: number };
export function labelSize(outline: Outline | undefined, label: number, room: number): number;
