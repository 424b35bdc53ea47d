/** A picture's samples as a PDF takes them: deflated RGB (zlib), or a whole JPEG. */
export interface PdfImage {
  readonly width: number;
  readonly height: number;
  readonly filter: 'FlateDecode' | 'DCTDecode';
  readonly bytes: Uint8Array;
}

export interface PdfFigure {
  /** In points, 72 to the inch. */
  readonly width: number;
  readonly height: number;
  /** Places in points from the top left. */
  readonly pictures: readonly {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly image: PdfImage;
  }[];
  /** `d`: an SVG path of absolute M, L, Q, C and Z; `matrix`: as of the operator `cm`. */
  readonly labels: readonly { readonly d: string; readonly matrix: readonly number[] }[];
}

/** The bytes of the file. It names no author, no program, no date. */
export function pdfOf(figure: PdfFigure): Uint8Array;
export function labelMatrix(
  place: { readonly x: number; readonly y: number; readonly turned: boolean },
  width: number,
  size: number,
  pageHeight: number,
): number[];
