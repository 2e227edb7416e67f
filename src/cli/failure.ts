import { CommanderError } from 'commander';

const WORK_FAILED = 1;
const WRONG_USAGE = 2;

/** Thrown where everything has been said already: it only ends the program with exit code 1. */
export class Failed extends Error {}

/**
 * Tells what went wrong in one line on standard error.
 *
 * @returns the exit code: 0 when the reader of our output went away, 1 when the work failed, 2 on wrong usage
 */
export function report(error: unknown): number {
  // Commander has written its message, or the help that was asked for, before it throws.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE;
  if (error instanceof Failed) return WORK_FAILED;
  if (isClosedPipe(error)) return 0;
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`varve: ${oneLine(message)}${code === undefined ? '' : ` (${code})`}\n`);
  return code === 'VARVE_ARGUMENT' ? WRONG_USAGE : WORK_FAILED;
}

/** Commander's message for wrong usage, in the form that all our errors have. */
export function usageLine(text: string): string {
  return `varve: ${oneLine(text.replace(/^error: /, ''))} (VARVE_ARGUMENT)\n`;
}

function isClosedPipe(error: unknown): boolean {
  return codeOf(error) === 'EPIPE' || (error instanceof Error && codeOf(error.cause) === 'EPIPE');
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}
