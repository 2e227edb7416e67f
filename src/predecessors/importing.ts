import fs from 'node:fs';
import { dirname, resolve } from 'node:path';
import { typeError } from '../base/errors.js';
import { parseSize, roundUp } from '../base/sizes.js';
import type { RegionLog } from '../core/region-log.js';
import { allocate } from '../core/regions.js';
import { takeSync } from '../core/steps.js';
import type { StreamCore } from '../core/stream-core.js';
import { strideOf } from '../format/entry.js';
import { BLOCK_SIZE_DEFAULT, PREFIX, REGION_MAX, TABLE_SLOT } from '../format/layout.js';
import { existsError, giveName } from '../media/create.js';
import { syncDirectory } from '../media/directory.js';
import { readPool } from '../pmemlog/index.js';
import { PmemstreamFile, type SourceEntry, type SourceRegion } from '../pmemstream/reader.js';
import { type Framing, splitterFor } from '../stream/framing.js';
import type { OpenOptions, Progress } from '../stream/open-options.js';
import { openTargetSync } from '../stream/opening.js';
import { assertOptions, oneOf } from '../stream/options.js';

/** As much is committed before it is made durable: what stands in memory is bounded by it. Bytes. */
const UNPERSISTED = 8 * 2 ** 20;
/** Bytes of a pool that are looked at together. */
const CHUNK = 2 ** 20;
/** Room for the region table beyond what its slots take: extents have fixed sizes, each twice the last one. */
const TABLE_SPARE = 3;

/** How to import from a file of a predecessor. */
export interface ImportOptions extends Pick<OpenOptions, 'medium' | 'onProgress'> {
  /** Bytes of the new stream, or a string such as '64MiB'. Left out: as many as what is imported takes, and some to spare. */
  size?: number | string;
}

/** How to import a pool, which does not say where its entries end. */
export interface PoolImportOptions extends ImportOptions {
  /** 'line', the default: each ends with a newline, which is not part of it. 'length': each behind its length, four bytes, little-endian. 'raw': all of it is one. */
  framing?: Framing;
}

/** What was imported. */
export interface ImportReport {
  readonly regions: number;
  readonly entries: number;
  /** Of their payloads. */
  readonly bytes: number;
}

/**
 * Makes a new stream of a file that pmemstream 0.2.1 wrote: its regions in their order, its valid entries with their timestamps. The file is only read, and nothing
 * in it is believed. When it fails, nothing is left behind.
 *
 * @param source path of the file
 * @param target path of the stream, where nothing may be yet
 * @throws VARVE_NOT_FOUND, VARVE_NOT_A_STREAM if it is none of pmemstream's, VARVE_CORRUPT if it contradicts itself, VARVE_EXISTS, VARVE_FULL, VARVE_IO,
 * TypeError, RangeError
 */
export function importPmemstream(
  source: string | URL,
  target: string,
  options: ImportOptions = {},
): ImportReport {
  assertOptions(options);
  const file = new PmemstreamFile(source);
  try {
    const sizes = file.regions.map(({ size }) => Math.max(size, 1));
    return importing(target, options, sizes, undefined, (into) =>
      copyEntries(into, file.regions, file.entries()),
    );
  } finally {
    file.close();
  }
}

/**
 * Makes a new stream of a pool of libpmemlog, with one region, named 'log'. A pool has no timestamps; they are given in order. As `importPmemstream`
 * otherwise.
 *
 * @throws VARVE_MISMATCH if the pool cannot be used here, and as `importPmemstream`
 */
export function importPmemlog(
  source: string | URL,
  target: string,
  options: PoolImportOptions = {},
): ImportReport {
  assertOptions(options);
  const framing =
    options.framing === undefined ? 'line' : oneOf(options.framing, ['line', 'length', 'raw'], 'framing');
  using pool = readPool(source);
  const walk = (each: (chunk: Buffer) => void): void =>
    pool.walk((chunk) => {
      each(Buffer.from(chunk));
      return true;
    }, CHUNK);
  const sizes = [spaceFor(framing, walk)];
  return importing(target, options, sizes, 'log', (into) => {
    const [region] = into.regions as [RegionLog];
    split(framing, region.available, walk, (entry) => into.append(region, entry, undefined));
  });
}

/** The bytes that the entries of a pool take in a region: it is read once for that. */
function spaceFor(framing: Framing, walk: (each: (chunk: Buffer) => void) => void): number {
  let bytes = 0;
  split(framing, REGION_MAX, walk, (entry) => {
    bytes += strideOf(entry.length);
  });
  return Math.max(bytes, 1);
}

function split(
  framing: Framing,
  largest: number,
  walk: (each: (chunk: Buffer) => void) => void,
  take: (entry: Uint8Array) => void,
): void {
  const splitter = splitterFor(framing, { take, largest: () => largest });
  walk((chunk) => splitter.push(chunk));
  splitter.end();
}

function copyEntries(into: Importer, regions: readonly SourceRegion[], entries: Iterable<SourceEntry>): void {
  const places = new Map(regions.map((region, i) => [region, into.regions[i] as RegionLog]));
  for (const { region, timestamp, data } of entries)
    into.append(places.get(region) as RegionLog, data, timestamp);
}

/** Makes a stream under another name, and gives it its own once it is whole. */
function importing(
  target: string,
  { medium = 'auto', size, onProgress }: ImportOptions,
  sizes: readonly number[],
  name: string | undefined,
  fill: (into: Importer) => void,
): ImportReport {
  if (typeof target !== 'string') throw typeError(`Cannot import to ${typeof target}: it must be a path`);
  const path = resolve(target);
  if (fs.existsSync(path)) throw existsError(path);
  const making = `${path}.importing`;
  const wanted = size === undefined ? sizeFor(sizes) : parseSize(size, 'the size of a stream');
  const core = openTargetSync(making, { mode: 'create', medium, size: wanted });
  try {
    const into = new Importer(core, sizes, name, onProgress);
    fill(into);
    core.tasks.runSync(core.close());
    giveName(path, making);
    syncDirectory(dirname(path));
    return into.report;
  } catch (error) {
    if (!core.closed) core.tasks.runSync(core.close());
    throw error;
  } finally {
    fs.rmSync(making, { force: true });
  }
}

function sizeFor(sizes: readonly number[]): number {
  const regions = sizes.reduce((sum, size) => sum + roundUp(size, BLOCK_SIZE_DEFAULT), 0);
  return PREFIX + regions + roundUp(TABLE_SPARE * sizes.length * TABLE_SLOT, 2 ** 16) + 2 ** 16;
}

/** A new stream that takes entries with timestamps of their own. */
class Importer {
  readonly regions: readonly RegionLog[];
  readonly report = { regions: 0, entries: 0, bytes: 0 };
  readonly #core: StreamCore;
  readonly #total: number;
  readonly #onProgress: ((progress: Progress) => void) | undefined;
  #persistAt = UNPERSISTED;

  constructor(
    core: StreamCore,
    sizes: readonly number[],
    name: string | undefined,
    onProgress: ((progress: Progress) => void) | undefined,
  ) {
    this.#core = core;
    this.#onProgress = onProgress;
    this.#total = sizes.reduce((sum, size) => sum + size, 0);
    this.regions = sizes.map((size) =>
      takeSync(allocate(core, roundUp(size, BLOCK_SIZE_DEFAULT), name), core.medium),
    );
    this.report.regions = sizes.length;
  }

  /** @param timestamp greater than that of any entry before; left out: the next one */
  append(region: RegionLog, data: Uint8Array, timestamp: number | undefined): void {
    if (timestamp !== undefined) this.#core.clock.skipTo(timestamp - 1);
    region.append(data, false);
    this.report.entries++;
    this.report.bytes += data.length;
    if (this.report.bytes < this.#persistAt) return;
    this.#core.persister.persistSync();
    this.#persistAt = this.report.bytes + UNPERSISTED;
    this.#onProgress?.({ phase: 'import', done: this.report.bytes, total: this.#total });
  }
}
