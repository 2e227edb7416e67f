import { TIMESTAMP_END } from '../format/layout.js';
import { type End, endOf, type Found, lookBehind, mayHaveMore, takeOver } from './find-entries.js';
import { Follower, type LiveState } from './follower.js';
import { Horizon } from './horizon.js';
import type { Others } from './others.js';
import type { Glance, RecordWatch } from './record-watch.js';
import type { RegionLog } from './region-log.js';
import type { StreamCore } from './stream-core.js';
import { refreshStructure } from './structure-refresh.js';
import type { TableSlot } from './table-slots.js';

/** The writer of another process, as a read-only stream sees it: by what stands on the medium, and by what it says of itself where it can be heard. */
export class ForeignWriter implements Others {
  readonly maybeWriting = true;
  readonly horizon: Horizon;
  readonly #core: StreamCore;
  readonly #glance: Glance;
  /** What the writer said of the table before it was read. */
  #structure: number | undefined;
  #follower: Follower | undefined;
  #looksAround = false;

  constructor(core: StreamCore) {
    this.#core = core;
    this.#glance = core.prefix.glance();
    this.horizon = new Horizon(core.prefix);
  }

  /** What it says now; undefined where there is none, or no way to hear it. */
  get live(): LiveState | undefined {
    return this.#core.closed ? undefined : this.#following.state;
  }

  get #following(): Follower {
    this.#follower ??= new Follower(this.#core.medium.live?.(this.#core.uuid));
    return this.#follower;
  }

  watch(slot: TableSlot): RecordWatch {
    return this.#core.table.watch(slot, this.#glance);
  }

  refresh(): void {
    this.#core.assertOpen();
    // As it was before the table is looked at.
    const structure = this.live?.structure;
    refreshStructure(this.#core);
    this.horizon.stateRead();
    this.#structure = structure;
    this.#glance.looked();
  }

  /** As `refresh`, where windows are copies and only for what the writer does not say. */
  recheck(): void {
    const structure = this.#glance.copied ? this.live?.structure : undefined;
    if (structure === undefined || structure !== this.#structure) this.refresh();
    else this.#glance.looked();
  }

  notice(): void {
    this.refresh();
  }

  look(): void {
    this.refresh();
    for (const region of this.#core.regions.values()) this.grew(region);
  }

  grew(region: RegionLog): boolean {
    const { medium } = this.#core;
    if (!medium.retains) return false;
    const { extent, tail } = region;
    extent.rewind();
    const found = mayHaveMore(region) ? this.#find(region) : undefined;
    // What cannot be read looks as if nothing had come.
    if (medium.failed !== undefined) throw medium.failed;
    if (found !== undefined && !this.#show(region, found)) this.#lookForTheRest(region);
    return region.tail > tail;
  }

  /** Notes what stands behind the region's end, and returns the first portion: behind parts of transactions all of it, as the last ones may prove the first ones whole. */
  #find(region: RegionLog): Found | undefined {
    // Not only what a glimpse has shown.
    region.extent.rewind();
    const first = this.#look(region, endOf(region));
    let found = first;
    while (found !== undefined && found.newestPart > 0) found = this.#look(region, found.to);
    return first;
  }

  #look(region: RegionLog, end: End): Found | undefined {
    const { life } = region;
    const found = lookBehind(region, end, TIMESTAMP_END);
    if (found === undefined || !region.presence.isStill(life)) return undefined;
    this.horizon.census.note(found);
    return found;
  }

  /** Moves the region's end behind what can be shown. False if it is stopped by a transaction that may lack a part. */
  #show(region: RegionLog, found: Found): boolean {
    const whole = found.newestPart === 0 ? 0 : this.horizon.whole(this.live);
    const shown = takeOver(region, found, whole);
    this.horizon.census.took(region.lastTimestamp);
    return shown;
  }

  /** What a transaction seems to lack may stand in a region that was not looked at. */
  #lookForTheRest(region: RegionLog): void {
    if (this.#looksAround) return;
    this.#looksAround = true;
    try {
      this.look();
      const found = this.#look(region, endOf(region));
      if (found !== undefined) this.#show(region, found);
    } finally {
      this.#looksAround = false;
    }
  }

  get newestCommitted(): number {
    return this.horizon.newestCommitted(this.live);
  }

  get newestPersisted(): number {
    this.horizon.lookAtState();
    return this.horizon.newestPersisted(this.live);
  }

  get persistedUpTo(): number {
    this.horizon.lookAtState();
    return this.horizon.durable(this.live);
  }

  sees(timestamp: number): boolean {
    if (this.horizon.sure(this.live) >= timestamp) return true;
    this.look();
    return this.horizon.sure(undefined) >= timestamp;
  }

  bound(): number {
    const sure = this.horizon.sure(this.live);
    // Only now: an entry up to there may stand in a region that is not known yet.
    this.refresh();
    return Math.max(sure, this.horizon.sure(undefined));
  }

  mayGoBeyond(bound: number): boolean {
    return this.horizon.sure(undefined) > bound;
  }

  boundAtEnd(lookAround: () => void): number {
    this.refresh();
    // Whoever writes next counts on from there.
    const { limit } = this.#core.prefix.state;
    if (this.#core.medium.isWritten?.() === true) return 0;
    lookAround();
    return this.horizon.foundAll(limit - 1);
  }

  news(signal: AbortSignal | undefined): Promise<void> {
    return this.#following.news(signal);
  }

  close(): void {
    this.#follower?.close();
  }
}
