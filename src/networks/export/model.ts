/** A network with its parameters as one ONNX file that runs anywhere, on pictures of any size. */
import { NeckarError } from '../../errors.ts';
import type { NamedValues } from '../../tensor.ts';
import type { NetworkDefinition, NetworkSpec } from '../define.ts';
import { networks } from '../define.ts';
import type { GraphBlocks, GraphValue } from '../graph.ts';
import { cropped, exportLayers, extents, type LayerContext } from './layers.ts';
import { ModelWriter } from './writer.ts';

/** What a file says of itself besides what its network is. */
export interface Origin {
  /** Where its parameters are from, in words or as a file's name. */
  readonly weights?: string;
  /** The training that made them. */
  readonly training?: string;
  /** The trial whose network it is. */
  readonly trial?: string;
}

/** What whoever runs the file must know; it is in the file as well. */
export interface ExportedModel {
  readonly bytes: Uint8Array;
  readonly inputs: readonly ('content' | 'style' | 'weights' | 'alpha')[];
  /** Inputs of random numbers, uniform in [0,1]: [1,channels,H/divisor,W/divisor] of a content extended to `multiple`. */
  readonly noise: readonly { readonly input: string; readonly channels: number; readonly divisor: number }[];
  /** What the file extends a content to multiples of, by itself. */
  readonly multiple: number;
  /** Learnt styles, of networks for many. */
  readonly styles?: number;
  /** Least height and width of a content. */
  readonly minimumSize: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Writes a network as ONNX (operator set 17): `content` [1,3,H,W], RGB in [0,1], to `stylised` of the same shape, cut to
 * [0,1]. Beside them, where the network looks at it: `style` [1,3,h,w], `weights` [1,S] of sum 1, `alpha` [1].
 *
 * @param parameters - by the network's own names, filters [h,w,in,out]
 * @throws NeckarError for a network that does not say what its graph is, and for parameters that are not its own
 */
export function exportNetwork(
  spec: NetworkSpec,
  parameters: NamedValues,
  origin: Origin = {},
): ExportedModel {
  const definition = networks.get(spec.name);
  const { name, ...settings } = spec;
  if (definition.graph === undefined) {
    const others = networks.all().filter(({ graph }) => graph !== undefined);
    throw new NeckarError(
      `the network "${name}" cannot be written as ONNX: it does not say what its graph is. These do: ${others.map((other) => other.name).join(', ')}`,
    );
  }
  const writer = new ModelWriter();
  const inputs = new Set<ExportedModel['inputs'][number]>(['content']);
  const noise = new Map<string, ExportedModel['noise'][number]>();
  const given = writer.input('content', [1, 3, 'height', 'width']);
  const styles = definition.styles?.(settings);
  const ask = (input: ExportedModel['inputs'][number], shape: readonly (number | string)[]) => {
    inputs.add(input);
    return writer.input(input, shape);
  };
  const weights = (count: number) => ask('weights', [1, count]);
  const context: LayerContext = { writer, parameters, weights };
  const multiple = definition.multipleOf?.(settings) ?? 1;
  const content = multiple === 1 ? given : extended(writer, given, multiple, 0);
  const blocks: GraphBlocks = {
    content: { name: content, channels: 3 },
    get style() {
      return { name: ask('style', [1, 3, 'style height', 'style width']), channels: 3 };
    },
    get weights() {
      if (styles === undefined) throw new Error(`"${name}" has no styles that could be weighted`);
      return { name: weights(styles) };
    },
    get alpha() {
      return { name: ask('alpha', [1]) };
    },
    layers: (chain, map) => exportLayers(context, chain, { name: map.name, channels: channelsOf(map) }),
    noise(map, channels, divisor) {
      const input = `noise ${map}`;
      noise.set(input, { input, channels, divisor });
      return { name: writer.input(input, [1, channels, `${map} height`, `${map} width`]), channels };
    },
    extended: (map, multiple, remainder) => ({
      ...map,
      name: extended(writer, map.name, multiple, remainder),
    }),
    cropped: (map, like) => ({ ...map, name: cropped(writer, map.name, like.name) }),
    operation: (type, from, attributes, channels = from[0]?.channels) => ({
      name: writer.node(
        type,
        from.map((value) => value.name),
        attributes,
      ),
      ...(channels !== undefined && { channels }),
    }),
    parameter: (parameter) => {
      const value = parameters[parameter];
      if (value === undefined)
        throw new NeckarError(`the network wants a parameter "${parameter}", but there is none.`);
      return { name: writer.floats(`${parameter} itself`, value.data as Float32Array, value.shape) };
    },
    constant: (values, shape) => ({ name: writer.numbers(values, shape) }),
    integers: (values) => ({ name: writer.integers(values) }),
  };
  const made = definition.graph(settings, blocks).name;
  const whole = content === given ? made : cropped(writer, made, given);
  const clipped = writer.node('Clip', [whole, writer.numbers([0], []), writer.numbers([1], [])]);
  writer.output('stylised', clipped, [1, 3, 'height', 'width']);
  const minimumSize = definition.minimumSize?.(settings) ?? 1;
  const metadata = metadataOf(definition, settings, origin, minimumSize, styles);
  return {
    bytes: writer.encode(name, definition.description, metadata),
    inputs: [...inputs],
    noise: [...noise.values()],
    multiple,
    ...(styles !== undefined && { styles }),
    minimumSize,
    metadata,
  };
}

function channelsOf({ name, channels }: GraphValue): number {
  if (channels === undefined) throw new Error(`"${name}" is no map: nothing says how many channels it has`);
  return channels;
}

/** A map extended by reflection at its far ends to a remainder, as much as it lacks. */
function extended(writer: ModelWriter, map: string, multiple: number, remainder: number): string {
  // (remainder − size) mod multiple, which has the divisor's sign.
  const lacking = writer.node('Mod', [
    writer.node('Sub', [writer.integers([remainder]), extents(writer, map)]),
    writer.integers([multiple]),
  ]);
  const pads = writer.node('Concat', [writer.integers([0, 0, 0, 0, 0, 0]), lacking], { axis: 0 });
  return writer.node('Pad', [map, pads], { mode: 'reflect' });
}

function metadataOf(
  { name, source, class: kind }: NetworkDefinition,
  settings: Readonly<Record<string, unknown>>,
  { weights, training, trial }: Origin,
  minimumSize: number,
  styles: number | undefined,
): Record<string, string> {
  return {
    'neckar.network': name,
    'neckar.settings': JSON.stringify(settings),
    'neckar.class': kind,
    'neckar.source': source,
    ...(styles !== undefined && { 'neckar.styles': String(styles) }),
    'neckar.minimum_size': String(minimumSize),
    ...(weights !== undefined && { 'neckar.weights': weights }),
    ...(training !== undefined && { 'neckar.training': training }),
    ...(trial !== undefined && { 'neckar.trial': trial }),
  };
}
