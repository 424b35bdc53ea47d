/** The process behind a probe: `probe-child.ts <engine> <provider>` prints one line of JSON. */
import { messageOf } from '../errors.ts';
import { float32, tf } from '../tensor.ts';
import type { Engine, EngineName } from './engine.ts';

const [engine, provider] = process.argv.slice(2) as [EngineName, string];

/** A convolution of ones and a product, whose results are plain to see: 18 inside, and 36. */
async function computes(started: Engine): Promise<void> {
  const program = await started.compile(
    ({ x }) => {
      const filtered = tf.relu(tf.conv2d(x as tf.Tensor4D, tf.ones([3, 3, 2, 2]), 1, 'valid'));
      const rows = tf.reshape(filtered, [-1, 2]) as tf.Tensor2D;
      return { filtered, product: tf.mul(tf.matMul(rows, rows, true), 1 / 9) };
    },
    { inputs: { x: { shape: [1, 3, 3, 2] } }, label: 'probe' },
  );
  const { filtered, product } = await program.run({ x: float32([1, 3, 3, 2], new Float32Array(18).fill(1)) });
  await program.dispose();
  if (filtered?.data[0] !== 18 || Math.abs(product!.data[0]! - 36) > 1e-3) {
    throw new Error(
      `${engine} computes wrong numbers on ${provider}. Update its driver, or use another provider.`,
    );
  }
}

try {
  process.env.NECKAR_PROBE = '1';
  const { startEngine } = await import('./start.ts');
  const started = await startEngine({ name: engine, provider });
  await computes(started);
  process.stdout.write(`${JSON.stringify({ starts: true, identity: started.identity })}\n`);
  await started.dispose();
} catch (thrown) {
  process.stdout.write(`${JSON.stringify({ starts: false, reason: messageOf(thrown) })}\n`);
}
// Native threads must not keep the process alive.
process.exit(0);
