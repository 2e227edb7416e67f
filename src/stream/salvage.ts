import { VarveError } from '../base/errors.js';
import type { Missing } from '../core/loss.js';
import { type Mended, mend } from '../core/mended.js';
import { openCore } from '../core/open.js';
import type { RegionLog } from '../core/region-log.js';
import { type Salvaged, salvage } from '../core/salvage.js';
import { SalvageWalker } from '../core/salvage-walker.js';
import { take } from '../core/steps.js';
import type { StreamCore } from '../core/stream-core.js';
import type { Entry } from './entry.js';
import {
  checkedRequest,
  type OpenOptions,
  type StreamOptions,
  type Target,
  targetMedium,
} from './open-options.js';
import { openTarget } from './opening.js';
import { Region } from './region.js';
import { SegmentRegion } from './segment-region.js';

function regionOf(region: RegionLog, core: StreamCore): Region {
  return region.hidden === undefined ? new Region(region, core) : new SegmentRegion(region, core, undefined);
}

/** Opens read-only what can be opened, by some means or other. */
async function openDamaged(
  target: Target,
  options: OpenOptions,
): Promise<{ core: StreamCore; mended: Mended | undefined }> {
  const asked: StreamOptions = { ...options, mode: 'open', readOnly: true };
  try {
    return { core: await openTarget(target, asked), mended: undefined };
  } catch (error) {
    if (!(error instanceof VarveError && error.code === 'VARVE_CORRUPT')) throw error;
    return openMended(target, asked, error);
  }
}

async function openMended(
  target: Target,
  asked: StreamOptions,
  reason: VarveError,
): Promise<{ core: StreamCore; mended: Mended }> {
  const request = checkedRequest(asked);
  const medium = targetMedium(target, request);
  try {
    const mended = mend(medium);
    if (mended === undefined) throw reason;
    return { core: await take(openCore(mended.medium, request), mended.medium, request.signal), mended };
  } catch (error) {
    medium.close();
    throw error;
  }
}

/**
 * A damaged stream, opened to get out of it what is whole: all regions whose records are, and all of their entries, those behind
 * damage too. Made by `Stream.salvage`.
 *
 * @example
 * await using salvage = await Stream.salvage('orders.varve');
 * for (const entry of salvage.entries()) console.log(entry.region.id, entry.timestamp, entry.text());
 * for (const { message } of salvage.missing) console.error(message);
 */
export class Salvage {
  readonly #core: StreamCore;
  readonly #salvaged: Salvaged;
  readonly #regions: Map<RegionLog, Region>;

  private constructor(core: StreamCore, salvaged: Salvaged) {
    this.#core = core;
    this.#salvaged = salvaged;
    const remains = salvaged.remains.filter(({ region }) => region.hidden?.kind !== 'journal');
    this.#regions = new Map(remains.map(({ region }) => [region, regionOf(region, core)]));
  }

  /** @internal */
  static async open(target: Target, options: OpenOptions): Promise<Salvage> {
    const { core, mended } = await openDamaged(target, options);
    const { onProgress, signal } = options;
    const progress = (done: number, total: number) => onProgress?.({ phase: 'salvage', done, total });
    try {
      return new Salvage(core, await take(salvage(core, mended, progress), core.medium, signal));
    } catch (error) {
      core.medium.close();
      throw error;
    }
  }

  /** Bytes of the stream, as its header and state say. */
  get size(): number {
    return this.#core.prefix.size;
  }

  /** Bytes that every region's offset and size are multiples of. */
  get blockSize(): number {
    return this.#core.prefix.header.blockSize;
  }

  /** Everything that is missing; nothing if the stream is whole. Known from the beginning. */
  get missing(): readonly Missing[] {
    return this.#salvaged.missing;
  }

  /** True once it was closed. */
  get closed(): boolean {
    return this.#core.closed;
  }

  /** The regions that are left, in the order of allocation. Reading such a region itself ends at the damage. */
  regions(): IterableIterator<Region> {
    this.#core.assertOpen();
    return [...this.#regions.values()].filter(({ log }) => log === undefined).values();
  }

  /** The names of the logs of which something is left. */
  logs(): string[] {
    this.#core.assertOpen();
    return [...new Set(Array.from(this.#regions.values(), ({ log }) => log ?? []).flat())];
  }

  /**
   * Visits all whole entries of all regions and logs, in the order of their timestamps: also those that were trimmed from a log and are still
   * there. They are good until the salvage is closed.
   *
   * @throws VARVE_CLOSED; VARVE_CORRUPT if an entry is not whole any more
   */
  *entries(): IterableIterator<Entry> {
    this.#core.assertOpen();
    const walker = new SalvageWalker(this.#salvaged.remains);
    for (let at = walker.next(); at !== undefined; at = walker.next()) {
      const region = this.#regions.get(at.region);
      if (region !== undefined) yield region.entryAt(at);
      this.#core.assertOpen();
    }
  }

  /** Lets go of the medium. A second close does nothing. */
  async close(): Promise<void> {
    this.closeSync();
  }

  /** As `close`, blocking. */
  closeSync(): void {
    if (!this.closed) this.#core.tasks.runSync(this.#core.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.dispose](): void {
    this.closeSync();
  }
}
