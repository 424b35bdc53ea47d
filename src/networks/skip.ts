/**
 * A skip connection from the content to the picture (He et al., CVPR 2016, for whole networks). A network that has to find
 * out first how a picture of its content is painted at all spends thousands of steps on it; one that adds to the content
 * shows it from the first step. What is handed on is grey and without mean and contrast, so that the content's colours do
 * not stand against the style's.
 */
import { z } from 'zod';
import { tf } from '../tensor.ts';
import type { GraphBlocks, GraphValue } from './graph.ts';
import type { Layer } from './layers.ts';

/** The setting of networks that may have one. Absent as long as nobody asks for it, as published networks have none. */
export const skipSetting = z
  .boolean()
  .optional()
  .describe(
    'add what it makes to the content, grey and in contrasts that it learns: recognisable contents after some hundred steps; default: false, as published',
  );

/** What becomes of the grey content before the network's own result is added; in front of tanh, or of a sigmoid of twice that. */
export function skipLayers(times: number, plus: number, styles?: number): Layer[] {
  return [
    { kind: 'norm', name: 'skip', over: 'instance', ...(styles !== undefined && { styles }) },
    { kind: 'rescale', times, plus },
  ];
}

/** A picture without its colours: the mean of its channels, three times. [B,H,W,3]. */
export function grayOf(picture: tf.Tensor4D): tf.Tensor4D {
  const gray = tf.mean(picture, 3, true) as tf.Tensor4D;
  return tf.concat([gray, gray, gray], 3);
}

/** The same as a graph. */
export function graphGrayOf(blocks: GraphBlocks, picture: GraphValue): GraphValue {
  const gray = blocks.operation('ReduceMean', [picture], { axes: [1], keepdims: 1 });
  return blocks.operation('Concat', [gray, gray, gray], { axis: 1 }, 3);
}
