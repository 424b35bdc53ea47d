/** What a metric leaves of a picture: its value, or the sentence that says why there is none. */

export type Score =
  | {
      readonly value: number;
      readonly better: 'higher' | 'lower';
      readonly label: string;
    }
  | { readonly refused: string; readonly label: string };
