/** Any network in an ONNX file, run by onnxruntime as it is. */
import { z } from 'zod';
import type { EngineSpec } from '../engines/engine.ts';
import { type ModelFile, type ModelTensor, openModelFile } from '../engines/onnx/model.ts';
import { NeckarError } from '../errors.ts';
import { cropImage, type RgbImage } from '../images/image.ts';
import { resizeImage } from '../images/resize.ts';
import { formatOf, sizeOf } from '../weights/files.ts';
import { readOnnx } from '../weights/onnx.ts';
import { defineNetwork, type OpenedNetwork, type PassRequest, type PreparedPass } from './define.ts';
import { extend, type Size } from './extend.ts';
import { decodePicture, encodePicture, fixedSize } from './onnx-pictures.ts';
import { type PicturePort, type Ports, portsOf } from './onnx-ports.ts';

const perChannel = z
  .union([z.number().transform((one) => [one, one, one]), z.tuple([z.number(), z.number(), z.number()])])
  .optional();

const coding = {
  range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low !== high, { error: 'black and white are two different values' })
    .describe('the values of black and white, such as [0, 1], [0, 255] or [-1, 1]'),
  mean: perChannel.describe('taken off after that, a number or one for each of its channels; default: 0'),
  std: perChannel
    .refine((all) => all?.every((one) => one > 0) !== false, { error: 'deviations are above 0' })
    .describe('divided by after that; default: 1'),
  layout: z
    .enum(['nchw', 'nhwc'])
    .optional()
    .describe('the order of its axes; default: as its shape in the file tells'),
  channels: z.enum(['rgb', 'bgr']).default('rgb').describe('the order of its channels'),
};

const port = z.string().min(1).optional();

const settings = {
  file: z.string().min(1).describe('the ONNX file'),
  content: z
    .strictObject({ input: port.describe('default: the only input that nothing else names'), ...coding })
    .describe('how the content goes in'),
  style: z
    .strictObject({
      input: port.describe('default: the only input, of style.file, or that nothing else names'),
      size: z
        .int()
        .positive()
        .optional()
        .describe('the style is cut to a square of this side; default: as the file asks'),
      file: z
        .string()
        .min(1)
        .optional()
        .describe('another ONNX file that the style goes into, whose output goes into this one'),
      into: port.describe('with style.file: the input that its output goes into; default: the other input'),
      ...coding,
    })
    .optional()
    .describe('how a style picture goes in; absent: it sees none'),
  weights: z
    .strictObject({
      input: z.string().min(1),
      count: z.int().positive().describe('styles that it has learnt'),
    })
    .optional()
    .describe('the input that says how much of each learnt style is wanted'),
  output: z
    .strictObject({ output: port.describe('default: the only output'), ...coding })
    .describe('how the picture comes out'),
  multipleOf: z
    .int()
    .positive()
    .default(1)
    .describe(
      'what heights and widths must be multiples of; others are extended by reflection and cut again',
    ),
};

export type OnnxSettings = z.output<z.ZodObject<typeof settings>>;

/**
 * A network from a file, whose pictures' ranges and orders are declared: nothing in a file tells them. Where the file
 * asks for a fixed size the content is reduced or enlarged to fit in, extended by reflection, and its picture brought back
 * to the content's size. Two files, one that reads the style and one that makes the picture (Ghiasi et al., BMVC 2017),
 * are written with `style.file`; styles are then blended, and `alpha` mixes the content's own, by what the first gives.
 */
export const onnx = defineNetwork({
  name: 'onnx',
  description:
    'Any ONNX file that makes a picture of a content, and perhaps of a style or of weights of styles.',
  class: 'per-style',
  source: 'the file',
  settings,
  fileSettings: ['file', 'style.file'],
  checkFile: (path) => {
    readOnnx(path);
  },
  classOf: ({ style, weights }) =>
    style !== undefined ? 'any-style' : weights !== undefined ? 'many-styles' : 'per-style',
  abilitiesOf: ({ style, weights }) => ({
    blend: weights !== undefined || style?.file !== undefined,
    alpha: style?.file !== undefined,
  }),
  parameters: () => [],
  styles: ({ weights }) => weights?.count ?? 1,
  multipleOf: ({ multipleOf }) => multipleOf,
  apply() {
    throw new NeckarError(
      'an ONNX file is applied as it is: it can be neither trained nor exported. Take a network that Neckar knows by its layers.',
    );
  },
  open: openOnnxNetwork,
});

async function openOnnxNetwork(chosen: OnnxSettings, engine: EngineSpec): Promise<OpenedNetwork> {
  const paths = [chosen.file, ...(chosen.style?.file === undefined ? [] : [chosen.style.file])];
  let parameters = 0;
  let bytes = 0;
  for (const path of paths) {
    const format = await formatOf(path);
    if (format !== 'onnx') throw new NeckarError(`${path} is no ONNX file, but ${format}.`);
    const { graph } = readOnnx(path);
    parameters += graph.initializer.reduce(
      (sum, { dims }) => sum + dims.reduce((product, extent) => product * extent, 1),
      0,
    );
    bytes += await sizeOf(path);
  }
  const models: ModelFile[] = [];
  try {
    for (const path of paths) models.push(await openModelFile(path, engine));
    const [main, reader] = models as [ModelFile, ModelFile?];
    const ports = portsOf(chosen, main, reader);
    return {
      identity: main.identity,
      parameters,
      bytes,
      prepare: async (request) => preparePass(chosen, ports, request),
      dispose: async () => {
        for (const model of models) await model.dispose();
      },
    };
  } catch (error) {
    for (const model of models) await model.dispose();
    throw error;
  }
}

function preparePass(chosen: OnnxSettings, ports: Ports, request: PassRequest): PreparedPass {
  const { content, output } = ports;
  const fixed = fixedSize(content.port, content.layout);
  const own = { width: request.content.width, height: request.content.height };
  const shown = fixed === undefined ? request.content : fitted(request.content, fixed);
  const fed = fixed ?? {
    width: Math.ceil(own.width / chosen.multipleOf) * chosen.multipleOf,
    height: Math.ceil(own.height / chosen.multipleOf) * chosen.multipleOf,
  };
  const picture = { ...fed, data: extend(shown.data, shown, fed, 3) };
  const inputs: Record<string, ModelTensor> = {
    [content.port.name]: encodePicture(picture, content.layout, chosen.content),
  };
  if (ports.weights !== undefined) {
    const { shape, name } = ports.weights;
    const data = Float32Array.from(request.weights!);
    inputs[name] = { shape: shape.length === 1 ? [data.length] : [1, data.length], data };
  }
  const styleOf = (image: RgbImage): ModelTensor =>
    encodePicture(square(image, ports.style!, chosen.style?.size), ports.style!.layout, chosen.style!);
  const styles = ports.style === undefined ? [] : request.styles.map(styleOf);
  if (ports.style !== undefined && ports.read === undefined) inputs[ports.style.port.name] = styles[0]!;
  const { alpha = 1 } = request;
  const mixed = [
    ...styles.map((style, i) => ({
      style,
      weight: alpha * (request.weights?.[i] ?? (i === 0 ? 1 : 0)),
    })),
    ...(alpha < 1 && ports.style !== undefined
      ? [{ style: styleOf(request.content), weight: 1 - alpha }]
      : []),
  ].filter(({ weight }) => weight > 0);
  return {
    compileSeconds: 0,
    async run() {
      const given = { ...inputs };
      if (ports.read !== undefined) given[ports.read.into.name] = await readStyles(ports, mixed);
      const made = await output.model.run(given, output.port.name);
      const what = `the output "${output.port.name}" of ${output.model.path}`;
      const decoded = decodePicture(made, output.layout, chosen.output, what);
      const whole = resizeImage(decoded, fed.width, fed.height);
      return resizeImage(cropImage(whole, 0, 0, shown.width, shown.height), own.width, own.height);
    },
    dispose: async () => {},
  };
}

/** What the first file makes of each style, mixed. */
async function readStyles(
  { style, read }: Ports,
  mixed: readonly { readonly style: ModelTensor; readonly weight: number }[],
): Promise<ModelTensor> {
  let sum: ModelTensor | undefined;
  for (const { style: picture, weight } of mixed) {
    const one = await style!.model.run({ [style!.port.name]: picture }, read!.output.name);
    const before = sum;
    sum = {
      shape: one.shape,
      data: one.data.map((value, i) => value * weight + (before?.data[i] ?? 0)),
    };
  }
  return sum!;
}

/** The picture as large as fits into a size. */
function fitted(image: RgbImage, { width, height }: Size): RgbImage {
  const factor = Math.min(width / image.width, height / image.height);
  return resizeImage(
    image,
    Math.min(width, Math.max(1, Math.round(image.width * factor))),
    Math.min(height, Math.max(1, Math.round(image.height * factor))),
  );
}

/** A style at the size that its file asks for, or the square that is wished: its middle, as much as there is room for. */
function square(image: RgbImage, { port, layout }: PicturePort, side: number | undefined): RgbImage {
  const size = fixedSize(port, layout) ?? (side === undefined ? undefined : { width: side, height: side });
  if (size === undefined) return image;
  const { width, height } = size;
  const factor = Math.min(image.width / width, image.height / height);
  const [across, down] = [width, height].map((extent) => Math.max(1, Math.round(extent * factor)));
  const part = { width: Math.min(across!, image.width), height: Math.min(down!, image.height) };
  const [left, top] = [(image.width - part.width) >> 1, (image.height - part.height) >> 1];
  const middle = cropImage(image, left, top, part.width, part.height);
  return resizeImage(middle, width, height);
}
