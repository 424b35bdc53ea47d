/** `neckar show`: everything about one trial. */

import type { Command } from 'commander';
import { repeatedScores } from '../../metrics/registry.ts';
import type { Score } from '../../metrics/score.ts';
import type { TrialResult } from '../experiment/result.ts';
import { bytes, plainNumber, roughDuration } from '../platform/format.ts';
import { findTrial, show, type TrialDetails } from '../runs/queries.ts';
import { status } from '../runs/status.ts';
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
    .description('Says everything about one trial: its settings, attempts, scores and timing.')
    .argument('<trial>', 'its label, or the beginning of its id')
    .option('--json', 'as JSON on stdout')
    .addHelpText(
      'after',
      `
Examples:
  neckar show loss-variants 'town×swirl gram lbfgs'
  neckar show loss-variants 4e9e --json`,
    )
    .action(showTrial);
}

async function showTrial(experiment: string, trial: string, flags: ShowFlags): Promise<void> {
  const { folder } = await findStored(experiment, flags.runs);
  const details = await show(findTrial(await status(folder), trial));
  if (flags.json) process.stdout.write(`${JSON.stringify(details, undefined, 2)}\n`);
  else process.stdout.write(`${linesOf(details, palette(wantsColor(process.stdout))).join('\n')}\n`);
}

function linesOf(details: TrialDetails, paint: Palette): string[] {
  const { id, label, state, reason, folder, trial, result, attempts, quarantined } = details;
  const lines = [`${paint.strong(label)} (${id})`, `${colorOf(state, paint)(state)}: ${reason}`, folder];
  if (trial !== undefined)
    lines.push('', paint.strong('Settings'), JSON.stringify(trial.config, undefined, 2));
  if (result !== undefined) {
    const { config, final, identity, scores } = result;
    const repeated = repeatedScores([scores]);
    lines.push(
      '',
      paint.strong('Result'),
      costText(result),
      `${config.method === undefined || config.method.kind === 'network' ? '' : 'measured with '}${identity.engine} on ${identity.provider}, ${identity.device}`,
      ...columns([
        ...(config.method === undefined ? [['total', plainNumber(final.total), '']] : []),
        ...Object.entries(final.terms).map(([name, { value, weighted }]) => [
          name,
          plainNumber(value),
          `weighted ${plainNumber(weighted)}`,
        ]),
      ]),
      '',
      paint.strong('Scores'),
      ...columns(
        Object.entries(scores)
          .filter(([id]) => !repeated.has(id))
          .map(([, score]) => [score.label, scoreText(score)]),
      ),
    );
  }
  lines.push('', paint.strong('Attempts'));
  if (attempts.length === 0) lines.push('none');
  for (const { attempt, folder: where, failure, checkpoint, log } of attempts) {
    const reached = checkpoint === undefined ? '' : `, checkpoint at evaluation ${checkpoint}`;
    lines.push(`${attempt}: ${where}${reached}`);
    if (failure !== undefined)
      lines.push(paint.bad(`   failed at evaluation ${failure.evaluation}: ${failure.message}`));
    lines.push(...log.map((line) => paint.faint(`   ${line}`)));
  }
  lines.push(...quarantined.map((name) => `${name} was damaged and set aside`));
  return lines;
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
