/**
 * Networks that make pictures, as data: a list of layers, the parameters they need, and what they do to a batch of
 * pictures. Pure tfjs functions of pictures and parameters, so that they can be applied, differentiated and traced.
 */
import { NeckarError } from '../errors.ts';
import { type NamedTensors, tf } from '../tensor.ts';
import { normalized as normalizedOver } from './normalize.ts';

/** What surrounds a map: its own mirror image without the edge, its edge repeated, zeros, or nothing. */
export type Surround = 'reflect' | 'repeat' | 'zero' | 'none';

/**
 * One step of a network. A layer with parameters has a `name`, which begins theirs: `<name>.weight`, `<name>.bias`,
 * `<name>.scale`, `<name>.shift`.
 */
export type Layer =
  | {
      readonly kind: 'convolution';
      readonly name: string;
      /** Channels of its result. */
      readonly channels: number;
      /** Side of the square filter. */
      readonly size: number;
      /** Default 1. */
      readonly stride?: number;
      /** Default `reflect`, by half the filter on each side. */
      readonly surround?: Surround;
      /** Default: true. */
      readonly bias?: boolean;
      /**
       * Groups of consecutive channels that see nothing of each other; a divisor of the channels it is given and of its
       * own. Filters then lie as [h,w,in,out/groups]. Default 1.
       */
      readonly groups?: number;
    }
  /** As PyTorch's ConvTranspose2d: `cut` is taken off every side, `extra` rows and columns are added at the far ends. */
  | {
      readonly kind: 'transposed';
      readonly name: string;
      readonly channels: number;
      readonly size: number;
      readonly stride: number;
      readonly cut: number;
      readonly extra: number;
      readonly bias?: boolean;
    }
  /** So many more pixels on each side. */
  | { readonly kind: 'pad'; readonly by: number; readonly surround: Exclude<Surround, 'none'> }
  /** The largest of each 2×2 positions; a last row or column that is left alone is kept (PyTorch's `ceil_mode`). */
  | { readonly kind: 'pool' }
  /** Each pixel becomes `factor`² pixels. */
  | { readonly kind: 'upsample'; readonly factor: number; readonly how: 'nearest' | 'bilinear' }
  /**
   * Channels brought to mean 0 and variance 1 and then scaled and shifted: `instance` picture by picture (Ulyanov et al.
   * 2017), `batch` over all pictures of a batch, `stored` by means and variances that are parameters (`<name>.mean`,
   * `<name>.variance`), as batch normalisation is applied. `styles`: a row of scales and shifts for each style, blended
   * by the input `styles` (Dumoulin et al. 2017).
   */
  | {
      readonly kind: 'norm';
      readonly name: string;
      readonly over: 'instance' | 'batch' | 'stored';
      /** Added to the variance. Default 1e-5. */
      readonly epsilon?: number;
      /** Whether it is scaled and shifted. Default: true. */
      readonly affine?: boolean;
      readonly styles?: number;
    }
  | { readonly kind: 'relu' | 'tanh' | 'sigmoid' }
  | { readonly kind: 'leaky'; readonly slope: number }
  /** Every value times a number, plus another. */
  | { readonly kind: 'rescale'; readonly times: number; readonly plus: number }
  /** What the layers make of a map, added to the map; cropped to its middle where they take pixels off its sides. */
  | { readonly kind: 'residual'; readonly layers: readonly Layer[] };

/** A parameter that a network needs: its name, its shape (filters lie as [h,w,in,out]) and what it is for. */
export interface ParameterOutline {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: 'filter' | 'bias' | 'scale' | 'shift' | 'mean' | 'variance';
  /** Inputs that each output value is a sum of, for initialisation. */
  readonly fanIn: number;
  /** Of filters: their groups, where there are several. */
  readonly groups?: number;
  /** Of filters: those of a transposed convolution, which lie as [h,w,out,in]. */
  readonly transposed?: true;
}

/**
 * All parameters of a chain of layers, in order, and the channels of its result.
 *
 * @param channels - of the map it is given
 * @throws NeckarError when two layers have one name, or groups that do not divide the channels
 */
export function parametersOf(
  layers: readonly Layer[],
  channels = 3,
): { readonly parameters: readonly ParameterOutline[]; readonly channels: number } {
  const parameters: ParameterOutline[] = [];
  const names = new Set<string>();
  const walk = (chain: readonly Layer[], given: number): number => {
    let channels = given;
    for (const layer of chain) {
      if ('name' in layer) {
        if (names.has(layer.name))
          throw new NeckarError(`two layers of a network are named "${layer.name}".`);
        names.add(layer.name);
      }
      if (layer.kind === 'residual') {
        const result = walk(layer.layers, channels);
        if (result !== channels) {
          throw new NeckarError(
            `a residual block makes ${result} channels of ${channels}; they cannot be added.`,
          );
        }
      }
      parameters.push(...ownParameters(layer, channels));
      if (layer.kind === 'convolution' || layer.kind === 'transposed') channels = layer.channels;
    }
    return channels;
  };
  return { channels: walk(layers, channels), parameters };
}

function ownParameters(layer: Layer, channels: number): ParameterOutline[] {
  if (layer.kind === 'convolution' || layer.kind === 'transposed') {
    const { name, size } = layer;
    const groups = layer.kind === 'convolution' ? (layer.groups ?? 1) : 1;
    if (channels % groups !== 0 || layer.channels % groups !== 0) {
      throw new NeckarError(
        `the layer "${name}" makes ${layer.channels} channels of ${channels}; ${groups} groups do not divide them.`,
      );
    }
    // A transposed convolution spreads its input: tfjs keeps its filters as [h,w,out,in].
    const lastTwo =
      layer.kind === 'transposed' ? [layer.channels, channels] : [channels, layer.channels / groups];
    const fanIn = (size * size * channels) / groups;
    const filter: ParameterOutline = {
      name: `${name}.weight`,
      shape: [size, size, ...lastTwo],
      role: 'filter',
      fanIn,
      ...(groups > 1 && { groups }),
      ...(layer.kind === 'transposed' && { transposed: true }),
    };
    return layer.bias === false
      ? [filter]
      : [filter, { name: `${name}.bias`, shape: [layer.channels], role: 'bias', fanIn }];
  }
  if (layer.kind !== 'norm') return [];
  const { name, styles } = layer;
  const shape = styles === undefined ? [channels] : [styles, channels];
  const outline = (role: ParameterOutline['role'], of: readonly number[]): ParameterOutline => ({
    name: `${name}.${role}`,
    shape: of,
    role,
    fanIn: 1,
  });
  return [
    ...(layer.affine === false ? [] : [outline('scale', shape), outline('shift', shape)]),
    ...(layer.over === 'stored' ? [outline('mean', [channels]), outline('variance', [channels])] : []),
  ];
}

/**
 * What a chain of layers makes of a batch of maps.
 *
 * @param maps - [B,H,W,C]
 * @param parameters - by name, of the shapes that `parametersOf` says
 * @param styles - [B,S] or [1,S], weights of the styles of each picture, for conditional norms
 */
export function applyLayers(
  layers: readonly Layer[],
  maps: tf.Tensor4D,
  parameters: NamedTensors,
  styles?: tf.Tensor2D,
): tf.Tensor4D {
  let map = maps;
  for (const layer of layers) map = applyLayer(layer, map, parameters, styles);
  return map;
}

function applyLayer(
  layer: Layer,
  map: tf.Tensor4D,
  parameters: NamedTensors,
  styles: tf.Tensor2D | undefined,
): tf.Tensor4D {
  switch (layer.kind) {
    case 'convolution': {
      const { name, size, stride = 1, surround = 'reflect' } = layer;
      const around = surround === 'none' ? map : surrounded(map, size >> 1, surround);
      const filter = parameters[`${name}.weight`] as tf.Tensor4D;
      const filtered = convolved(around, filter, stride, layer.groups ?? 1);
      return withBias(filtered, parameters[`${name}.bias`]);
    }
    case 'transposed':
      return withBias(transposed(layer, map, parameters), parameters[`${layer.name}.bias`]);
    case 'pad':
      return surrounded(map, layer.by, layer.surround);
    case 'pool':
      return tf.maxPool(map, 2, 2, 'same');
    case 'upsample': {
      const [, height, width] = map.shape;
      const to: [number, number] = [height * layer.factor, width * layer.factor];
      return layer.how === 'nearest'
        ? tf.image.resizeNearestNeighbor(map, to)
        : tf.image.resizeBilinear(map, to, false, true);
    }
    case 'norm':
      return normalized(layer, map, parameters, styles);
    case 'relu':
      return tf.relu(map);
    case 'tanh':
      return tf.tanh(map);
    case 'sigmoid':
      return tf.sigmoid(map);
    case 'leaky':
      return tf.leakyRelu(map, layer.slope);
    case 'rescale':
      return tf.add(tf.mul(map, layer.times), layer.plus) as tf.Tensor4D;
    case 'residual': {
      const added = applyLayers(layer.layers, map, parameters, styles);
      return tf.add(middle(map, added.shape), added) as tf.Tensor4D;
    }
  }
}

function withBias(map: tf.Tensor4D, bias: tf.Tensor | undefined): tf.Tensor4D {
  return bias === undefined ? map : (tf.add(map, bias) as tf.Tensor4D);
}

/** The map with `by` more positions on each side. */
function surrounded(map: tf.Tensor4D, by: number, surround: Exclude<Surround, 'none'>): tf.Tensor4D {
  if (by === 0) return map;
  const paddings = (by: number): [[number, number], [number, number], [number, number], [number, number]] => [
    [0, 0],
    [by, by],
    [by, by],
    [0, 0],
  ];
  if (surround === 'zero') return tf.pad(map, paddings(by));
  if (surround === 'reflect') return tf.mirrorPad(map, paddings(by), 'reflect');
  // A mirror image with the edge is, one position wide, the edge itself.
  let repeated = map;
  for (let i = 0; i < by; i++) repeated = tf.mirrorPad(repeated, paddings(1), 'symmetric');
  return repeated;
}

/** A convolution without surround; in groups: every channel alone, then the sum over those of a group. */
function convolved(map: tf.Tensor4D, filter: tf.Tensor4D, stride: number, groups: number): tf.Tensor4D {
  if (groups === 1) return tf.conv2d(map, filter, stride, 'valid');
  const [, , given, each] = filter.shape;
  const apart = tf.depthwiseConv2d(map, filter, stride, 'valid');
  if (given === groups) return apart;
  const [batch, height, width] = apart.shape;
  const grouped = tf.reshape(apart, [batch * height * width, groups, given / groups, each]);
  return tf.reshape(tf.sum(grouped, 2), [batch, height, width, groups * each]);
}

function transposed(
  { name, size, stride, channels, cut, extra }: Extract<Layer, { kind: 'transposed' }>,
  map: tf.Tensor4D,
  parameters: NamedTensors,
): tf.Tensor4D {
  const [batch, height, width] = map.shape;
  const filter = parameters[`${name}.weight`] as tf.Tensor4D;
  const whole = (extent: number) => (extent - 1) * stride + size;
  // Everything the windows reach, with what is added at the far ends beyond it; then the near sides are cut.
  const spread = tf.conv2dTranspose(
    map,
    filter,
    [batch, whole(height), whole(width), channels],
    stride,
    'valid',
  );
  const beyond = Math.max(0, extra - cut);
  const filled =
    beyond === 0
      ? spread
      : tf.pad(spread, [
          [0, 0],
          [0, beyond],
          [0, beyond],
          [0, 0],
        ]);
  const kept = (extent: number) => whole(extent) - 2 * cut + extra;
  return tf.slice(filled, [0, cut, cut, 0], [batch, kept(height), kept(width), channels]);
}

function normalized(
  layer: Extract<Layer, { kind: 'norm' }>,
  map: tf.Tensor4D,
  parameters: NamedTensors,
  styles: tf.Tensor2D | undefined,
): tf.Tensor4D {
  const { name, over, epsilon = 1e-5 } = layer;
  const affine = layer.affine !== false;
  const [scale, shift] = affine
    ? (['scale', 'shift'] as const).map((role) => ofStyles(layer, parameters[`${name}.${role}`]!, styles))
    : [];
  if (over !== 'stored')
    return normalizedOver(map, over === 'instance' ? [1, 2] : [0, 1, 2], epsilon, scale, shift);
  const variance = tf.add(parameters[`${name}.variance`]!, epsilon);
  const unit = tf.div(tf.sub(map, parameters[`${name}.mean`]!), tf.sqrt(variance)) as tf.Tensor4D;
  return affine ? (tf.add(tf.mul(unit, scale!), shift!) as tf.Tensor4D) : unit;
}

/** The row of each picture's style, or the blend of several: [B,1,1,C]. */
function ofStyles(
  { name, styles: count }: Extract<Layer, { kind: 'norm' }>,
  values: tf.Tensor,
  styles: tf.Tensor2D | undefined,
): tf.Tensor {
  if (count === undefined) return values;
  if (styles === undefined)
    throw new Error(`the norm "${name}" is conditional: it wants weights of ${count} styles`);
  const rows = tf.matMul(styles, values as tf.Tensor2D);
  return tf.reshape(rows, [rows.shape[0], 1, 1, rows.shape[1]!]);
}

/** The first rows and columns of a map: what is left of a picture that strided layers made larger. */
export function cropped(map: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  const [, own, across] = map.shape;
  return own === height && across === width ? map : tf.slice(map, [0, 0, 0, 0], [-1, height, width, -1]);
}

/** The middle of a map, of the size of another. */
function middle(map: tf.Tensor4D, [, height, width]: readonly number[]): tf.Tensor4D {
  const [, own, across] = map.shape;
  if (own === height && across === width) return map;
  const [top, left] = [(own - height!) >> 1, (across - width!) >> 1];
  return tf.slice(map, [0, top, left, 0], [-1, height!, width!, -1]);
}
