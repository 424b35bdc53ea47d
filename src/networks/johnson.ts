/** The feed-forward network of Johnson et al., one style for each set of parameters. */
import type { NamedTensors, tf } from '../tensor.ts';
import { defineNetwork } from './define.ts';
import { graphFromRange, graphInRange } from './graph-parts.ts';
import { johnsonCheckpoints } from './johnson-checkpoints.ts';
import { johnsonEnding, johnsonLayers, settings } from './johnson-layers.ts';
import { applyLayers, cropped, parametersOf } from './layers.ts';
import { fromRange, inRange } from './ranges.ts';

/**
 * Johnson, Alahi & Fei-Fei, ECCV 2016, supplement: 9×9 convolutions at both ends, two of stride 2, residual blocks, two
 * enlargements. The paper pads the picture by 40 and normalises over the batch; instance norm is Ulyanov et al.'s (CVPR
 * 2017), repeated pixels Odena et al.'s (Distill 2016).
 */
export const johnson = defineNetwork({
  name: 'johnson',
  description:
    'An hourglass of convolutions with residual blocks, trained for one style (Johnson et al., 2016).',
  class: 'per-style',
  source: 'Johnson, Alahi & Fei-Fei, ECCV 2016',
  settings,
  checkpoints: johnsonCheckpoints,
  parameters: (chosen) => parametersOf(johnsonLayers(chosen)).parameters,
  minimumSize: () => 16,
  apply(chosen, { content }, parameters: NamedTensors): tf.Tensor4D {
    const [, height, width] = content.shape;
    const ending = johnsonEnding(chosen.output);
    const layers = [...johnsonLayers(chosen), ...ending.layers];
    const made = applyLayers(layers, inRange(content, chosen.input), parameters);
    return cropped(fromRange(made, ending.range), height, width);
  },
  graph(chosen, blocks) {
    const ending = johnsonEnding(chosen.output);
    const layers = [...johnsonLayers(chosen), ...ending.layers];
    const made = blocks.layers(layers, graphInRange(blocks, blocks.content, chosen.input));
    return blocks.cropped(graphFromRange(blocks, made, ending.range), blocks.content);
  },
});
