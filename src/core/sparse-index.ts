import { VarveError } from '../base/errors.js';
import { Chapter } from './chapter.js';
import { type Between, Landmarks } from './landmarks.js';
import type { RegionLog } from './region-log.js';

/** What is known in one life of a region. */
interface Known {
  readonly life: number;
  readonly landmarks: Landmarks;
  /** By the offsets where they begin. */
  readonly chapters: Map<number, Chapter>;
  /** The one that was asked for last. */
  recent: Chapter | undefined;
}

/** Leads to entries in the midst of a region: from landmark to landmark on the medium, and from there by a chapter's waypoints in memory. */
export class SparseIndex {
  readonly #region: RegionLog;
  /** Nothing before somebody asks: there may be a hundred thousand regions. */
  #known: Known | undefined;

  constructor(region: RegionLog) {
    this.#region = region;
  }

  get landmarks(): Landmarks {
    return this.#ofThisLife.landmarks;
  }

  /** Position before which no entry has `timestamp` or a later one. Whoever goes on from there meets damage himself. */
  seek(timestamp: number): number {
    const chapter = this.upTo(timestamp);
    const waypoint = chapter.waypoint(timestamp);
    return waypoint === -1 ? chapter.start.position : chapter.position(waypoint);
  }

  /** The chapter that the entry with `timestamp` stands in, if there is one, as far as that entry, or as far as there is no damage. */
  upTo(timestamp: number): Chapter {
    const known = this.#ofThisLife;
    if (known.recent?.covers(timestamp)) return known.recent;
    const chapter = this.#chapter(known.landmarks.around(timestamp));
    known.recent = chapter;
    try {
      chapter.extend(timestamp);
    } catch (error) {
      if (!(error instanceof VarveError && error.code === 'VARVE_CORRUPT')) throw error;
    }
    return chapter;
  }

  /**
   * The last chapter, as far as there are entries now.
   *
   * @throws VARVE_CORRUPT if one of them is damaged
   */
  last(): Chapter {
    return this.#whole(this.landmarks.last);
  }

  /** The one before a chapter, whole; undefined before the first one. Throws as `last`. */
  before({ start }: Chapter): Chapter | undefined {
    const between = this.landmarks.before(start);
    return between && this.#whole(between);
  }

  #whole(between: Between): Chapter {
    const chapter = this.#chapter(between);
    chapter.extend(Number.POSITIVE_INFINITY);
    return chapter;
  }

  #chapter(between: Between): Chapter {
    const { chapters } = this.#ofThisLife;
    const { start, until } = between;
    const known = chapters.get(start.position);
    if (known === undefined) {
      const chapter = new Chapter(this.#region, between);
      chapters.set(start.position, chapter);
      return chapter;
    }
    known.endAt(until);
    return known;
  }

  get #ofThisLife(): Known {
    const region = this.#region;
    const known = this.#known;
    if (known !== undefined && known.life === region.life) return known;
    const landmarks = new Landmarks(region);
    this.#known = { life: region.life, landmarks, chapters: new Map(), recent: undefined };
    return this.#known;
  }
}
