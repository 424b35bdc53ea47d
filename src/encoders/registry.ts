/** All encoders by name, and what a resolved encoder looks like in a trial's configuration. */

export type EncoderSpec =
  | { readonly name: 'wavelet' }
  | {
      readonly name: 'vgg19' | 'vgg16';
      readonly pooling: 'average' | 'max' | 'l2';
      /** A safetensors file, or seeded random weights. */
      readonly weights: { readonly file: string } | { readonly random: number };
      /** Gatys' re-scaling: mean activation one per filter. */
      readonly normalized: boolean;
    }
  | {
      readonly name: 'squeezenet1_0' | 'squeezenet1_1';
      readonly weights: { readonly file: string } | { readonly random: number };
    };
