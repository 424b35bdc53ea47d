/** Plans an experiment in a process of its own, as it is when a person waits for it; prints the seconds. */
import { readFileSync } from 'node:fs';
import type { ExperimentInput } from '../experiment/define.ts';
import { planTrials } from '../experiment/plan.ts';

const experiment = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as ExperimentInput;
const begun = performance.now();
const { trials } = planTrials(experiment);
const seconds = (performance.now() - begun) / 1000;
process.stdout.write(JSON.stringify({ trials: trials.length, seconds }));
