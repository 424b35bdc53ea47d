/** The compiled engine: a function traced into one ONNX graph and run by onnxruntime. */
import { NeckarError } from '../../errors.ts';
import type { Engine } from '../engine.ts';

/** Execution providers, in the order a person would try them. */
export const onnxProviders = ['cpu', 'webgpu', 'cuda'] as const;
export type OnnxProvider = (typeof onnxProviders)[number];

/**
 * Starts the compiled engine on one execution provider.
 * @throws NeckarError when the provider cannot run here, with the reason and the fix
 */
export async function startOnnx(provider: OnnxProvider, _threads: number | undefined): Promise<Engine> {
  throw new NeckarError(`onnx cannot run on ${provider} yet.`);
}
