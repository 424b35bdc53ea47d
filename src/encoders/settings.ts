/** Settings that several encoders have. */
import { z } from 'zod';
import type { WeightSource } from './network-weights.ts';

const weightsHelp =
  'give a name that "neckar weights list" shows, a file, as weights: { file: "weights.safetensors" }, or weights: { random: 1 } for seeded random ones';

/** Where weights come from, as people write it: a file or a name alone, or an object. */
export type WeightsInput = string | WeightSource;

/** A file (safetensors, Keras .h5, PyTorch .pth, ONNX), the name of installed weights, or a seed. */
export const weights = z.preprocess(
  (written) => (typeof written === 'string' ? { file: written } : written),
  z.union(
    [
      z.strictObject({
        file: z.string().min(1),
        /** How the network wants its input, where the file does not say so or says it wrong. */
        input: z.string().min(1).optional(),
      }),
      /** A seed. */
      z.strictObject({ random: z.number().int().min(0) }),
    ],
    {
      error: ({ input }) =>
        `${input === undefined ? 'missing' : `${JSON.stringify(input)} is not understood`}: ${weightsHelp}`,
    },
  ),
) as unknown as z.ZodType<WeightSource, WeightsInput>;

export const pooling = z.enum(['average', 'max', 'l2']);
