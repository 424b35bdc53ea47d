import { existsSync } from 'node:fs';
import test, { type TestFn } from 'ava';
import { probeEngine } from '../../src/engines/probe.ts';
import { startEngine } from '../../src/engines/start.ts';
import { testContract } from './contract.ts';

/** Where browsers keep a Vulkan driver in software. It serves where no graphics card does. */
const softwareDrivers = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
].filter(existsSync);

/** Undefined when webgpu can run in this process, else why it cannot. */
async function unavailable(): Promise<string | undefined> {
  const first = await probeEngine('onnx', 'webgpu');
  if (first.starts) return undefined;
  for (const driver of softwareDrivers) {
    // The native library reads this when it looks for drivers, which it has not done yet.
    process.env.VK_ICD_FILENAMES = driver;
    if ((await probeEngine('onnx', 'webgpu')).starts) return undefined;
  }
  return first.reason;
}

const reason = await unavailable();
const engine = () => startEngine({ name: 'onnx', provider: 'webgpu' });
const running = reason === undefined ? engine() : undefined;
testContract(
  (reason === undefined ? test : test.skip) as TestFn,
  reason === undefined ? 'onnx on webgpu' : `(skipped: ${reason}) onnx on webgpu`,
  () => running ?? engine(),
);
