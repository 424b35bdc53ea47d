/** The tensors of a network in files that name them otherwise than torchvision does. */

import { shapeText } from '../weights/safetensors.ts';
import type { TensorEntry } from '../weights/tensor-file.ts';
import type { ExpectedTensor, Stage } from './network.ts';
import { type NetworkName, networkStages } from './networks.ts';
import { type Preprocessing, preprocessings } from './preprocessing.ts';

/** Whose names: `features.0` (torchvision), `conv1_1` and `fire2/squeeze1x1` (Caffe), `block1_conv1` (Keras). */
export type NamingStyle = 'torchvision' | 'caffe' | 'keras';

const styles: readonly NamingStyle[] = ['torchvision', 'caffe', 'keras'];

/** What a file's tensors are called, tensor by tensor as the network expects them. */
export interface Naming {
  readonly style: NamingStyle;
  /** Expected name -> name in the file. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * How a file names the tensors of a network. Names may have a common beginning, such as `state_dict.` or `module.`.
 *
 * @returns the naming under which all tensors are there and have their shapes; else the one under which most are there
 */
export function namingOf(
  network: NetworkName,
  expected: readonly ExpectedTensor[],
  entries: ReadonlyMap<string, TensorEntry>,
): Naming & { readonly complete: boolean } {
  let best: Naming = { style: 'torchvision', names: new Map() };
  let most = -1;
  for (const style of styles) {
    const nameIn = translation(network, style);
    const first = nameIn(expected[0]!.name);
    const beginnings = [...entries.keys()]
      .filter((name) => name === first || name.endsWith(`.${first}`) || name.endsWith(`/${first}`))
      .map((name) => name.slice(0, name.length - first.length));
    for (const beginning of ['', ...beginnings]) {
      const names = new Map(expected.map(({ name }) => [name, beginning + nameIn(name)]));
      const found = expected.filter(({ name }) => entries.has(names.get(name)!)).length;
      if (found > most) {
        best = { style, names };
        most = found;
      }
    }
  }
  const complete = expected.every(({ name, shape }) => {
    const entry = entries.get(best.names.get(name)!);
    return entry !== undefined && shapeText(entry.shape) === shapeText(shape);
  });
  return { ...best, complete };
}

/**
 * How weights want their input, judged by whose names they bear: torchvision's networks were trained on RGB in 0..1 over
 * mean and deviation, the Caffe releases and Keras's copies of them on BGR in 0..255 minus the mean. A file can defy
 * this (Caffe's VGG exists under torchvision's names): its metadata or the person who uses it then has to say so.
 */
export function customaryInput(network: NetworkName, style: NamingStyle): Preprocessing {
  if (style === 'torchvision') return preprocessings.torchvision;
  if (network === 'vgg16' || network === 'vgg19') return preprocessings.caffe;
  return { ...preprocessings.caffe, mean: [104, 117, 123] };
}

/** From an expected tensor's name to its name in a style. */
function translation(network: NetworkName, style: NamingStyle): (name: string) => string {
  if (style === 'torchvision') return (name) => name;
  const layers = new Map<string, string>();
  for (const stage of networkStages(network))
    for (const [ours, theirs] of layersOf(stage, style)) layers.set(ours, theirs);
  return (name) => {
    const at = name.lastIndexOf('.');
    return (layers.get(name.slice(0, at)) ?? name.slice(0, at)) + name.slice(at);
  };
}

function layersOf(stage: Stage, style: NamingStyle): [ours: string, theirs: string][] {
  if (stage.kind === 'convolution') {
    const theirs = style === 'keras' ? stage.name.replace(/^conv(\d+)_(\d+)$/, 'block$1_conv$2') : stage.name;
    return [[stage.tensors, theirs]];
  }
  if (stage.kind !== 'fire') return [];
  return [
    [`${stage.tensors}.squeeze`, `${stage.name}/squeeze1x1`],
    [`${stage.tensors}.expand1x1`, `${stage.name}/expand1x1`],
    [`${stage.tensors}.expand3x3`, `${stage.name}/expand3x3`],
  ];
}
