import { fstatSync } from 'node:fs';
import { VarveError } from '../index.js';

const STANDARD_INPUT = 0;

/**
 * Standard input, piece by piece; whoever reads it slowly holds the writer back.
 *
 * @throws VarveError `VARVE_IO` if it is a directory: Node would take that for an empty input
 */
export function standardInput(): AsyncIterable<Buffer> {
  if (fstatSync(STANDARD_INPUT).isDirectory()) {
    throw new VarveError('VARVE_IO', 'Cannot read standard input: it is a directory; give a file or a pipe');
  }
  return process.stdin;
}
