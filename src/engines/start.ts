/** Starting an engine by name. */
import { didYouMean, messageOf, NeckarError } from '../errors.ts';
import type { Engine, EngineSpec } from './engine.ts';
import { onnxProviders, startOnnx } from './onnx/start.ts';
import { startTensorflow, tensorflowProviders } from './tensorflow.ts';

/** Every engine's providers, in the order `auto` tries them. */
export const providersOf = { onnx: onnxProviders, tensorflow: tensorflowProviders } as const;

/**
 * Starts the engine a specification asks for: `auto` is onnx on cpu and, where that cannot start, tensorflow on
 * the first provider that loads.
 *
 * @throws NeckarError for an unknown engine or provider, and when what was asked for cannot run here: the message
 *   says why and what would help
 */
export async function startEngine(spec: EngineSpec): Promise<Engine> {
  const { name, provider = 'auto', threads } = spec;
  switch (name) {
    case 'auto':
      if (provider !== 'auto') {
        throw new NeckarError(`engine.provider "${provider}" needs an engine: set engine.name as well.`);
      }
      return firstToStart([
        () => startOnnx('cpu', threads),
        ...tensorflowProviders.map((candidate) => () => startTensorflow(candidate, threads)),
      ]);
    case 'onnx':
      return startOnnx(provider === 'auto' ? 'cpu' : known('onnx', provider, onnxProviders), threads);
    case 'tensorflow':
      if (provider !== 'auto') {
        return startTensorflow(known('tensorflow', provider, tensorflowProviders), threads);
      }
      return firstToStart(tensorflowProviders.map((candidate) => () => startTensorflow(candidate, threads)));
    default: {
      const names = ['auto', ...Object.keys(providersOf)];
      throw new NeckarError(
        `unknown engine "${name}". ${didYouMean(String(name), names)}Known: ${names.join(', ')}.`,
      );
    }
  }
}

function known<T extends string>(engine: string, provider: string, providers: readonly T[]): T {
  const found = providers.find((candidate) => candidate === provider);
  if (found !== undefined) return found;
  throw new NeckarError(
    `unknown provider "${provider}" of engine ${engine}. ${didYouMean(provider, providers)}` +
      `Known: auto, ${providers.join(', ')}.`,
  );
}

async function firstToStart(starts: readonly (() => Promise<Engine>)[]): Promise<Engine> {
  const reasons: string[] = [];
  for (const start of starts) {
    try {
      return await start();
    } catch (thrown) {
      // A wrong setting stays wrong on every provider.
      if (thrown instanceof NeckarError && thrown.message.startsWith('engine.')) throw thrown;
      reasons.push(messageOf(thrown));
    }
  }
  throw new NeckarError(`no engine can start here: ${reasons.join(' ')}`, { exitCode: 1 });
}
