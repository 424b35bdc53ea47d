/** `neckar show`: everything about one trial or training. */

import type { Command } from 'commander';
import { repeatedScores } from '../../metrics/registry.ts';
import type { Score } from '../../metrics/score.ts';
import type { TrialResult } from '../experiment/result.ts';
import type { TrainingResult } from '../experiment/training.ts';
import { bytes, count, plainNumber, roughDuration } from '../platform/format.ts';
import { findWork, show, type WorkHistory } from '../runs/queries.ts';
import { type ExperimentStatus, status, type WorkStatus, workIn } from '../runs/status.ts';
import { kindOf } from '../runs/work.ts';
import { colorOf } from './status.ts';
import { addStored, findStored } from './stored.ts';
import { columns, type Palette, palette, wantsColor } from './terminal.ts';

interface ShowFlags {
  readonly runs: string;
  readonly json?: boolean;
}

/** Gives `neckar show` its arguments, options and action. */
export function defineShow(command: Command): void {
  addStored(command)
    .description(
      'Says everything about one trial, or one training: its settings, attempts, scores and timing.',
    )
    .argument('<trial>', 'the label of a trial or training, or the beginning of its id')
    .option('--json', 'as JSON on stdout')
    .addHelpText(
      'after',
      `
Examples:
  neckar show loss-variants 'town×swirl gram lbfgs'
  neckar show loss-variants 4e9e --json
  neckar show trade-off 'training of johnson'`,
    )
    .action(showTrial);
}

async function showTrial(experiment: string, trial: string, flags: ShowFlags): Promise<void> {
  const { folder } = await findStored(experiment, flags.runs);
  const found = await status(folder);
  const details = await show(findWork(found, trial));
  if (flags.json) process.stdout.write(`${JSON.stringify(details, undefined, 2)}\n`);
  else process.stdout.write(`${linesOf(details, found, palette(wantsColor(process.stdout))).join('\n')}\n`);
}

function linesOf(details: WorkStatus & WorkHistory, found: ExperimentStatus, paint: Palette): string[] {
  const { id, label, state, reason, folder, attempts, quarantined } = details;
  const work = workIn(details);
  const { unit } = kindOf(details);
  const lines = [`${paint.strong(label)} (${id})`, `${colorOf(state, paint)(state)}: ${reason}`, folder];
  lines.push(...relatives(details, found));
  if (work !== undefined) lines.push('', paint.strong('Settings'), JSON.stringify(work.config, undefined, 2));
  if (details.result !== undefined) {
    lines.push(
      '',
      paint.strong('Result'),
      ...(details.kind === 'training'
        ? trainingLines(details.result)
        : trialLines(details.result as TrialResult, paint)),
    );
  }
  lines.push('', paint.strong('Attempts'));
  if (attempts.length === 0) lines.push('none');
  for (const { attempt, folder: where, failure, checkpoint, log } of attempts) {
    const reached = checkpoint === undefined ? '' : `, checkpoint at ${unit} ${checkpoint}`;
    lines.push(`${attempt}: ${where}${reached}`);
    if (failure !== undefined)
      lines.push(paint.bad(`   failed at ${unit} ${failure.evaluation}: ${failure.message}`));
    lines.push(...log.map((line) => paint.faint(`   ${line}`)));
  }
  lines.push(...quarantined.map((name) => `${name} was damaged and set aside`));
  return lines;
}

/** The trainings that a trial needs, and the trials that need a training. */
function relatives(details: WorkStatus, { trials, trainings }: ExperimentStatus): string[] {
  if (details.kind === 'training') {
    const needing = trials.filter(({ id }) => details.neededBy.includes(id));
    return needing.map(({ id, label, state }) => `needed by ${label} (${id}), ${state}`);
  }
  const needs = details.trial?.needs ?? [];
  const needed = trainings.filter(({ id }) => needs.includes(id));
  return needed.map(({ id, label, state }) => `needs the ${label} (${id}), ${state}`);
}

function trialLines(result: TrialResult, paint: Palette): string[] {
  const { config, final, identity, scores } = result;
  const repeated = repeatedScores([scores]);
  return [
    costText(result),
    `${config.method === undefined || config.method.kind === 'network' ? '' : 'measured with '}${identity.engine} on ${identity.provider}, ${identity.device}`,
    ...columns([
      ...(config.method === undefined ? [['total', plainNumber(final.total), '']] : []),
      ...termRows(final),
    ]),
    '',
    paint.strong('Scores'),
    ...columns(
      Object.entries(scores)
        .filter(([id]) => !repeated.has(id))
        .map(([, score]) => [score.label, scoreText(score)]),
    ),
  ];
}

function trainingLines({
  cost,
  timing,
  identity,
  weights,
  final,
  config,
  samples,
}: TrainingResult): string[] {
  const beside = timing.shared ? '; other work ran beside it' : '';
  return [
    `${count(cost.steps, 'step')}, ${count(cost.pictures, 'picture')} of ${count(config.pictures.length, 'file')}, ${roughDuration(timing.total)} (${roughDuration(timing.perStep)} each${beside}), ${bytes(timing.peakMemory)}`,
    `${identity.engine} on ${identity.provider}, ${identity.device}`,
    `${weights.path}: ${count(weights.parameters, 'parameter')}, ${bytes(weights.bytes)}; ${count(samples.length, 'sample picture')}`,
    ...columns([['total', plainNumber(final.total), ''], ...termRows(final)]),
  ];
}

function termRows({ terms }: TrialResult['final'] | TrainingResult['final']): string[][] {
  return Object.entries(terms).map(([name, { value, weighted }]) => [
    name,
    plainNumber(value),
    `weighted ${plainNumber(weighted)}`,
  ]);
}

function costText({ timing, cost, network }: TrialResult): string {
  const beside = timing.shared ? '; other trials ran beside it' : '';
  if (timing.known === 'nothing') return 'made elsewhere: its cost is unknown';
  if (network !== undefined) {
    const { parameters, pass, training } = network;
    const trained =
      training === undefined
        ? ''
        : `; trained here in ${roughDuration(training.seconds)}, ${training.steps} steps`;
    return `${roughDuration(pass)} a pass, ${roughDuration(timing.total)} with loading it, ${bytes(timing.peakMemory)}; ${plainNumber(parameters)} parameters, ${bytes(network.bytes)}${trained}${beside}`;
  }
  if (timing.known === 'total') return `${roughDuration(timing.total)}, the time its command ran${beside}`;
  const each = timing.perEvaluation > 0 ? [`${roughDuration(timing.perEvaluation)} each`] : [];
  const about = [...each, ...(timing.shared ? ['other trials ran beside it'] : [])];
  return `${cost.evaluations} evaluations, ${cost.steps} steps, ${roughDuration(timing.total)}${about.length > 0 ? ` (${about.join('; ')})` : ''}, ${bytes(timing.peakMemory)}`;
}

/** A score, or why there is none. */
export function scoreText(score: Score | undefined): string {
  if (score === undefined) return 'not measured';
  return 'refused' in score ? score.refused : `${plainNumber(score.value)} (${score.better} is better)`;
}
