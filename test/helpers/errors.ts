import assert from 'node:assert/strict';
import { VarveError } from '../../src/index.js';

/** True for an error as the contract describes it: a VarveError, or a TypeError or RangeError for arguments; with that code. */
export function isFailure(error: unknown, codes: readonly string[]): boolean {
  if (!(error instanceof Error) || !('code' in error) || !codes.includes(String(error.code))) return false;
  const kindFits =
    error.code === 'VARVE_ARGUMENT'
      ? error instanceof TypeError || error instanceof RangeError
      : error instanceof VarveError;
  return kindFits && error.message.length > 0;
}

/** The action must throw an error of one of these codes (separated by '|'). */
export function fails(codes: string, action: () => unknown): void {
  assert.throws(action, (error) => judge(error, codes));
}

/** The promise must reject with an error of one of these codes (separated by '|'); a throw on the spot is not a rejection. */
export async function rejects(codes: string, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => judge(error, codes));
}

function judge(error: unknown, codes: string): boolean {
  if (!isFailure(error, codes.split('|'))) throw error;
  return true;
}
