/**
 * The encoder `custom`: any convolutional network, as an ONNX file or as a chain of stages with weights of any format.
 */
import { statSync } from 'node:fs';
import { z } from 'zod';
import { didYouMean, NeckarError } from '../../errors.ts';
import type { TensorValue } from '../../tensor.ts';
import { readOnnx } from '../../weights/onnx.ts';
import { defineEncoder } from '../define.ts';
import type { Encoder, EncoderOutline } from '../encoder.ts';
import { contentHash, tensorsHash } from '../hash.ts';
import { checkImage, checkLayer, emptyLayer } from '../layers.ts';
import { networkLinks } from '../links.ts';
import { networkFeatures, networkShape, type Stage } from '../network.ts';
import { loadTensors } from '../network-weights.ts';
import { type Preprocessing, parsePreprocessing, preprocess } from '../preprocessing.ts';
import { weights } from '../settings.ts';
import { type CandidateLayer, customDefaults } from './defaults.ts';
import { graphFeatures } from './features.ts';
import { type GraphNode, graphShapes, type MapShape, type NetworkGraph } from './graph.ts';
import { onnxGraph } from './onnx-graph.ts';
import { stageSchema } from './stages.ts';

const settings = {
  /** An ONNX file; with stages, a file of any format that has their tensors, or a seed. */
  weights,
  /** The network as a chain of stages, for weights that come without one. */
  stages: z.array(stageSchema).min(1).optional(),
  /** Names for layers of an ONNX file: name -> its node or output. They are then the only ones. */
  layers: z.record(z.string().regex(/^[\w.-]+$/), z.string().min(1)).optional(),
};

/** What is written of a network of one's own. */
type CustomSpec = Readonly<z.output<z.ZodObject<typeof settings>>>;

export const custom = defineEncoder({
  name: 'custom',
  description: "A convolutional network of one's own: an ONNX file, or stages with weights of any format.",
  settings,
  outline: customOutline,
  chain: ({ stages }) => stages && networkLinks(stages, { get: () => undefined }, (image) => image),
  load: loadCustom,
});

/** Size of the image by which layers are sorted into levels. */
const levelSize = 256;
/** Beyond this, no picture is made small enough to ask. */
const largestMinimum = 4096;

/**
 * Layers, defaults and shapes of a network; an ONNX file is read for them.
 * @throws NeckarError when the file or the names of layers are wrong
 */
function customOutline(spec: CustomSpec): EncoderOutline {
  if (spec.stages !== undefined) return stagesOutline(spec.stages);
  const { graph, layers } = readGraph(spec);
  const shapesAt = (height: number, width: number) => graphShapes(graph, height, width);
  const shapeOf = (layer: string, height: number, width: number): [number, number, number] => {
    checkLayer('custom', layer, [...layers.keys()]);
    const shape = shapesAt(height, width).get(layers.get(layer)!)!;
    if (typeof shape !== 'string') return [...shape];
    if (shape === 'small') {
      throw emptyLayer('custom', layer, leastSize([layer]), height, width);
    }
    throw new NeckarError(
      `An image of ${width}×${height} pixels does not fit layer ${layer} of the encoder custom: ${shape}. Use a size that divides evenly.`,
    );
  };
  const leastSize = (wanted: readonly string[]): number => {
    for (let size = 1; size <= largestMinimum; size++) {
      const shapes = shapesAt(size, size);
      if (wanted.every((layer) => typeof shapes.get(layers.get(layer)!) !== 'string')) return size;
    }
    throw new NeckarError(
      `The network of ${fileOf(spec)} has no position for any image up to ${largestMinimum} pixels.`,
    );
  };
  const names = [...layers.keys()];
  const minimumSize = leastSize(names);
  const kinds = new Map(graph.nodes.map(({ name, operation }) => [name, operation.kind]));
  const reference = shapesAt(Math.max(levelSize, minimumSize), Math.max(levelSize, minimumSize));
  const candidates = names.map((name): CandidateLayer => {
    const node = layers.get(name)!;
    const shape = reference.get(node)! as MapShape;
    return { name, rectified: ['relu', 'leaky', 'clip'].includes(kinds.get(node)!), height: shape[0] };
  });
  return { name: 'custom', layers: names, minimumSize, defaults: customDefaults(candidates), shapeOf };
}

/**
 * Makes the encoder.
 * @throws NeckarError as `customOutline`, and when nothing says how the network wants its input
 */
async function loadCustom(spec: CustomSpec): Promise<Encoder> {
  if (spec.stages !== undefined) return loadStages(spec, spec.stages);
  const { graph, layers } = readGraph(spec);
  const preprocessing = inputOf(spec, undefined);
  const outline = customOutline(spec);
  const { plain, tensors } = apart(graph.nodes);
  return {
    ...outline,
    // The number is to be raised when the features change for a reason the other values do not show.
    hash: contentHash({
      architecture: 'graph/1',
      nodes: plain,
      preprocessing,
      weights: tensorsHash(tensors),
    }),
    encode(image, wanted) {
      checkImage('custom', image);
      const [, height, width] = image.shape;
      for (const layer of wanted) outline.shapeOf(layer, height, width);
      const nodes = wanted.map((layer) => layers.get(layer)!);
      const features = graphFeatures(graph, preprocess(image, preprocessing), nodes);
      return Object.fromEntries(wanted.map((layer) => [layer, features[layers.get(layer)!]!]));
    },
  };
}

function stagesOutline(stages: readonly Stage[]): EncoderOutline {
  const shapeOf: EncoderOutline['shapeOf'] = (layer, height, width) =>
    networkShape('custom', stages, layer, height, width);
  const names = stages.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new NeckarError(`encoder.stages: two stages are named "${twice}".`);
  let minimumSize = 1;
  while (!fits(() => shapeOf(names.at(-1)!, minimumSize, minimumSize)) && minimumSize < largestMinimum)
    minimumSize++;
  const size = Math.max(levelSize, minimumSize);
  const candidates = stages.map(
    ({ name, kind }): CandidateLayer => ({
      name,
      rectified: kind === 'relu' || kind === 'fire',
      height: shapeOf(name, size, size)[0],
    }),
  );
  return { name: 'custom', layers: names, minimumSize, defaults: customDefaults(candidates), shapeOf };
}

async function loadStages(spec: CustomSpec, stages: readonly Stage[]): Promise<Encoder> {
  const outline = stagesOutline(stages);
  const { weights, hash, input } = await loadTensors(stages, spec.weights);
  const preprocessing = inputOf(spec, input);
  return {
    ...outline,
    hash: contentHash({ architecture: 'network/1', stages, preprocessing, weights: hash }),
    encode(image, wanted) {
      checkImage('custom', image);
      const [, height, width] = image.shape;
      for (const layer of wanted) outline.shapeOf(layer, height, width);
      return networkFeatures(stages, weights, preprocess(image, preprocessing), wanted);
    },
    links: networkLinks(stages, weights, (image) => preprocess(image, preprocessing)),
  };
}

function fits(shape: () => unknown): boolean {
  try {
    shape();
    return true;
  } catch {
    return false;
  }
}

/** A network of one's own has no customary input: somebody has to say. */
function inputOf({ weights }: CustomSpec, said: string | undefined): Preprocessing {
  const written = ('input' in weights ? weights.input : undefined) ?? said;
  if (written !== undefined) return parsePreprocessing(written, 'The encoder option weights.input');
  if ('random' in weights) return parsePreprocessing('torchvision', 'The encoder custom');
  throw new NeckarError(
    'encoder.weights.input: missing: say how the network of your own wants its input, as weights: { file: "net.onnx", input: "torchvision" }, or encoder.weights.input=torchvision on the command line.',
  );
}

function fileOf({ weights }: CustomSpec): string {
  if ('file' in weights) return weights.file;
  throw new NeckarError(
    'encoder.weights: random weights need stages, which say what network they are for; or give an ONNX file.',
  );
}

interface ReadGraph {
  readonly graph: NetworkGraph;
  /** Layer -> node. */
  readonly layers: ReadonlyMap<string, string>;
}

const graphs = new Map<string, ReadGraph>();

/** The graph of an ONNX file, read again only when the file has changed. */
function readGraph(spec: CustomSpec): ReadGraph {
  const file = fileOf(spec);
  const stamp = fits(() => statSync(file)) ? `${statSync(file).mtimeMs} ${statSync(file).size}` : '';
  const key = JSON.stringify([file, stamp, spec.layers]);
  let read = graphs.get(key);
  if (read === undefined) {
    const model = readOnnx(file);
    const { nodes, names, refused } = onnxGraph(model);
    const layers = new Map<string, string>();
    for (const [name, source] of Object.entries(spec.layers ?? {})) {
      const node = names.get(source);
      if (node !== undefined) layers.set(name, node);
      else if (refused.has(source)) {
        throw new NeckarError(
          `encoder.layers.${name}: "${source}" of ${file} cannot be computed: ${refused.get(source)}.`,
        );
      } else {
        throw new NeckarError(
          `encoder.layers.${name}: ${file} has no node or output "${source}". ${didYouMean(source, names.keys())}It has ${[...names.keys()].slice(0, 12).join(', ')}${names.size > 12 ? ', …' : ''}.`,
        );
      }
    }
    if (layers.size === 0) for (const { name } of nodes) layers.set(name, name);
    read = { graph: { nodes }, layers };
    graphs.set(key, read);
  }
  return read;
}

/** The nodes without their numbers, for a hash, and the numbers by name. */
function apart(nodes: readonly GraphNode[]): { plain: unknown; tensors: Map<string, TensorValue> } {
  const tensors = new Map<string, TensorValue>();
  const plain = nodes.map(({ operation, ...node }) => ({
    ...node,
    operation: Object.fromEntries(
      Object.entries(operation).map(([key, value]) => {
        if (!isTensor(value)) return [key, value];
        tensors.set(`${node.name}.${key}`, value);
        return [key, value.shape];
      }),
    ),
  }));
  return { plain, tensors };
}

function isTensor(value: unknown): value is TensorValue {
  return typeof value === 'object' && value !== null && 'data' in value;
}
