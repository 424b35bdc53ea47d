/** The feed-forward network of Johnson et al., one style for each set of parameters. */
import { type NamedTensors, tf } from '../tensor.ts';
import { defineNetwork } from './define.ts';
import { graphFromRange, graphInRange } from './graph-parts.ts';
import { johnsonCheckpoints } from './johnson-checkpoints.ts';
import { johnsonEnding, johnsonLayers, johnsonSkip, settings } from './johnson-layers.ts';
import { applyLayers, cropped, parametersOf } from './layers.ts';
import { fromRange, inRange } from './ranges.ts';
import { graphGrayOf, grayOf } from './skip.ts';

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
  parameters: (chosen) => [
    ...parametersOf(johnsonLayers(chosen)).parameters,
    ...parametersOf(johnsonSkip(chosen)).parameters,
  ],
  minimumSize: () => 16,
  apply(chosen, { content }, parameters: NamedTensors): tf.Tensor4D {
    const [, height, width] = content.shape;
    const ending = johnsonEnding(chosen.output);
    const skip = johnsonSkip(chosen);
    const made = applyLayers(johnsonLayers(chosen), inRange(content, chosen.input), parameters);
    const whole = cropped(made, height, width);
    const sum = skip.length === 0 ? whole : tf.add(whole, applyLayers(skip, grayOf(content), parameters));
    return fromRange(applyLayers(ending.layers, sum as tf.Tensor4D, parameters), ending.range);
  },
  graph(chosen, blocks) {
    const ending = johnsonEnding(chosen.output);
    const skip = johnsonSkip(chosen);
    const { content } = blocks;
    const made = blocks.layers(johnsonLayers(chosen), graphInRange(blocks, content, chosen.input));
    const whole = blocks.cropped(made, content);
    const sum =
      skip.length === 0
        ? whole
        : blocks.operation('Add', [whole, blocks.layers(skip, graphGrayOf(blocks, content))]);
    return graphFromRange(blocks, blocks.layers(ending.layers, sum), ending.range);
  },
});
