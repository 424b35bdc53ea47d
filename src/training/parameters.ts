/** A network's parameters as a training has them: those that it changes in one array, the others as they are. */
import { type NetworkSpec, networks } from '../networks/define.ts';
import type { ParameterOutline } from '../networks/layers.ts';
import { encodeParameters, readParameters } from '../networks/parameters.ts';
import { createRandom } from '../random.ts';
import { float32, type NamedValues } from '../tensor.ts';

/** Where a parameter lies in the array. */
interface Place extends ParameterOutline {
  readonly begin: number;
  readonly end: number;
}

/** The order of a network's trainable parameters in one array, and those that stay. */
export class ParameterLayout {
  readonly #spec: NetworkSpec;
  /** Trainable parameters in the network's order. */
  readonly places: readonly Place[];
  /** Numbers of all of them. */
  readonly size: number;
  /** Parameters that no training changes, by name. */
  readonly frozen: NamedValues;

  /** @param given - parameters to begin with, by name; must hold those that no training changes */
  constructor(spec: NetworkSpec, given: NamedValues = {}) {
    const { name, ...settings } = spec;
    const definition = networks.get(name);
    this.#spec = spec;
    const places: Place[] = [];
    const frozen: NamedValues = {};
    let end = 0;
    for (const outline of definition.parameters(settings)) {
      if (definition.frozen?.(settings, outline.name) === true) {
        frozen[outline.name] = given[outline.name]!;
        continue;
      }
      const begin = end;
      end += outline.shape.reduce((product, extent) => product * extent, 1);
      places.push({ ...outline, begin, end });
    }
    this.places = places;
    this.size = end;
    this.frozen = frozen;
  }

  /** The names of the trainable parameters. */
  get names(): string[] {
    return this.places.map(({ name }) => name);
  }

  /** Views of the array by the parameters' names: no copies. */
  views(all: Float32Array): NamedValues {
    return Object.fromEntries(
      this.places.map(({ name, shape, begin, end }) => [name, float32(shape, all.subarray(begin, end))]),
    );
  }

  /** The array of parameters that are given by name. */
  joined(values: NamedValues): Float32Array {
    const all = new Float32Array(this.size);
    for (const { name, begin } of this.places) all.set(values[name]!.data, begin);
    return all;
  }

  /** All parameters as the bytes of a file. */
  encode(all: Float32Array, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    return encodeParameters(this.#spec, { ...this.frozen, ...this.views(all) }, metadata);
  }
}

/**
 * Where a training begins: the layout of its network's parameters, and their first values.
 *
 * @param from - a file of weights; absent: random ones
 * @param fresh - take of the file only what no training changes
 * @throws NeckarError when the file is missing, broken or another network's
 */
export async function firstParameters(
  spec: NetworkSpec,
  seed: number,
  from: string | undefined,
  fresh = false,
): Promise<{ readonly layout: ParameterLayout; readonly start: Float32Array }> {
  if (from === undefined) {
    const layout = new ParameterLayout(spec);
    return { layout, start: drawnParameters(layout, seed) };
  }
  const { parameters } = await readParameters(spec, from);
  const layout = new ParameterLayout(spec, parameters);
  return { layout, start: fresh ? drawnParameters(layout, seed) : layout.joined(parameters) };
}

/**
 * Random parameters: filters and biases uniform in ±1/√fan-in, which is what Torch and PyTorch do unless told otherwise and
 * so what nearly all of these networks were published with (its source: LeCun et al., Efficient BackProp, 1998); norms
 * scale by 1 and shift by 0. Each parameter has a stream of its own, so that a layer more changes no other.
 */
function drawnParameters(layout: ParameterLayout, seed: number): Float32Array {
  const all = new Float32Array(layout.size);
  for (const { name, role, fanIn, begin, end } of layout.places) {
    const values = all.subarray(begin, end);
    if (role === 'scale' || role === 'variance') values.fill(1);
    if (role !== 'filter' && role !== 'bias') continue;
    const random = createRandom(seed, 'network', name);
    const bound = 1 / Math.sqrt(fanIn);
    for (let i = 0; i < values.length; i++) values[i] = bound * (2 * random.uniform() - 1);
  }
  return all;
}
