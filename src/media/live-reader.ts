import fs from 'node:fs';
import type { Addon } from '../base/addon.js';
import { loadAddon } from '../base/native-loader.js';
import { acknowledgedAt, isGone, LIVE, type LivePlace, leave, lives, openAsReader } from './live-file.js';

const { words: WORDS } = LIVE;
/** Looks for one that did not fall into the midst of a store. */
const LOOKS = 8;
const THREADS_MAX = 2 * LIVE.acknowledged.lines;
/** Where the addon puts what it loads. */
const RESULTS = 8 * Float64Array.BYTES_PER_ELEMENT;
/** How much of the words it loads, with what threads have persisted taken into account. */
const LOADED = 32;

/** What will tell of news: a thread parked in the kernel, a watch on the file, or nothing. */
export type Wakes = 'futex' | 'watch' | 'no';

/** A reader's side of a live file. Nothing here throws. */
export class LiveReader {
  /** Called when there may be news, after `wait`. */
  onNews: () => void = () => {};
  readonly #place: LivePlace;
  readonly #fd: number;
  readonly #bytes = new Uint8Array(WORDS.bytes);
  readonly #again = new Uint8Array(WORDS.bytes);
  #acknowledged = 0;
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #addon = loadAddon();
  readonly #loaded: Uint8Array;
  /** 0 if there is none. */
  #listener: number;
  #watcher: fs.FSWatcher | undefined;
  #watchable = true;
  /** True if there is nothing to be learned from it any more. */
  #lost = false;
  #closed = false;

  /** Opens the live file; undefined if there is none (yet), or none that can be trusted. */
  static open(place: LivePlace): LiveReader | undefined {
    const fd = openAsReader(place);
    return fd === undefined ? undefined : new LiveReader(place, fd);
  }

  private constructor(place: LivePlace, fd: number) {
    this.#place = place;
    this.#fd = fd;
    this.#loaded = new Uint8Array(this.#addon?.block ?? new ArrayBuffer(RESULTS));
    this.#listener = this.#addon === undefined ? 0 : this.#listen(this.#addon);
  }

  /** Looks at the words anew. False if they cannot be had. */
  load(): boolean {
    if (this.#lost || !this.#read(this.#bytes)) return false;
    for (let look = 0; look < LOOKS; look++) {
      if (!this.#read(this.#again)) return false;
      if (this.#again.every((byte, i) => byte === this.#bytes[i])) break;
      this.#bytes.set(this.#again);
    }
    if (this.#listener === 0) this.#acknowledged = this.#readAcknowledged();
    return true;
  }

  /** What threads have persisted by themselves. A number that is another one at the second look may have been stored just then. */
  #readAcknowledged(): number {
    const threads = Math.min(this.#view.getUint32(LIVE.threads, true), THREADS_MAX);
    if (threads === 0) return this.#acknowledged;
    const [first, second] = [
      new DataView(new ArrayBuffer(LIVE.bytes)),
      new DataView(new ArrayBuffer(LIVE.bytes)),
    ];
    try {
      for (const { buffer } of [first, second])
        fs.readSync(this.#fd, new Uint8Array(buffer), 0, LIVE.bytes, 0);
    } catch {
      return this.#acknowledged;
    }
    let most = this.#acknowledged;
    for (let thread = 0; thread < threads; thread++) {
      const value = first.getFloat64(acknowledgedAt(thread), true);
      if (value === second.getFloat64(acknowledgedAt(thread), true))
        most = Math.max(most, timestampOf(value));
    }
    return most;
  }

  /**
   * Has `onNews` called once the word of the news is not the one that was loaded last. By a watch it is not called for what happened before
   * this was: look again.
   */
  wait(): Wakes {
    if (this.#listener !== 0 && this.#view.getUint32(LIVE.wakes, true) === 1 && this.#park()) return 'futex';
    if (this.#watcher !== undefined) return 'watch';
    return this.#watch() ? 'watch' : 'no';
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lost = true;
    this.#watcher?.close();
    this.#unlisten();
    leave(this.#place, this.#fd, false);
  }

  /** Counts up whenever there is news. */
  get news(): number {
    return this.#view.getUint32(LIVE.news, true);
  }

  get structure(): number {
    return this.#view.getUint32(LIVE.structure, true);
  }

  get persisted(): number {
    return Math.max(timestampOf(this.#view.getFloat64(LIVE.persisted, true)), this.#acknowledged);
  }

  /** Never below `persisted`, whichever of the two was seen first. */
  get committed(): number {
    return Math.max(timestampOf(this.#view.getFloat64(LIVE.committed, true)), this.persisted);
  }

  /** True if a writer lives that has not closed, as far as this process can see. */
  get hasWriter(): boolean {
    return lives(this.#view.getUint32(LIVE.writer, true));
  }

  /** True if the file has lost its name: another one may tell more. */
  get gone(): boolean {
    return isGone(this.#fd);
  }

  #read(bytes: Uint8Array): boolean {
    if (this.#listener !== 0) {
      this.#addon?.peek(this.#listener);
      bytes.set(this.#loaded.subarray(RESULTS, RESULTS + LOADED));
      return true;
    }
    try {
      return fs.readSync(this.#fd, bytes, 0, WORDS.bytes, WORDS.at) === WORDS.bytes;
    } catch {
      return false;
    }
  }

  #listen(addon: Addon): number {
    try {
      return addon.listen(this.#fd, WORDS.at, (failed) => {
        if (failed) this.#unlisten();
        this.onNews();
      });
    } catch {
      return 0;
    }
  }

  #unlisten(): void {
    if (this.#listener !== 0) this.#addon?.unlisten(this.#listener);
    this.#listener = 0;
  }

  #park(): boolean {
    try {
      this.#addon?.wait(this.#listener, this.news);
      return true;
    } catch {
      return false;
    }
  }

  /** A watch also tells of the end of the name. */
  #seen(): void {
    if (this.gone) this.#lost = true;
    this.onNews();
  }

  /** True if there is a watch from now on. */
  #watch(): boolean {
    if (!this.#watchable) return false;
    try {
      this.#watcher = fs.watch(this.#place.path, { persistent: false }, () => this.#seen());
      this.#watcher.on('error', () => {});
      // A name that is another file's by now is no name of this one.
      this.#watchable = !this.gone;
    } catch {
      this.#watchable = false;
    }
    return this.#watchable;
  }
}

/** Whatever stands there: no number that is none gets any further. */
function timestampOf(value: number): number {
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}
