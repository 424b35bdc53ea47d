/**
 * `npm run setup:gpu`: the one step that fetches binaries from outside the package registry, because installs run
 * with scripts off. Runs the install scripts of the two packages that have a native part for NVIDIA cards.
 */
import { spawnSync } from 'node:child_process';

const parts = [
  {
    package: 'onnxruntime-node',
    what: 'the CUDA provider of onnxruntime (CUDA 12 with cuDNN 9)',
    environment: { ONNXRUNTIME_NODE_INSTALL: 'cuda12' },
  },
  {
    package: '@tensorflow/tfjs-node-gpu',
    what: 'the native part of tfjs-node-gpu (libtensorflow 2.9, CUDA 11.2 with cuDNN 8.1)',
    environment: {},
  },
];

let failed = 0;
for (const part of parts) {
  console.log(`Installing ${part.what} …`);
  const { status } = spawnSync(
    'npm',
    ['rebuild', '--ignore-scripts=false', '--foreground-scripts', part.package],
    { stdio: 'inherit', env: { ...process.env, ...part.environment } },
  );
  if (status === 0) continue;
  failed++;
  console.error(
    `neckar: ${part.package}'s own install script failed (see above). It needs the network beyond the package registry; without it Neckar goes on with the other providers.`,
  );
}
console.log('Run "npx neckar doctor" to see what can run here now.');
process.exitCode = failed === 0 ? 0 : 1;
