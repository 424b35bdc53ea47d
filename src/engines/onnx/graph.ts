/** An ONNX graph under construction: equal nodes are made once, what no output needs is left out. */
import { currentOwner } from '../ownership.ts';
import {
  type AttributeProto,
  attributeTypes,
  dataTypes,
  encodeModel,
  externalLocation,
  type ValueInfoProto,
} from './proto.ts';

/**
 * The newest operator set whose convolutions, poolings and resizes onnxruntime's cpu provider rewrites into its
 * blocked layout.
 */
const opset = 17;

export type ElementType = keyof typeof dataTypes;
export type Elements = Float32Array | Int32Array | Uint8Array | BigInt64Array;

/** A tensor in the graph, as ONNX sees it. */
export interface Value {
  readonly id: number;
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: ElementType;
  /** What makes it; none for inputs and initializers. */
  readonly node?: GraphNode;
}

/** Numbers without a decimal point are integers: floats are written `{ float: 1 }`. */
export type Attribute = number | string | readonly number[] | { readonly float: number };
export type Attributes = Readonly<Record<string, Attribute>>;

export interface GraphNode {
  readonly operation: string;
  /** `undefined`: an optional input left out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
  readonly outputs: Value[];
  /**
   * The part it was first made for; a node that several parts share is the first one's. What is made between the parts
   * (weights, sums of gradients that meet) out of one part's values alone is that part's.
   */
  readonly owner: string | undefined;
}

/** A model, and the bytes of its large initializers by the name the model refers to them with. */
export interface SerializedGraph {
  readonly model: Uint8Array;
  readonly external: ReadonlyMap<string, Uint8Array>;
}

interface Initializer {
  readonly value: Value;
  readonly elements: Elements;
}

/** Initializers of more elements are handed to onnxruntime beside the model instead of being copied into it. */
const externalFrom = 1024;
/** Initializers up to this size are shared when their contents are equal, larger ones when they are the same array. */
const comparedUpTo = 256;

export class Graph {
  readonly #nodes: GraphNode[] = [];
  readonly #nodeByKey = new Map<string, GraphNode>();
  readonly #inputs: Value[] = [];
  readonly #outputs: { name: string; value: Value }[] = [];
  readonly #initializers = new Map<Value, Initializer>();
  readonly #initializerByContent = new Map<string, Value>();
  readonly #initializerByArray = new Map<Elements, Map<string, Value>>();
  #count = 0;

  /** A tensor given anew at every run. */
  input(name: string, shape: readonly number[], dtype: ElementType): Value {
    const value: Value = { id: this.#count++, name, shape, dtype };
    this.#inputs.push(value);
    return value;
  }

  /** Names a value as a result of the graph. */
  output(name: string, value: Value): void {
    this.#outputs.push({ name, value });
  }

  /** A constant; large arrays are kept by reference and must not change until the graph is serialized. */
  initializer(elements: Elements, shape: readonly number[], dtype: ElementType): Value {
    const form = `${dtype}[${shape}]`;
    if (elements.length <= comparedUpTo) {
      // Bytes, not numbers, as 0 and -0 differ and NaN equals itself here.
      const key = form + Buffer.from(bytesOf(elements)).toString('latin1');
      return getOrMake(this.#initializerByContent, key, () => this.#addInitializer(elements, shape, dtype));
    }
    const forms = getOrMake(this.#initializerByArray, elements, () => new Map<string, Value>());
    return getOrMake(forms, form, () => this.#addInitializer(elements, shape, dtype));
  }

  #addInitializer(elements: Elements, shape: readonly number[], dtype: ElementType): Value {
    const id = this.#count++;
    const value: Value = { id, name: `c${id}`, shape, dtype };
    this.#initializers.set(value, { value, elements });
    return value;
  }

  /** A list of integers as a constant: shapes, axes, positions. */
  integers(list: readonly number[]): Value {
    return this.initializer(BigInt64Array.from(list, BigInt), [list.length], 'int64');
  }

  /** A float scalar constant. */
  scalar(number: number): Value {
    return this.initializer(Float32Array.of(number), [], 'float32');
  }

  /** The elements of a value that is an initializer. */
  elementsOf(value: Value): Elements | undefined {
    return this.#initializers.get(value)?.elements;
  }

  /** A node with one output; the same operation on the same inputs is only made once. */
  node(
    operation: string,
    inputs: readonly (Value | undefined)[],
    shape: readonly number[],
    dtype: ElementType,
    attributes: Attributes = {},
  ): Value {
    return this.nodes(operation, inputs, [{ shape, dtype }], attributes)[0]!;
  }

  /** A node with several outputs. */
  nodes(
    operation: string,
    inputs: readonly (Value | undefined)[],
    results: readonly { shape: readonly number[]; dtype: ElementType }[],
    attributes: Attributes = {},
  ): readonly Value[] {
    const key = nodeKey(operation, inputs, attributes, results);
    const made = getOrMake(this.#nodeByKey, key, () => {
      const outputs: Value[] = [];
      const node: GraphNode = {
        operation,
        inputs,
        attributes,
        outputs,
        owner: currentOwner() ?? commonOwner(inputs),
      };
      for (const { shape, dtype } of results) {
        const id = this.#count++;
        outputs.push({ id, name: `v${id}`, shape, dtype, node });
      }
      this.#nodes.push(node);
      return node;
    });
    return made.outputs;
  }

  /** The node's output if that very node exists already. */
  existing(
    operation: string,
    inputs: readonly Value[],
    shape: readonly number[],
    dtype: ElementType,
    attributes: Attributes = {},
  ): Value | undefined {
    return this.#nodeByKey.get(nodeKey(operation, inputs, attributes, [{ shape, dtype }]))?.outputs[0];
  }

  /** The same elements in the same order under another shape; chains of reshapes collapse. */
  reshape(value: Value, shape: readonly number[]): Value {
    let source = value;
    while (source.node?.operation === 'Reshape') source = source.node.inputs[0]!;
    if (sameList(source.shape, shape)) return source;
    return this.node('Reshape', [source, this.integers(shape)], shape, value.dtype);
  }

  /** `value` with its axes permuted: axis i of the result is axis permutation[i] of the value. */
  transpose(value: Value, permutation: readonly number[]): Value {
    if (permutation.every((axis, i) => axis === i)) return value;
    const shape = permutation.map((axis) => value.shape[axis]!);
    const cut = swapsRuns(permutation);
    if (cut === undefined) return this.node('Transpose', [value], shape, value.dtype, { perm: permutation });
    // Two runs of axes that change places are a matrix's transpose, in which onnxruntime is ten times as fast.
    const columns = sizeOf(value.shape.slice(cut));
    const rows = sizeOf(value.shape.slice(0, cut));
    const matrix = this.reshape(value, [rows, columns]);
    const swapped = this.node('Transpose', [matrix], [columns, rows], value.dtype, { perm: [1, 0] });
    // It would make the slow one of a Reshape that follows at once; Flatten leaves a matrix as it is.
    const kept = this.node('Flatten', [swapped], [columns, rows], value.dtype, { axis: 1 });
    return this.reshape(kept, shape);
  }

  /** The operations that contribute to an output, in order. */
  get operations(): string[] {
    return this.#needed().map((node) => node.operation);
  }

  /** Whose work the nodes that contribute to an output are, by their names in the model. */
  get owners(): Map<string, string> {
    const owned = this.#needed().filter((node) => node.owner !== undefined);
    return new Map(owned.map((node) => [nodeName(node), node.owner!]));
  }

  /** The graph as an ONNX model; nodes and initializers that contribute to no output are left out. */
  serialize(name: string): SerializedGraph {
    const nodes = this.#needed();
    const used = new Set<Value>();
    for (const node of nodes) for (const value of node.inputs) if (value !== undefined) used.add(value);
    for (const { value } of this.#outputs) used.add(value);
    const external = new Map<string, Uint8Array>();
    const initializer = [...this.#initializers.values()]
      .filter(({ value }) => used.has(value))
      .map(({ value, elements }) => {
        const head = { dims: value.shape, dataType: dataTypes[value.dtype], name: value.name };
        if (elements.length < externalFrom) return { ...head, rawData: bytesOf(elements) };
        const bytes = bytesOf(elements);
        external.set(value.name, bytes);
        return {
          ...head,
          dataLocation: externalLocation,
          externalData: [
            { key: 'location', value: value.name },
            { key: 'offset', value: '0' },
            { key: 'length', value: String(bytes.byteLength) },
          ],
        };
      });
    const model = encodeModel({
      irVersion: 8,
      producerName: 'neckar',
      opsetImport: [{ domain: '', version: opset }],
      graph: {
        name,
        node: [
          ...nodes.map((node) => ({
            input: node.inputs.map((value) => value?.name ?? ''),
            output: node.outputs.map((value) => value.name),
            name: nodeName(node),
            opType: node.operation,
            domain: '',
            attribute: Object.entries(node.attributes).map(([key, value]) => encodeAttribute(key, value)),
          })),
          // A node of its own for every output: one value may be several outputs, an input or a constant.
          ...this.#outputs.map(({ name: output, value }) => ({
            input: [value.name],
            output: [output],
            name: `output ${output}`,
            opType: 'Identity',
            domain: '',
            attribute: [],
          })),
        ],
        initializer,
        input: this.#inputs.map((value) => describe(value.name, value)),
        output: this.#outputs.map(({ name: output, value }) => describe(output, value)),
      },
    });
    return { model, external };
  }

  #needed(): GraphNode[] {
    const needed = new Set<GraphNode>();
    const waiting = this.#outputs.map(({ value }) => value.node);
    while (waiting.length > 0) {
      const node = waiting.pop();
      if (node === undefined || needed.has(node)) continue;
      needed.add(node);
      for (const input of node.inputs) waiting.push(input?.node);
    }
    return this.#nodes.filter((node) => needed.has(node));
  }
}

/** The part that made all of the values that nodes made, if it is one. */
function commonOwner(inputs: readonly (Value | undefined)[]): string | undefined {
  const owners = new Set(inputs.flatMap((value) => (value?.node === undefined ? [] : [value.node.owner])));
  return owners.size === 1 ? [...owners][0] : undefined;
}

/** Unique: no two nodes make the same value. */
function nodeName({ operation, outputs }: GraphNode): string {
  return `${operation} ${outputs[0]!.name}`;
}

function nodeKey(
  operation: string,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes,
  results: readonly { shape: readonly number[]; dtype: ElementType }[],
): string {
  const types = results.map(({ dtype }) => dtype);
  return `${operation}(${inputs.map((value) => value?.id ?? '')})${JSON.stringify(attributes)}${types}`;
}

function encodeAttribute(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: Buffer.from(value) };
  if ('float' in value) return { name, type: attributeTypes.float, f: value.float };
  return { name, type: attributeTypes.ints, ints: value };
}

function describe(name: string, { shape, dtype }: Value): ValueInfoProto {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: dataTypes[dtype], shape: { dim } } } };
}

function bytesOf(elements: Elements): Uint8Array {
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
}

/**
 * Where axes are cut in two runs of at least two each that change places; undefined where they move otherwise. (One
 * axis that moves is as fast as it can be.)
 */
function swapsRuns(permutation: readonly number[]): number | undefined {
  const cut = permutation[0]!;
  const rank = permutation.length;
  const swaps = permutation.every((axis, i) => axis === (i + cut) % rank);
  return swaps && cut >= 2 && rank - cut >= 2 ? cut : undefined;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

/** Whether two lists hold the same numbers. */
export function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((element, i) => element === b[i]);
}
