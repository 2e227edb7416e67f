import { type Entry, type Missing, type Region, Stream } from '../../src/index.js';
import { isFailure } from '../helpers/errors.js';
import { ImageMedium } from '../helpers/image-medium.js';

/** What somebody was told instead of what he wanted to read. */
export interface Told {
  readonly code: string;
  readonly message: string;
  readonly offset: number | undefined;
}

/** Entries that were read, and what was told at the end. */
export interface Reading {
  readonly entries: readonly {
    readonly region: number;
    readonly timestamp: number;
    readonly data: Uint8Array;
  }[];
  readonly told: Told | undefined;
}

/** What one region looked like. */
export interface SeenRegion {
  readonly id: number;
  readonly name: string | undefined;
  readonly offset: number;
  readonly size: number;
  readonly reading: Reading;
  /** From the last entry to the first; read twice where somebody was told, since what is known of the first time must not hide it. */
  readonly backwards: Reading;
  /** The last entry that was read, looked for by its timestamp. */
  readonly last: number | undefined;
}

/** What a stream looked like, read in several ways. */
export interface Seen {
  readonly regions: readonly SeenRegion[];
  /** What was told at the end of the list of regions. */
  readonly told: Told | undefined;
  /** All entries, merged. */
  readonly merged: Reading;
}

/** A stream that could be opened, or why not. */
export type Opening = { readonly stream: Stream } | { readonly told: Told };

/** Codes with which a damaged stream may be refused. */
const DAMAGE = ['VARVE_CORRUPT', 'VARVE_NOT_A_STREAM'];

/** Opens what stands in those bytes. */
export function open(bytes: Uint8Array, readOnly: boolean): Opening {
  const attempt = trying(() => Stream.openSync(new ImageMedium(bytes), { readOnly, mode: 'open' }));
  return attempt.told === undefined ? { stream: attempt.value as Stream } : { told: attempt.told };
}

/** Reads all of an open stream. Views of entries are of the medium's own bytes. */
export function look(stream: Stream): Seen {
  const regions: SeenRegion[] = [];
  const { told } = trying(() => {
    for (const region of stream.regions()) regions.push(lookAt(region));
  });
  return { regions, told, merged: read(() => stream.entries()) };
}

function lookAt(region: Region): SeenRegion {
  const { id, name, offset, size } = region;
  const reading = read(() => region.entries());
  const readBack = () => read(() => region.entries({ reverse: true }));
  const once = readBack();
  const backwards = once.told === undefined ? once : readBack();
  const { timestamp } = reading.entries.at(-1) ?? { timestamp: undefined };
  const last = timestamp === undefined ? undefined : region.get(timestamp)?.timestamp;
  return { id, name, offset, size, reading, backwards, last };
}

/** Reads as far as it goes. */
function read(iterate: () => Iterable<Entry>): Reading {
  const entries: Reading['entries'][number][] = [];
  const { told } = trying(() => {
    for (const { region, timestamp, data } of iterate()) entries.push({ region: region.id, timestamp, data });
  });
  return { entries, told };
}

/** What a salvage got out. */
export interface Rescued {
  readonly regions: readonly { readonly id: number; readonly name: string | undefined }[];
  readonly reading: Reading;
  readonly missing: readonly Missing[];
}

/** Salvages what stands in those bytes; undefined if nothing can be told of it. */
export async function rescue(bytes: Uint8Array): Promise<Rescued | undefined> {
  const salvage = await Stream.salvage(new ImageMedium(bytes)).catch((error: unknown) => {
    if (!isFailure(error, DAMAGE)) throw error;
  });
  if (salvage === undefined) return undefined;
  const regions = Array.from(salvage.regions(), ({ id, name }) => ({ id, name }));
  const reading = read(() => salvage.entries());
  salvage.closeSync();
  return { regions, reading, missing: salvage.missing };
}

/** An error that is not about damage is thrown on. */
function trying<T>(work: () => T): { value?: T; told: Told | undefined } {
  try {
    return { value: work(), told: undefined };
  } catch (error) {
    if (!isFailure(error, DAMAGE)) throw error;
    const { code, message, offset } = error as Error & { code: string; offset?: number };
    return { told: { code, message, offset } };
  }
}
