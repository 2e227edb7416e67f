import { formatSize } from '../base/sizes.js';

const REDRAW_MS = 200;
/** Asking the clock for every entry would cost more than the entry. */
const ENTRIES_PER_LOOK = 4096;

/** Counts entries and bytes; shows them on standard error while the work goes on, if that is a terminal. */
export class Meter {
  readonly #started = performance.now();
  readonly #live = process.stderr.isTTY === true;
  #nextDraw = REDRAW_MS;
  #drawn = false;
  entries = 0;
  bytes = 0;

  /** Counts one entry of `bytes` bytes. */
  add(bytes: number): void {
    this.entries += 1;
    this.bytes += bytes;
    if (this.#live && this.entries % ENTRIES_PER_LOOK === 0) this.#draw();
  }

  /** Takes the progress off the terminal. Call it before anything else is written there. */
  clear(): void {
    if (this.#drawn) process.stderr.write('\r\x1b[K');
    this.#drawn = false;
  }

  /** What was counted, as a program reads it. */
  toJSON(): { entries: number; bytes: number; seconds: number } {
    return { entries: this.entries, bytes: this.bytes, seconds: Number(this.#seconds().toFixed(3)) };
  }

  /** What was counted, as people read it: '1,000 entries, 12 KiB, in 0.1 s (10,000 entries/s)'. */
  toString(): string {
    const seconds = this.#seconds();
    const rate = Math.round(this.entries / Math.max(seconds, 0.001));
    return `${counted(this.entries, 'entry', 'entries')}, ${formatSize(this.bytes)}, in ${seconds.toFixed(2)} s (${grouped(rate)} entries/s)`;
  }

  #draw(): void {
    if (performance.now() - this.#started < this.#nextDraw) return;
    this.#nextDraw = performance.now() - this.#started + REDRAW_MS;
    this.#drawn = true;
    process.stderr.write(`\r\x1b[K${this}`);
  }

  #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }
}

/** An `onProgress` for long work of the library, if standard error is a terminal. */
export function terminalProgress(): {
  onProgress?: (p: { phase: string; done: number; total: number }) => void;
} {
  if (process.stderr.isTTY !== true) return {};
  let next = performance.now() + REDRAW_MS;
  return {
    onProgress: ({ phase, done, total }) => {
      if (performance.now() < next && done < total) return;
      next = performance.now() + REDRAW_MS;
      const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
      process.stderr.write(`\r\x1b[K${done < total ? `${phase} ${percent} %` : ''}`);
    },
  };
}

/** A number of things in words: '1 entry', '12,345 entries'. */
export function counted(count: number, one: string, many: string): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** A whole number with its thousands apart, the same in every locale: '12,345'. */
function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
