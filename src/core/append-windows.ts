import type { Window } from '../media/window.js';
import type { RegionLog } from './region-log.js';

/** The windows that a region's entries are stored into, which are needed until the checksums stand there, too. */
export class AppendWindows {
  readonly #region: RegionLog;
  /** Those that hold something not sealed yet, and the newest; each begins where the one before ends to be used. */
  #windows: Window[] = [];

  constructor(region: RegionLog) {
    this.#region = region;
  }

  /** Gets a further window, which takes stores to [position, end). */
  take(position: number, end: number): Window {
    this.seal();
    const windows = this.#windows;
    const next = this.#region.extent.write(position, end - position);
    while ((windows.at(-1)?.start ?? -1) >= position) windows.pop();
    if (windows.at(-1) !== next) windows.push(next);
    return next;
  }

  /** Stores the checksums of all committed entries and gives their bytes to the medium's next drain. */
  seal(): void {
    const region = this.#region;
    while (region.sealed < region.tail) {
      const window = this.#windows[0] as Window;
      const to = Math.min(region.tail, this.#windows[1]?.start ?? region.tail);
      if (region.sealed < to) this.#sealIn(window, to);
      if (to < region.tail) this.#windows.shift();
    }
  }

  /** What stood in them is gone. */
  forget(): void {
    this.#windows = [];
  }

  #sealIn(window: Window, to: number): void {
    const region = this.#region;
    region.host.kernel.seal(window, region.sealed, to, region.seed);
    if (!window.flushesLines) region.extent.flush(region.sealed, to);
    region.sealed = to;
  }
}
