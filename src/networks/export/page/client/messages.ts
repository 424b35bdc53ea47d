/** What the page and the worker that runs the network say to each other. */

/** What the network runs on. */
export type Backend = 'webgpu' | 'wasm';

/** Samples of a picture, row by row, RGBA of 8 bits. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

export interface PassInputs {
  readonly content: Pixels;
  readonly style?: Pixels;
  /** How much of each learnt style, of sum 1. */
  readonly weights?: readonly number[];
  /** How much is stylised, 0 to 1. */
  readonly alpha?: number;
  /** Inputs of random numbers, and their shapes. */
  readonly noise?: readonly { readonly input: string; readonly shape: readonly number[] }[];
}

export type Request =
  | {
      readonly kind: 'open';
      readonly runtime: ArrayBuffer;
      readonly model: ArrayBuffer;
      readonly backend: Backend;
    }
  | ({ readonly kind: 'pass' } & PassInputs);

export type Answer =
  | { readonly kind: 'opened'; readonly milliseconds: number }
  /** `milliseconds`: from the network's input in memory to its output in memory. */
  | { readonly kind: 'made'; readonly picture: Pixels; readonly milliseconds: number }
  | { readonly kind: 'failed'; readonly message: string };
