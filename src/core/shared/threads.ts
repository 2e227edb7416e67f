import fs from 'node:fs';
import { VarveError } from '../../base/errors.js';
import { type Board, THREAD_LINES as LINES, THREAD } from './board.js';

/** What the kernel knows a thread by. Its number alone is used again. */
interface KernelThread {
  readonly id: number;
  /** When it was started, in clock ticks since the machine was. */
  readonly start: number;
}

/** The threads that have a stream open, and whether they live. */
export class Threads {
  /** Number of this thread: never another's, as it is made of its line and of how many had that line before. */
  readonly me: number;
  readonly #board: Board;
  readonly #words: Int32Array;

  /** Enters this thread. */
  constructor(board: Board) {
    this.#board = board;
    this.#words = board.words;
    const { id, start } = thisThread();
    const line = this.#takeLine(id);
    const at = board.thread(line);
    const turns = Atomics.add(this.#words, at + THREAD.turns, 1) + 1;
    this.me = turns * LINES + line;
    Atomics.store(this.#words, at + THREAD.leaving, 0);
    Atomics.store(this.#words, at + THREAD.id, id);
    Atomics.store(this.#words, at + THREAD.startLow, start | 0);
    Atomics.store(this.#words, at + THREAD.startHigh, Math.floor(start / 2 ** 32));
    Atomics.store(this.#words, at + THREAD.number, this.me);
  }

  /** The line that this thread has, from 1 on: another one may have had it before. */
  get line(): number {
    return this.me % LINES;
  }

  /** True unless the thread has left, or the kernel says that it is gone. Takes some microseconds. */
  isAlive(number: number): boolean {
    const at = this.#board.thread(number % LINES);
    if (Atomics.load(this.#words, at + THREAD.number) !== number) return false;
    const id = Atomics.load(this.#words, at + THREAD.id);
    const low = Atomics.load(this.#words, at + THREAD.startLow) >>> 0;
    return isRunning({ id, start: Atomics.load(this.#words, at + THREAD.startHigh) * 2 ** 32 + low });
  }

  /** True if the thread that has a line now, this one too, is alive. */
  isAliveIn(line: number): boolean {
    return !this.#isVacant(this.#numberIn(line));
  }

  /** True if no other thread that lives has the stream open. */
  get alone(): boolean {
    for (let line = 1; line < LINES; line++) {
      const number = this.#numberIn(line);
      if (number === this.me || this.#isLeaving(line)) continue;
      if (!this.#isVacant(number)) return false;
    }
    return true;
  }

  /** From now on this thread does not count as one that has the stream open. */
  prepareToLeave(): void {
    Atomics.store(this.#words, this.#board.thread(this.line) + THREAD.leaving, 1);
  }

  #isLeaving(line: number): boolean {
    return Atomics.load(this.#words, this.#board.thread(line) + THREAD.leaving) !== 0;
  }

  /** True once this thread is out. It must not take a lock any more: others would take it for dead. */
  get left(): boolean {
    return this.#numberIn(this.line) !== this.me;
  }

  /** Takes this thread out. It holds no lock and no place. */
  leave(): void {
    if (this.left) return;
    Atomics.store(this.#words, this.#board.thread(this.line) + THREAD.number, 0);
  }

  #numberIn(line: number): number {
    return Atomics.load(this.#words, this.#board.thread(line) + THREAD.number);
  }

  /** While a thread enters, its line holds what the kernel calls it, negative. */
  #isVacant(number: number): boolean {
    if (number < 0) return startOf(-number) === undefined && number !== -UNKNOWN.id;
    return number === 0 || !this.isAlive(number);
  }

  /** Takes a line that nobody has, or somebody who died. */
  #takeLine(id: number): number {
    for (let line = 1; line < LINES; line++) {
      const at = this.#board.thread(line) + THREAD.number;
      const number = Atomics.load(this.#words, at);
      if (this.#isVacant(number) && Atomics.compareExchange(this.#words, at, number, -id) === number)
        return line;
    }
    throw new VarveError(
      'VARVE_BUSY',
      `Cannot open this stream in a further thread as ${LINES - 1} have it open: close it in one of them`,
    );
  }
}

/** Where the kernel does not say who a thread is, all threads count as alive: nobody is buried by mistake. */
const UNKNOWN: KernelThread = { id: 2 ** 30, start: 0 };

function thisThread(): KernelThread {
  try {
    const id = Number(fs.readlinkSync('/proc/thread-self').split('/').at(-1));
    return { id, start: startOf(id) ?? 0 };
  } catch {
    return UNKNOWN;
  }
}

function isRunning({ id, start }: KernelThread): boolean {
  return id === UNKNOWN.id || startOf(id) === start;
}

/** When a thread of this process was started; undefined if there is none with this number. */
function startOf(id: number): number | undefined {
  try {
    const stat = fs.readFileSync(`/proc/self/task/${id}/stat`, 'latin1');
    // The name of the thread stands in brackets and may hold anything; 20 fields behind it is the start.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined;
  }
}
