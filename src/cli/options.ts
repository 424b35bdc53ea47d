/** Values of command-line options that several verbs take. */
import { InvalidArgumentError } from 'commander';

/** A whole number of at least one. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return value;
}

/** A number above zero. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}

/** Values separated by commas, collected over repetitions of the option. */
export function collected(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(',').filter(Boolean)];
}

/** Text collected over repetitions of the option. */
export function repeated(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** A port to listen on; 0: any that is free. */
export function portNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65535) {
    throw new InvalidArgumentError('Expected a port from 0 to 65535.');
  }
  return value;
}
