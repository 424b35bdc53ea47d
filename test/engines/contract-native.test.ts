import test from 'ava';
import { startEngine } from '../../src/engines/start.ts';
import { messageOf } from '../../src/errors.ts';
import { testContract } from './contract.ts';

const providers = ['node-gpu', 'node'] as const;

/** The first native addon that loads, or why none does. */
async function nativeEngine() {
  const reasons: string[] = [];
  for (const provider of providers) {
    try {
      return await startEngine({ name: 'tensorflow', provider });
    } catch (error) {
      reasons.push(messageOf(error));
    }
  }
  return reasons.join(' ');
}

const started = await nativeEngine();
if (typeof started === 'string') {
  test.skip(`the engine contract on TensorFlow's native addon: ${started} See npm run setup:tensorflow.`, () => {});
} else {
  const { provider, device } = started.identity;
  testContract(test, `tensorflow on ${provider}, ${device}`, () => Promise.resolve(started));
}
