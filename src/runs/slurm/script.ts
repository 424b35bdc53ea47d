/** The batch script that every task of a job array runs. */
import { moduleBeside, nodeArguments } from '../../platform/modules.ts';
import { quoted } from '../../platform/shell.ts';

/** With which a task says that it was told to stop before its trials were done. EX_TEMPFAIL of sysexits.h. */
export const interruptedStatus = 75;

/**
 * The script's text. It starts the task as its child and passes signals on: SIGUSR1, Slurm's warning ahead of the time
 * limit, and SIGTERM, which comes with preemption and cancellation. The task then keeps its checkpoints and ends; if
 * Slurm still counts the job as running, nobody has cancelled it, and it goes back to the queue.
 *
 * The job is named as `<array>_<task>`: the last task of an array has the array's own id, by which Slurm would
 * understand all of them.
 */
export function jobScript(options: {
  readonly experimentFolder: string;
  readonly token: string;
  readonly setup: readonly string[];
}): string {
  const command = [process.execPath, ...nodeArguments(moduleBeside(import.meta.url, './task'))];
  const parameters = [options.experimentFolder, options.token];
  return `#!/bin/sh
# Runs the trials of one task: those on its line of tasks.jsonl.
${options.setup.map((line) => `${line}\n`).join('')}worker=
signalled=
pass_on() {
  signalled=yes
  if [ -n "$worker" ]; then kill -TERM "$worker" 2>/dev/null; fi
}
trap pass_on USR1 TERM INT
${[...command, ...parameters].map(quoted).join(' ')} "$SLURM_ARRAY_TASK_ID" &
worker=$!
if [ -n "$signalled" ]; then pass_on; fi
# A signal ends the waiting, not the worker.
while :; do
  wait "$worker"
  status=$?
  kill -0 "$worker" 2>/dev/null || break
done
# ${interruptedStatus}: it stopped in good order; 143: the signal met it before it could listen.
if [ "$status" -ne ${interruptedStatus} ] && ! { [ -n "$signalled" ] && [ "$status" -eq 143 ]; }; then exit "$status"; fi
job="\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"
case "$(scontrol show job "$job")" in
  *JobState=RUNNING*) echo "Back to the queue."; scontrol requeue "$job" && sleep 60 ;;
esac
exit 0
`;
}
