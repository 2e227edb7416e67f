import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stream } from '../../src/index.js';
import type { Random } from '../../src/testing/random.js';
import { numberOf } from './decode.js';
import { now, type Tape } from './tape.js';

/** What an actor works with. */
export interface Desk {
  readonly stream: Stream;
  readonly actor: number;
  readonly random: Random;
  readonly tape: Tape;
  /** Where tapes are, and what went wrong is written down. */
  readonly directory: string;
  /** Clears that were done, by the region's id, shared by the threads of a process. */
  readonly lives: Int32Array;
  /** True once it is time to end. */
  stopped(): boolean;
}

/** Codes that need no explanation; of other errors the whole text is kept. */
const PLAIN = ['VARVE_BUSY', 'VARVE_CLOSED', 'VARVE_CONFLICT', 'VARVE_FULL', 'VARVE_REGION_FREED'];

/** Notes on the tape that a call ended by an error. */
export function noteFailure({ tape, directory, actor }: Desk, at: number, error: unknown): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'other';
  tape.end(at, numberOf(code));
  if (PLAIN.includes(code)) return;
  const text = error instanceof Error ? `${error.stack} ${String(error.cause ?? '')}` : String(error);
  appendFileSync(join(directory, 'errors'), `actor ${actor} at ${now()}, record ${at}: ${text}\n`);
}
