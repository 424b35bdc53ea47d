/**
 * A process of its own for tests, told what to do by a JSON argument: `run` and `work` are what the command line does, `execute`
 * goes through all trials in itself. Prints one JSON line at its end.
 */
import { executeWork } from '../../src/runs/execute.ts';
import { faultFromEnvironment } from '../../src/runs/faults.ts';
import { diskFiles } from '../../src/runs/files.ts';
import { startHeart } from '../../src/runs/heart.ts';
import { type ExperimentPlan, type RunOptions, runExperiment } from '../../src/runs/run.ts';
import { readPlan } from '../../src/runs/store.ts';
import { takePart } from '../../src/runs/take-part.ts';
import { allWork } from '../../src/runs/work.ts';
import { performTraining, performTrial } from './fake-trial.ts';

export type ChildTask =
  | { readonly task: 'run'; readonly plan: ExperimentPlan; readonly options: RunOptions }
  | { readonly task: 'work'; readonly name: string; readonly options: RunOptions }
  | {
      readonly task: 'execute';
      readonly folder: string;
      readonly leaseSeconds: number;
      readonly neighbors: string;
    };

const task = JSON.parse(process.argv[2]!) as ChildTask;
if (task.task !== 'execute') {
  const stop = new AbortController();
  const kill = new AbortController();
  process.on('SIGINT', () => (stop.signal.aborted ? kill : stop).abort(new Error('interrupted')));
  let exitCode: number;
  try {
    const options: RunOptions = {
      ...task.options,
      stop: stop.signal,
      kill: kill.signal,
      onEvent: (event) => console.log(JSON.stringify(event)),
    };
    const summary = await (task.task === 'run'
      ? runExperiment(task.plan, options)
      : takePart(task.name, options));
    console.log(JSON.stringify(summary));
    exitCode = summary.exitCode;
  } catch (error) {
    console.log(
      JSON.stringify({ type: 'error', name: (error as Error).name, message: (error as Error).message }),
    );
    exitCode = (error as { exitCode?: number }).exitCode ?? 70;
  }
  process.exitCode = exitCode;
} else {
  const files = diskFiles(faultFromEnvironment('worker'));
  const heart = startHeart(task.leaseSeconds / 15);
  const work = allWork(await readPlan(files, task.folder));
  const endings: string[] = [];
  for (let open = true; open; ) {
    open = false;
    for (const one of work) {
      const { kind } = await executeWork(one, {
        files,
        heart,
        experimentFolder: task.folder,
        perform: { performTrial, performTraining },
        signal: new AbortController().signal,
        command: '',
        neighbors: task.neighbors,
      });
      if (kind !== 'done-before') endings.push(kind);
      open ||= kind === 'held' || kind === 'early';
    }
  }
  console.log(JSON.stringify({ endings }));
  process.exit(0);
}
