import { timestampAt } from '../format/entry.js';
import { lastBefore, noteEntries } from '../format/seek.js';
import type { Window } from '../media/window.js';
import { type Chapter, SPACING } from './chapter.js';
import type { Walker } from './cursor.js';
import type { RegionLog } from './region-log.js';
import { scan } from './scanner.js';
import type { SparseIndex } from './sparse-index.js';

/** Bytes that are loaded together, at least and at most, unless one entry is larger: the first entry is to be had quickly, and many with few looks. */
const LOAD = { least: SPACING, most: 64 * 1024 };

/** Entries one behind the other, as far as one window holds them. */
interface Part {
  readonly window: Window;
  /** How many entries were loaded before those in this window. */
  readonly first: number;
}

/** Goes through a region from back to front: everything that was committed when it was made. */
export class BackwardWalker implements Walker {
  readonly region: RegionLog;
  window!: Window;
  position = -1;
  size = 0;
  timestamp = 0;
  readonly #index: SparseIndex;
  readonly #life: number;
  /** The chapter that is gone through, and how many of its waypoints have their entries still to come. */
  #chapter: Chapter;
  #waypoints: number;
  #bytes = LOAD.least;
  /** Where in their windows the entries begin that were loaded, and how many of them are still to be handed out, the last one first. */
  readonly #words: number[] = [];
  #left = 0;
  /** The windows that those are in which come later, and how many entries stand before those of the present one. */
  #parts: Part[] = [];
  #first = 0;
  /** Here begins what was loaded last. */
  #end: number;

  constructor(region: RegionLog) {
    this.region = region;
    this.#life = region.life;
    region.catchUp();
    this.#index = region.index;
    this.#chapter = this.#index.last();
    this.#waypoints = this.#chapter.size;
    this.#end = region.tail;
  }

  /** True if the entries it goes through are gone. */
  get stale(): boolean {
    return !this.region.isLife(this.#life);
  }

  next(): boolean {
    const { region } = this;
    if (region.life !== this.#life) region.host.assertReadable(region, this.#life);
    if (this.#left === this.#first && !this.#goBack()) return false;
    const { words, start } = this.window;
    const word = this.#words[--this.#left] as number;
    this.position = start + 4 * word;
    this.size = words[word] as number;
    this.timestamp = timestampAt(words, word);
    if (region.presence.stirred) region.presence.assertStill(this.#life);
    return true;
  }

  /** Goes to the window before, or loads what stands before everything loaded; false if there is nothing. */
  #goBack(): boolean {
    while (this.#left === this.#first) {
      const part = this.#parts.pop();
      if (part !== undefined) {
        this.window = part.window;
        this.#first = part.first;
      } else if (this.#waypoints > 0) this.#load();
      else if (!this.#turnBack()) return false;
    }
    return true;
  }

  /** Goes to the chapter before; false if there is none. */
  #turnBack(): boolean {
    const chapter = this.#index.before(this.#chapter);
    if (chapter === undefined) return false;
    this.#chapter = chapter;
    this.#waypoints = chapter.size;
    // It may have been visited before there was a landmark behind it.
    while (this.#waypoints > 0 && chapter.position(this.#waypoints - 1) >= this.#end) this.#waypoints--;
    return true;
  }

  /** Where something cannot be read, nothing has changed. */
  #load(): void {
    const { region } = this;
    const { presence } = region;
    const waypoint = this.#beginning();
    const from = this.#chapter.position(waypoint);
    const parts: Part[] = [];
    let left = 0;
    let after = region.slot.record.birth - 1;
    for (let at = from; at < this.#end; ) {
      const { window, end } = scan(region, at, after, this.#end);
      if (region.host.beside) presence.doubt();
      const to = Math.min(end, this.#end);
      const { words, start } = window;
      parts.push({ window, first: left });
      left = noteEntries(words, (at - start) >>> 2, (to - start) >>> 2, this.#words, left);
      if (to < this.#end) after = lastBefore(words, (at - start) >>> 2, (to - start) >>> 2, after);
      // What was read counts if the region is still there afterwards.
      presence.assertStill(this.#life);
      at = to;
    }
    this.#parts = parts;
    this.#left = left;
    this.#first = left;
    this.#waypoints = waypoint;
    this.#bytes = Math.min(2 * this.#bytes, LOAD.most);
    this.#end = from;
  }

  /** The waypoint to load from. */
  #beginning(): number {
    const least = this.#end - this.#bytes;
    let waypoint = this.#waypoints - 1;
    while (waypoint > 0 && this.#chapter.position(waypoint - 1) >= least) waypoint--;
    return waypoint;
  }
}
