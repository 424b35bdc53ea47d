/** An ONNX model of dynamic size under construction. */
import {
  type AttributeProto,
  attributeTypes,
  dataTypes,
  encodeModel,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../../engines/onnx/proto.ts';
import { neckarVersion } from '../../platform/modules.ts';
import type { GraphAttribute } from '../graph.ts';

/** Old enough for any runtime of the last years, new enough for every layer. */
const operatorSet = 17;

/** An extent, or the name of one that is known when the model runs. */
export type Extent = number | string;

/** Nodes, constants, inputs and outputs by name; equal nodes and equal small constants are made once. */
export class ModelWriter {
  readonly #nodes: NodeProto[] = [];
  readonly #constants: TensorProto[] = [];
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #known = new Map<string, string>();

  /** A float tensor given at every run; asked for again, it is the same. */
  input(name: string, shape: readonly Extent[]): string {
    return this.#once(`input ${name}`, () => {
      this.#inputs.push(described(name, shape));
      return name;
    });
  }

  /** Makes a value a result of the model under a name of its own. */
  output(name: string, value: string, shape: readonly Extent[]): void {
    this.#nodes.push(nodeOf(`output ${name}`, 'Identity', [value], name, {}));
    this.#outputs.push(described(name, shape));
  }

  /** Float numbers of a shape under a name that is free; the same name is the same constant. */
  floats(name: string, values: Float32Array, dims: readonly number[]): string {
    return this.#once(`floats ${name}`, () => {
      this.#constants.push({ dims, dataType: dataTypes.float32, name, rawData: bytesOf(values) });
      return name;
    });
  }

  /** A few float numbers, whatever they are called. */
  numbers(values: readonly number[], dims: readonly number[]): string {
    return this.#once(`numbers ${values} [${dims}]`, () =>
      this.floats(`number ${this.#constants.length}`, Float32Array.from(values), dims),
    );
  }

  /** Whole numbers in a row: shapes, axes, positions. */
  integers(values: readonly number[]): string {
    return this.#once(`integers ${values}`, () => {
      const name = `integers ${this.#constants.length}`;
      const rawData = bytesOf(BigInt64Array.from(values, BigInt));
      this.#constants.push({ dims: [values.length], dataType: dataTypes.int64, name, rawData });
      return name;
    });
  }

  /** The result of an operation; `''` among its inputs is one that is left out. */
  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, GraphAttribute>> = {},
  ): string {
    return this.#once(JSON.stringify([type, inputs, attributes]), () => {
      const name = `${type} ${this.#nodes.length}`;
      this.#nodes.push(nodeOf(name, type, inputs, name, attributes));
      return name;
    });
  }

  /** The file's bytes. */
  encode(name: string, about: string, metadata: Readonly<Record<string, string>>): Uint8Array {
    const model: ModelProto = {
      irVersion: 8,
      producerName: 'neckar',
      producerVersion: neckarVersion(),
      docString: about,
      opsetImport: [{ domain: '', version: operatorSet }],
      graph: {
        name,
        node: this.#nodes,
        initializer: this.#constants,
        input: this.#inputs,
        output: this.#outputs,
      },
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    };
    return encodeModel(model);
  }

  #once(key: string, make: () => string): string {
    const known = this.#known.get(key) ?? make();
    this.#known.set(key, known);
    return known;
  }
}

function nodeOf(
  name: string,
  opType: string,
  input: readonly string[],
  output: string,
  attributes: Readonly<Record<string, GraphAttribute>>,
): NodeProto {
  const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
  return { name, opType, domain: '', input: [...input], output: [output], attribute };
}

function attributeOf(name: string, value: GraphAttribute): AttributeProto {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: Buffer.from(value) };
  if ('float' in value) return { name, type: attributeTypes.float, f: value.float };
  return { name, type: attributeTypes.ints, ints: value };
}

function described(name: string, shape: readonly Extent[]): ValueInfoProto {
  const dim = shape.map((extent) =>
    typeof extent === 'number' ? { dimValue: extent } : { dimParam: extent },
  );
  return { name, type: { tensorType: { elemType: dataTypes.float32, shape: { dim } } } };
}

/** As little-endian bytes, which is the order of every machine that Node runs on. */
function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
