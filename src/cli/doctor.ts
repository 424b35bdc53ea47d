/** `neckar doctor`: what can run on this machine, and why the rest cannot. */

import { execFile } from 'node:child_process';
import { availableParallelism, freemem, totalmem } from 'node:os';
import type { Command } from 'commander';
import { type Probe, probeEngines } from '../engines/probe.ts';
import { bytes } from '../platform/format.ts';
import { type Palette, palette, wantsColor } from './terminal.ts';

/** Gives `neckar doctor` its arguments, options and action. */
export function defineDoctor(command: Command): void {
  command
    .description(
      'Starts every engine on every provider and says which work here, and why the others do not; looks for Slurm.',
    )
    .option('--json', 'as JSON on stdout')
    .addHelpText('after', '\nExamples:\n  neckar doctor\n  neckar doctor --json')
    .action(doctor);
}

async function doctor(flags: { readonly json?: boolean }): Promise<void> {
  const probes = await probeEngines();
  const slurm = await probeSlurm();
  const machine = {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    memory: totalmem(),
    freeMemory: freemem(),
  };
  if (flags.json)
    process.stdout.write(`${JSON.stringify({ machine, engines: probes, slurm }, undefined, 2)}\n`);
  else {
    const paint = palette(wantsColor(process.stdout));
    const lines = [
      `Node ${machine.node}, ${machine.platform}, ${machine.cores} cores, ${bytes(machine.memory)} of memory (${bytes(machine.freeMemory)} free)`,
      '',
      ...probes.flatMap((probe) => probeLines(probe, paint)),
      '',
      `${slurm.starts ? paint.good('✓') : paint.faint('✗')} ${'slurm'.padEnd(24)} ${slurm.words}`,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  if (!probes.some((probe) => probe.starts)) process.exitCode = 1;
}

export interface SlurmProbe {
  readonly starts: boolean;
  /** Its version, such as `slurm 22.05.8`, or why it does not answer. */
  readonly words: string;
}

/** Asks for `sbatch --version`; `environment` says where it is looked for (default: as this process). */
export function probeSlurm(environment: NodeJS.ProcessEnv = process.env): Promise<SlurmProbe> {
  return new Promise((resolve) => {
    execFile('sbatch', ['--version'], { timeout: 10_000, env: environment }, (error, stdout, stderr) => {
      if (error === null) return resolve({ starts: true, words: stdout.trim() });
      const absent = error.code === 'ENOENT';
      const said = stderr.trim().split('\n')[0] || error.message;
      const words = absent
        ? 'sbatch is not in PATH; "--launcher slurm" works on machines that have it.'
        : `sbatch is here, but does not answer (${said}). Check slurm.conf, or set SLURM_CONF.`;
      resolve({ starts: false, words });
    });
  });
}

function probeLines(probe: Probe, paint: Palette): string[] {
  const name = `${probe.engine} on ${probe.provider}`.padEnd(24);
  if (!probe.starts) return [`${paint.faint('✗')} ${name} ${probe.reason}`];
  const { device, versions } = probe.identity;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [`${paint.good('✓')} ${name} ${device} ${paint.faint(`(${packages.join(', ')})`)}`];
}
