import { setImmediate as turn } from 'node:timers/promises';
import type { Desk } from './desk.js';
import { Reading } from './reading.js';
import { Writing } from './writing.js';

/** One thread that writes and reads until it is told to stop; returns what it wrote by. */
export async function act(desk: Desk): Promise<Writing> {
  const [writing, reading] = [new Writing(desk), new Reading(desk)];
  while (!desk.stopped() && !desk.tape.full) {
    await (desk.random(4) === 0 ? reading.any() : writing.any());
    // Settles what is under way, and lets messages of other threads in.
    if (desk.random(3) === 0) await turn();
  }
  await writing.end();
  await reading.end();
  return writing;
}
