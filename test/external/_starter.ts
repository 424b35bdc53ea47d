/** Starts a program that would run for minutes, and waits for it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../src/external/run-command.ts';

const folder = process.argv[2]!;
const scratch = join(folder, 'scratch');
mkdirSync(scratch);
await runCommand({
  words: ['/bin/sh', '-c', 'echo $$ > draft && mv draft pid && exec sleep 300'],
  folder,
  env: process.env,
  timeout: 300,
  scratch,
  onLine: () => {},
  signal: new AbortController().signal,
});
