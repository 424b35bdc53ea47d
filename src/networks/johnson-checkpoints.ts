/** Published files of weights of Johnson's network. */
import { countOf, fromPytorch, partWith, type Tensors, widthOf } from './checkpoint.ts';
import type { Checkpoint } from './define.ts';
import { johnsonLayers, type Settings } from './johnson-layers.ts';
import { parametersOf } from './layers.ts';

/** What the shapes do not tell. */
type Conventions = Pick<Settings, 'upsampling' | 'input' | 'output'>;

/**
 * A layout of PyTorch's.
 *
 * @param telling - names by which it is recognised, of which the first is that of the first filter
 * @param block - what a filter of the block of an index, from 0 on, is called
 * @param nameOf - from a parameter's name to the file's
 */
function layout(
  name: string,
  telling: readonly string[],
  conventions: Conventions,
  block: (index: number) => string,
  nameOf: (parameter: string, has: (name: string) => boolean) => string,
): Checkpoint {
  return {
    name,
    matches: (names) => partWith(names, telling) !== undefined,
    convert(tensors) {
      const part = partWith(new Set(tensors.keys()), telling)!;
      const own: Tensors =
        part === ''
          ? tensors
          : new Map([...tensors].map(([known, tensor]) => [known.slice(part.length), tensor]));
      const chosen: Settings = {
        width: widthOf(own, telling[0]!, 0, 32),
        blocks: countOf(own, block, 0),
        norm: 'instance',
        padding: 'same',
        ...conventions,
      };
      const { parameters } = parametersOf(johnsonLayers(chosen));
      return {
        settings: chosen,
        parameters: fromPytorch(parameters, own, (parameter) => nameOf(parameter, (known) => own.has(known))),
      };
    },
  };
}

/** A parameter's name in parts: the residual block's number (undefined outside), conv or norm, its number, its role. */
function parsed(parameter: string) {
  const [, block, kind, place, role] = /^(?:block(\d+)\.)?(conv|norm)(\d)\.(\w+)$/.exec(parameter)!;
  return { block, filter: kind === 'conv', place: Number(place), role: role! };
}

/** Scales and shifts of norms by PyTorch's names for them. */
const normRole = (role: string) => (role === 'scale' ? 'weight' : 'bias');

/**
 * `conv1.conv2d.weight`, `in1.weight`, `res1.conv1.conv2d.weight`, `deconv1.conv2d.weight`; also what that program exports
 * as ONNX. Until 2017 its norms were `in1.scale` and `in1.shift`. RGB in [0,255] at both ends.
 */
const examples = layout(
  'pytorch/examples, fast_neural_style',
  ['conv1.conv2d.weight', 'res1.conv1.conv2d.weight', 'deconv1.conv2d.weight'],
  { upsampling: 'nearest', input: 'bytes', output: 'bytes' },
  (index) => `res${index + 1}.conv1.conv2d.weight`,
  (parameter, has) => {
    const { block, filter, place, role } = parsed(parameter);
    const within = block === undefined ? '' : `res${block}.`;
    if (!filter) {
      const early = `${within}in${place}.${role}`;
      return has(early) ? early : `${within}in${place}.${normRole(role)}`;
    }
    const layer = block !== undefined || place <= 3 ? `conv${place}` : `deconv${place - 3}`;
    return `${within}${layer}.conv2d.${role}`;
  },
);

/**
 * `ConvBlock.0.conv_layer.weight`, `ResidualBlock.0.conv1.norm_layer.weight`, `DeconvBlock.0.conv_transpose.weight`. Blue,
 * green and red in [0,255] at both ends.
 */
const rrmina = layout(
  'rrmina/fast-neural-style-pytorch',
  ['ConvBlock.0.conv_layer.weight', 'DeconvBlock.0.conv_transpose.weight'],
  { upsampling: 'transposed', input: 'bytes-bgr', output: 'bytes-bgr' },
  (index) => `ResidualBlock.${index}.conv1.conv_layer.weight`,
  (parameter) => {
    const { block, filter, place, role } = parsed(parameter);
    // A layer and its rectification are a place each.
    const layer =
      block !== undefined
        ? `ResidualBlock.${Number(block) - 1}.conv${place}`
        : place <= 3
          ? `ConvBlock.${2 * (place - 1)}`
          : `DeconvBlock.${2 * (place - 4)}`;
    if (!filter) return `${layer}.norm_layer.${normRole(role)}`;
    const transposed = block === undefined && (place === 4 || place === 5);
    return `${layer}.${transposed ? 'conv_transpose' : 'conv_layer'}.${role}`;
  },
);

export const johnsonCheckpoints: readonly Checkpoint[] = [examples, rrmina];
