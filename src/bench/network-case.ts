/** What is measured of a network: a step of its training, and a pass. */
import { encoderDefaults, loadEncoder, resolveEncoder } from '../encoders/registry.ts';
import type { Engine, EngineSpec } from '../engines/engine.ts';
import { startEngine } from '../engines/start.ts';
import type { TrainingConfig } from '../experiment/training.ts';
import { createImage, type RgbImage } from '../images/image.ts';
import { type LossInput, resolveLoss } from '../losses/registry.ts';
import { type NetworkSpec, networks } from '../networks/registry.ts';
import { createRandom } from '../random.ts';
import { float32, type tf } from '../tensor.ts';
import { firstParameters } from '../training/parameters.ts';
import { prepareStep } from '../training/problem.ts';
import { stacked } from '../training/style-inputs.ts';
import { peakMemory } from '../transfer/memory.ts';

export type NetworkCase = {
  readonly engine: EngineSpec;
  readonly network: NetworkSpec;
  /** Side of the square pictures. */
  readonly size: number;
  /** Runs after the first. */
  readonly runs: number;
} & ({ readonly kind: 'network-pass' } | { readonly kind: 'training-step'; readonly batch: number });

export interface NetworkMeasurement {
  readonly kind: 'network';
  readonly provider: string;
  /** Of each run after the first. */
  readonly seconds: readonly number[];
  readonly compileSeconds: number;
  readonly peakMemory: number;
}

/** Content at relu3_3 and styles at four layers of VGG-16, as the program of Johnson et al. has it by default. */
export const stepLayers = {
  content: 'conv3_3',
  style: ['conv1_2', 'conv2_2', 'conv3_3', 'conv4_3'],
} as const;

/** VGG-16 with random weights: the arithmetic does not depend on them. */
export const stepEncoder = resolveEncoder({ name: 'vgg16', weights: { random: 1 } });

/** Times a network. */
export async function measureNetwork(networkCase: NetworkCase): Promise<NetworkMeasurement> {
  const engine = await startEngine(networkCase.engine);
  const { run, compileSeconds } =
    networkCase.kind === 'training-step' ? await step(networkCase, engine) : await pass(networkCase, engine);
  const seconds: number[] = [];
  for (let index = 0; index <= networkCase.runs; index++) {
    const begun = performance.now();
    await run(index);
    if (index > 0) seconds.push((performance.now() - begun) / 1000);
  }
  return {
    kind: 'network',
    provider: `${engine.identity.engine}/${engine.identity.provider}`,
    seconds,
    compileSeconds,
    peakMemory: peakMemory(),
  };
}

interface Timed {
  readonly run: (index: number) => Promise<unknown>;
  readonly compileSeconds: number;
}

async function step(
  { network, size, batch, engine: engineSpec }: Extract<NetworkCase, { kind: 'training-step' }>,
  engine: Engine,
): Promise<Timed> {
  const outline = encoderDefaults(stepEncoder);
  const relu = (layer: string) => layer.replace('conv', 'relu');
  const losses: LossInput[] = [
    { type: 'content', layers: [relu(stepLayers.content)] },
    { type: 'gram', layers: stepLayers.style.map(relu), weight: 5 },
    { type: 'variation', weight: 1e-6 },
  ];
  const config: TrainingConfig = {
    network,
    losses: losses.map((loss) => resolveLoss(loss, outline)),
    encoder: stepEncoder,
    engine: engineSpec,
    optimizer: { name: 'adam', learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    pictures: [],
    held: [],
    styles: [],
    size,
    styleSize: size,
    batch,
    augment: { mirror: false, recolor: 0 },
    budget: { steps: 1 },
    samples: [],
    seed: 0,
  };
  const { layout, start } = await firstParameters(network, 0, undefined);
  const encoder = await loadEncoder(stepEncoder);
  const problem = await prepareStep({ config, engine, encoder, layout, styles: [noise(size, 1)] });
  const contents = stacked(Array.from({ length: batch }, (_, index) => noise(size, 2 + index)));
  return {
    compileSeconds: problem.compileSeconds,
    run: (index) => problem.evaluate(start, contents, index),
  };
}

async function pass({ network, size }: NetworkCase, engine: Engine): Promise<Timed> {
  const { name, ...settings } = network;
  const definition = networks.get(name);
  const { layout, start } = await firstParameters(network, 0, undefined);
  const content = float32([1, size, size, 3], noise(size, 1).data);
  const program = await engine.compile(
    ({ content: given, ...parameters }) => ({
      picture: definition.apply(settings, { content: given as tf.Tensor4D }, parameters),
    }),
    {
      inputs: { content: { shape: content.shape } },
      constants: layout.views(start),
      label: `${name} ${size}²`,
      frugal: true,
    },
  );
  return { compileSeconds: program.compileSeconds, run: () => program.run({ content }) };
}

function noise(size: number, seed: number): RgbImage {
  const random = createRandom(seed);
  return createImage(size, size, () => [random.uniform(), random.uniform(), random.uniform()]);
}
