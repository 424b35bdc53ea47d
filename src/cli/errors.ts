/** How a command ends when something goes wrong: one message for the person at the keyboard, and an exit code. */
import { CommanderError } from 'commander';
import { messageOf, NeckarError } from '../errors.ts';
import { harmless } from '../harmless.ts';

/** The person pressed Ctrl-C: 128 + SIGINT, as shells report it. */
export const interruptedCode = 130;
/** A defect of Neckar: EX_SOFTWARE of sysexits.h. */
const defectCode = 70;

/** Thrown when a command was interrupted and has said so itself. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/**
 * Writes what is to be said about an error and returns the exit code.
 *
 * A NeckarError is its own message. Anything else is a defect: one line that says so, and how to see more. With
 * NECKAR_DEBUG=1 the stack follows, with everything that caused it.
 */
export function reportError(error: unknown, say: (text: string) => void, environment = process.env): number {
  // What is quoted in a message may be anybody's.
  const write = (text: string): void => say(harmless(text));
  const debugging = environment.NECKAR_DEBUG === '1';
  if (error instanceof Interrupted) {
    if (error.message !== '') write(`neckar: ${error.message}\n`);
    return interruptedCode;
  }
  if (error instanceof CommanderError) {
    // Help and version end a command by throwing, too.
    if (error.exitCode === 0) return 0;
    // A verb that needs another after it has shown its help instead.
    if (error.code === 'commander.help') return 2;
    write(`neckar: ${sentenceOf(error)}\n`);
    return 2;
  }
  if (isNeckarError(error)) {
    write(`neckar: ${error.message}\n`);
    if (debugging) write(`${stackOf(error)}\n`);
    return error.exitCode;
  }
  write(
    `neckar: this is a defect in Neckar, not in what you typed: ${messageOf(error)}${debugging ? '' : ' (NECKAR_DEBUG=1 shows where it arose)'}\n`,
  );
  if (debugging) write(`${stackOf(error)}\n`);
  return defectCode;
}

/** An experiment file may have loaded another copy of the class. */
function isNeckarError(error: unknown): error is NeckarError {
  if (error instanceof NeckarError) return true;
  return error instanceof Error && error.name === 'NeckarError' && 'exitCode' in error;
}

/** `error: unknown option '--sze'\n(Did you mean --size?)` as one sentence of ours. */
function sentenceOf({ message, code }: CommanderError): string {
  const sentence = message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*\((Did you mean .*)\)\s*$/, '. $1')
    .replaceAll("'", '"');
  const more =
    code.startsWith('commander.unknown') || code === 'commander.missingArgument' ? ' (see --help)' : '';
  return `${sentence}${more}`;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
