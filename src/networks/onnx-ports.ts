/** Which inputs and outputs of ONNX files the pictures, styles and weights go through. */
import type { ModelFile, ModelPort } from '../engines/onnx/model.ts';
import { didYouMean, NeckarError } from '../errors.ts';
import type { OnnxSettings } from './onnx.ts';
import { type Layout, layoutOf, portText } from './onnx-pictures.ts';

/** A picture's way into or out of a file. */
export interface PicturePort {
  readonly model: ModelFile;
  readonly port: ModelPort;
  readonly layout: Layout;
}

export interface Ports {
  readonly content: PicturePort;
  readonly output: PicturePort;
  readonly style?: PicturePort;
  /** With a file of its own: its output, and the input that this goes into. */
  readonly read?: { readonly output: ModelPort; readonly into: ModelPort };
  readonly weights?: ModelPort;
}

/** @throws NeckarError for an input that is missing, that nothing goes into, or of another rank than a picture's */
export function portsOf(
  { content, style, weights, output }: OnnxSettings,
  main: ModelFile,
  reader?: ModelFile,
): Ports {
  const taken = new Map<string, string>();
  const take = (name: string, key: string): ModelPort => {
    const found = named(main.inputs, name, 'input', main, key);
    taken.set(found.name, key);
    return found;
  };
  // What is named first, so that what is not may be what is left.
  const weightsPort = weights && take(weights.input, 'weights.input');
  if (weightsPort !== undefined) checkWeights(weightsPort, weights!.count, main);
  let contentPort = content.input === undefined ? undefined : take(content.input, 'content.input');
  const styleName = reader === undefined ? style?.input : style!.into;
  const styleKey = reader === undefined ? 'style.input' : 'style.into';
  let stylePort = styleName === undefined ? undefined : take(styleName, styleKey);
  const left = () => main.inputs.filter(({ name }) => !taken.has(name));
  if (contentPort === undefined) {
    const pictures = left().filter(({ shape }) => shape.length === 4);
    // With a style that is a vector of rank 4 as well, the content is the one that has three channels.
    const likely = pictures.filter(({ shape }) => shape[1] === 3 || shape[3] === 3);
    const one = pictures.length === 1 ? pictures : likely;
    if (one.length !== 1) throw ambiguous(main, left(), 'content.input');
    contentPort = take(one[0]!.name, 'content.input');
  }
  if (style !== undefined && stylePort === undefined) {
    if (left().length !== 1) throw ambiguous(main, left(), styleKey);
    stylePort = take(left()[0]!.name, styleKey);
  }
  const [forgotten] = left();
  if (forgotten !== undefined) {
    throw new NeckarError(
      `${main.path} wants the input "${forgotten.name}" ${portText(forgotten)} as well, and nothing says what goes into it: name it as content.input, style.input or weights.input.`,
    );
  }
  return {
    content: pictureAt(main, contentPort, content.layout, 'input'),
    output: pictureAt(
      main,
      only(main.outputs, output.output, 'output', main, 'output.output'),
      output.layout,
      'output',
    ),
    ...(weightsPort && { weights: weightsPort }),
    ...(style !== undefined &&
      reader === undefined && {
        style: pictureAt(main, stylePort!, style.layout, 'input'),
      }),
    ...(style !== undefined &&
      reader !== undefined && {
        style: pictureAt(
          reader,
          only(reader.inputs, style.input, 'input', reader, 'style.input'),
          style.layout,
          'input',
        ),
        read: { output: only(reader.outputs, undefined, 'output', reader, 'style.file'), into: stylePort! },
      }),
  };
}

function pictureAt(
  model: ModelFile,
  port: ModelPort,
  declared: Layout | undefined,
  kind: 'input' | 'output',
): PicturePort {
  return { model, port, layout: layoutOf(port, declared, `the ${kind} "${port.name}" of ${model.path}`) };
}

function named(
  ports: readonly ModelPort[],
  name: string,
  kind: 'input' | 'output',
  { path }: ModelFile,
  key: string,
): ModelPort {
  const found = ports.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = ports.map((one) => one.name);
  throw new NeckarError(
    `network.${key}: ${path} has no ${kind} "${name}". ${didYouMean(name, names)}Its ${kind}s are ${names.join(', ')}.`,
  );
}

function only(
  ports: readonly ModelPort[],
  name: string | undefined,
  kind: 'input' | 'output',
  model: ModelFile,
  key: string,
): ModelPort {
  if (name !== undefined) return named(ports, name, kind, model, key);
  if (ports.length === 1) return ports[0]!;
  throw new NeckarError(
    `${model.path} has ${ports.length} ${kind}s (${ports.map((one) => one.name).join(', ')}): one is expected, so say which is meant as network.${key}.`,
  );
}

function ambiguous({ path }: ModelFile, left: readonly ModelPort[], key: string): NeckarError {
  const said = left.map((one) => `${one.name} ${portText(one)}`).join(', ') || 'none';
  return new NeckarError(`network.${key}: say which input of ${path} is meant; those left are ${said}.`);
}

function checkWeights({ name, shape }: ModelPort, count: number, { path }: ModelFile): void {
  const last = shape.at(-1);
  const fits =
    (shape.length === 1 || shape.length === 2) && (typeof last !== 'number' || last < 1 || last === count);
  if (fits) return;
  throw new NeckarError(
    `the input "${name}" of ${path} has the shape ${portText({ name, shape, type: undefined })}, but weights.count says ${count} styles.`,
  );
}
