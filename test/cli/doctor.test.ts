import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { probeSlurm } from '../../src/cli/doctor.ts';

const sbatch = (t: { teardown(undo: () => void): void }, script?: string): NodeJS.ProcessEnv => {
  const folder = mkdtempSync(join(tmpdir(), 'neckar-doctor-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  if (script !== undefined) {
    writeFileSync(join(folder, 'sbatch'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'sbatch'), 0o755);
  }
  return { PATH: folder };
};

test('says which Slurm answers', async (t) => {
  const probe = await probeSlurm(sbatch(t, 'echo "slurm 23.11.4"'));
  t.deepEqual(probe, { starts: true, words: 'slurm 23.11.4' });
});

test('tells a Slurm that is absent from one that has no configuration', async (t) => {
  const absent = await probeSlurm(sbatch(t));
  t.false(absent.starts);
  t.regex(absent.words, /not in PATH/);
  const silent = await probeSlurm(sbatch(t, 'echo "sbatch: error: no config" >&2\nexit 1'));
  t.false(silent.starts);
  t.regex(silent.words, /does not answer \(sbatch: error: no config\)/);
});
