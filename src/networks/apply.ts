/** Applying a network: its function compiled on an engine at a picture's size, with its parameters as constants. */
import type { Engine, EngineSpec } from '../engines/engine.ts';
import { startEngine } from '../engines/start.ts';
import { NeckarError } from '../errors.ts';
import { cropImage, type Plane } from '../images/image.ts';
import { createRandom } from '../random.ts';
import { float32, type NamedTensors, type NamedValues, type tf } from '../tensor.ts';
import type { NetworkSpec, OpenedNetwork, PassRequest, PreparedPass } from './define.ts';
import { extend, type Size } from './extend.ts';
import type { ReadParameters } from './parameters.ts';
import { networkClass, networks } from './registry.ts';

/**
 * A network ready for pictures, on an engine that is started for it.
 *
 * @param read - its parameters; absent: it needs none, or opens its own files
 * @throws NeckarError when the engine cannot start, or its files are missing or no such network
 */
export async function openNetwork(
  spec: NetworkSpec,
  engine: EngineSpec,
  read: ReadParameters = { parameters: {}, bytes: 0 },
): Promise<OpenedNetwork> {
  const { name, ...settings } = spec;
  const { open } = networks.get(name);
  if (open !== undefined) return await open(settings, engine);
  const started = await startEngine(engine);
  return {
    identity: started.identity,
    parameters: Object.values(read.parameters).reduce((sum, { data }) => sum + data.length, 0),
    bytes: read.bytes,
    prepare: (request) => preparePass(spec, read.parameters, request, started),
    dispose: () => started.dispose(),
  };
}

/**
 * Compiles one pass. A content whose height or width is no multiple of what the network wants is extended by reflection
 * at the right and below, and the picture cut again.
 *
 * @throws NeckarError when a picture is too small, or the network's picture is not of the content's size
 */
export async function preparePass(
  spec: NetworkSpec,
  parameters: NamedValues,
  request: PassRequest,
  engine: Engine,
): Promise<PreparedPass> {
  const { name, ...settings } = spec;
  const definition = networks.get(name);
  const { content, styles, weights, regions, alpha, seed } = request;
  refuseSmall(spec, request);
  const multiple = definition.multipleOf?.(settings) ?? 1;
  const [height, width] = [content.height, content.width].map(
    (extent) => Math.ceil(extent / multiple) * multiple,
  ) as [number, number];
  const extended = extend(content.data, content, { width, height }, 3);
  const values: NamedValues = { content: float32([1, height, width, 3], extended) };
  if (networkClass(spec) === 'any-style') {
    for (const [i, style] of styles.entries()) {
      values[`style ${i}`] = float32([1, style.height, style.width, 3], style.data);
    }
  }
  // What one picture after another has alike is folded into the program.
  const constants: NamedValues = Object.fromEntries(
    Object.entries(parameters).map(([key, value]) => [`parameter ${key}`, value]),
  );
  if (weights !== undefined) {
    constants.weights = float32([1, weights.length], Float32Array.from(weights));
  }
  if (regions !== undefined) {
    constants.regions = float32([1, height, width, regions.length], interleaved(regions, { width, height }));
  }
  if (alpha !== undefined) constants.alpha = float32([], Float32Array.of(alpha));
  for (const [map, [rows, columns, channels]] of Object.entries(
    definition.noise?.(settings, height, width) ?? {},
  )) {
    const random = createRandom(seed, 'network noise', map);
    const drawn = Float32Array.from({ length: rows * columns * channels }, () => random.uniform());
    constants[`noise ${map}`] = float32([1, rows, columns, channels], drawn);
  }
  const label = `${name} ${width}×${height}`;
  const program = await engine.compile(
    (tensors) => ({
      picture: definition.apply(settings, inputsOf(tensors), withPrefix(tensors, 'parameter ')),
    }),
    {
      inputs: Object.fromEntries(Object.entries(values).map(([key, { shape }]) => [key, { shape }])),
      constants,
      label,
      frugal: true,
    },
  );
  return {
    compileSeconds: program.compileSeconds,
    async run() {
      const { picture } = await program.run(values);
      const { shape, data } = picture!;
      if (shape.join() !== [1, height, width, 3].join()) {
        throw new NeckarError(
          `the network ${name} made [${shape.join(', ')}] of a content of [1, ${height}, ${width}, 3]; a picture of the same size is expected.`,
        );
      }
      return cropImage({ width, height, data: data as Float32Array }, 0, 0, content.width, content.height);
    },
    dispose: () => program.dispose(),
  };
}

function inputsOf(tensors: NamedTensors): Parameters<ReturnType<typeof networks.get>['apply']>[1] {
  const { content, weights, regions, alpha } = tensors;
  const styles = Object.entries(withPrefix(tensors, 'style '))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, style]) => style);
  const noise = withPrefix(tensors, 'noise ');
  return {
    content: content as tf.Tensor4D,
    ...(styles.length > 0 && { styles: styles as tf.Tensor4D[] }),
    ...(weights && { weights: weights as tf.Tensor2D }),
    ...(regions && { regions: regions as tf.Tensor4D }),
    ...(alpha && { alpha: alpha as tf.Scalar }),
    ...(Object.keys(noise).length > 0 && { noise }),
  };
}

function withPrefix(tensors: NamedTensors, prefix: string): NamedTensors {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  );
}

/** @throws NeckarError when content or a style that it sees is smaller than the network can do with */
function refuseSmall(spec: NetworkSpec, { content, styles }: PassRequest): void {
  const least = leastSizeOf(spec);
  const seen = networkClass(spec) === 'any-style' ? styles : [];
  const small = [content, ...seen].find(({ width, height }) => Math.min(width, height) < least);
  if (small === undefined) return;
  throw new NeckarError(
    `the ${small === content ? 'content' : 'style'} has ${small.width}×${small.height} pixels, too few for the network ${spec.name}, which needs ${least} a side. Choose a larger size, or crop it.`,
  );
}

/** The least height and width that a network can do with. */
export function leastSizeOf({ name, ...settings }: NetworkSpec): number {
  return networks.get(name).minimumSize?.(settings) ?? 1;
}

/** Planes as the channels of one map, extended to a size. */
function interleaved(planes: readonly Plane[], to: Size): Float32Array {
  const each = planes.map((plane) => extend(plane.data, plane, to, 1));
  const values = new Float32Array(to.width * to.height * planes.length);
  for (let i = 0, at = 0; i < to.width * to.height; i++) for (const one of each) values[at++] = one[i]!;
  return values;
}
