/** Parameters of networks in files: Neckar's own, under the network's names, and published ones of any format. */
import { didYouMean, NeckarError } from '../errors.ts';
import type { NamedValues, TensorValue } from '../tensor.ts';
import { sizeOf } from '../weights/files.ts';
import { encodeSafetensors, shapeText } from '../weights/safetensors.ts';
import { openTensorFile, type TensorFile } from '../weights/tensor-file.ts';
import type { Checkpoint, NetworkSpec } from './define.ts';
import type { ParameterOutline } from './layers.ts';
import { networks } from './registry.ts';

/** What a file holds for a network. */
export interface ReadParameters {
  readonly parameters: NamedValues;
  /** Of the file. */
  readonly bytes: number;
}

/**
 * The parameters of a network from one file: under the network's own names and layouts ([h,w,in,out]), or as a published
 * checkpoint that the network knows.
 *
 * @throws NeckarError when the file is missing, broken or another network's, when a parameter is missing or has another
 *   shape (both are named), or holds a value that is no finite number
 */
export async function readParameters(spec: NetworkSpec, path: string): Promise<ReadParameters> {
  const file = await openTensorFile(path);
  try {
    const parameters = await parametersIn(file, spec);
    checkFinite(path, parameters);
    return { parameters, bytes: await sizeOf(path) };
  } finally {
    await file.close();
  }
}

/**
 * Parameters as the bytes of a safetensors file, with the network's name and settings, by which it is known again.
 * @param values - by name, all that the network needs
 */
export function encodeParameters(
  spec: NetworkSpec,
  values: NamedValues,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return encodeSafetensors(encodedTensors(spec, values), { ...metadata, ...networkMetadata(spec) });
}

/** A network's parameters in their order, as they lie in files. */
export function encodedTensors(spec: NetworkSpec, values: NamedValues): Map<string, TensorValue> {
  return new Map(outlinesOf(spec).map(({ name }) => [name, values[name]!]));
}

/** What a file of parameters says of whose they are. */
export function networkMetadata({ name, ...settings }: NetworkSpec): Record<string, string> {
  return { network: name, settings: JSON.stringify(settings) };
}

/** The parameters that a network with these settings needs, in order. */
export function outlinesOf({ name, ...settings }: NetworkSpec): readonly ParameterOutline[] {
  return networks.get(name).parameters(settings);
}

/**
 * The published kind of file whose tensors have these names.
 * @param wanted - the network whose it is to be; default: any
 */
export function checkpointWith(
  names: ReadonlySet<string>,
  wanted?: string,
): { readonly network: string; readonly checkpoint: Checkpoint } | undefined {
  for (const { name, checkpoints = [] } of wanted === undefined ? networks.all() : [networks.get(wanted)]) {
    const checkpoint = checkpoints.find((one) => one.matches(names));
    if (checkpoint !== undefined) return { network: name, checkpoint };
  }
  return undefined;
}

/** The floating-point tensors of a file. */
export async function tensorsOf(file: TensorFile): Promise<Map<string, TensorValue>> {
  const tensors = new Map<string, TensorValue>();
  for (const [name, { dtype }] of file.entries) {
    if (/^B?F\d+$/.test(dtype)) tensors.set(name, await file.read(name));
  }
  return tensors;
}

async function parametersIn(file: TensorFile, spec: NetworkSpec): Promise<NamedValues> {
  const { network } = file.metadata;
  const outlines = outlinesOf(spec);
  // Encoders' files name their network as well, and one of ours may be read by another of its kind.
  if (network !== undefined && network !== spec.name && networks.find(network) !== undefined) {
    throw new NeckarError(
      `${file.path} holds parameters of the network ${network}${firstDifference(file, outlines)}. Take the network ${network}, or give it parameters of ${spec.name}.`,
    );
  }
  const foreign = outlines.some(({ name }) => !file.entries.has(name));
  const published =
    foreign && network === undefined ? checkpointWith(new Set(file.entries.keys())) : undefined;
  if (published !== undefined) return await convertedFor(spec, published, file);
  const misfit = outlines.find(({ name, shape }) => shapeIn(file, name) !== shapeText(shape));
  if (misfit !== undefined) throw misfitError(file, spec, misfit);
  const values: NamedValues = {};
  for (const { name } of outlines) values[name] = await file.read(name);
  return values;
}

async function convertedFor(
  spec: NetworkSpec,
  { network, checkpoint }: NonNullable<ReturnType<typeof checkpointWith>>,
  file: TensorFile,
): Promise<NamedValues> {
  if (network !== spec.name) {
    throw new NeckarError(
      `${file.path} holds parameters of the network ${network} (${checkpoint.name})${firstDifference(file, outlinesOf(spec))}. Take the network ${network}, or give it parameters of ${spec.name}.`,
    );
  }
  const { settings, parameters } = checkpoint.convert(await tensorsOf(file));
  const { name: _, ...own } = spec;
  const wrong = Object.entries(settings).filter(
    ([key, value]) => JSON.stringify(own[key]) !== JSON.stringify(value),
  );
  if (wrong.length === 0) return parameters;
  const written = wrong.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ');
  throw new NeckarError(
    `${file.path} (${checkpoint.name}) is of other settings of ${network}: write ${network}({ ${written} }), or bring it in with "neckar networks import", which keeps them with it.`,
  );
}

function misfitError(file: TensorFile, spec: NetworkSpec, { name, shape }: ParameterOutline): NeckarError {
  const found = shapeIn(file, name);
  const what = `parameter ${name} should have the shape ${shapeText(shape)}, ${found === undefined ? 'and is missing' : `found ${found}`}`;
  const said = file.metadata.settings;
  const hint =
    said !== undefined
      ? `It is of the settings ${said}.`
      : found === undefined
        ? `${didYouMean(name, file.entries.keys())}Bring published files in with "neckar networks import", which gives their tensors these names.`
        : 'Check the settings of the network.';
  return new NeckarError(`${file.path} does not hold parameters of this ${spec.name}: ${what}. ${hint}`);
}

/** `: conv1.weight [9, 9, 3, 32], expected [9, 9, 3, 16]` where both have a parameter of one name. */
function firstDifference(file: TensorFile, outlines: readonly ParameterOutline[]): string {
  const { name, shape } =
    outlines.find((one) => file.entries.has(one.name) && shapeIn(file, one.name) !== shapeText(one.shape)) ??
    outlines[0] ??
    {};
  if (name === undefined) return '';
  const found = shapeIn(file, name);
  return `: parameter ${name} should have the shape ${shapeText(shape!)}, ${found === undefined ? 'and is missing' : `found ${found}`}`;
}

function shapeIn({ entries }: TensorFile, name: string): string | undefined {
  const entry = entries.get(name);
  return entry && shapeText(entry.shape);
}

function checkFinite(path: string, parameters: NamedValues): void {
  for (const [name, { data }] of Object.entries(parameters)) {
    if (data.every((value: number) => Number.isFinite(value))) continue;
    throw new NeckarError(
      `${path}: parameter ${name} holds values that are no finite numbers. Fetch the file again, or train anew.`,
    );
  }
}
