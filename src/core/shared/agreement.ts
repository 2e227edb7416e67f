import type { Agreement } from '../herald.js';
import { BOARD } from './board.js';
import type { Committer } from './committer.js';

/**
 * What the threads of a stream tell readers of other processes: always what the board says, under the commit lock, so that it never goes back.
 *
 * @param start where counting began when the stream was opened, and the newest timestamp there was then
 * @param line this thread's on the board
 */
export function agreementOf(
  committer: Committer,
  words: Int32Array,
  start: { readonly last: number; readonly newest: number },
  line: number,
): Agreement {
  const sayable = (persisted: number): number => (persisted === start.last ? start.newest : persisted);
  return {
    thread: line - 1,
    onDurable(tell) {
      committer.onDurable = (persisted) => tell(sayable(persisted));
    },
    together(tell) {
      committer.enter();
      try {
        tell(sayable(committer.raiseDurable()), toldStructure(words));
      } finally {
        committer.leave();
      }
    },
  };
}

/** The number by which readers know the structure. */
function toldStructure(words: Int32Array): number {
  return (Atomics.load(words, BOARD.structure) - Atomics.load(words, BOARD.toldStructure)) >>> 0;
}
