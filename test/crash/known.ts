import assert from 'node:assert/strict';
import type { Stream } from '../../src/index.js';

/** An entry that was appended. */
export interface KnownEntry {
  readonly timestamp: number;
  readonly bytes: Uint8Array;
  /** The last timestamp of the transaction that it is a part of. */
  readonly transaction?: number;
}

/** What is known of a region: what was appended to it, and how much of that was acknowledged as persisted. */
export interface KnownRegion {
  readonly id: number;
  readonly name: string | undefined;
  readonly size: number;
  readonly entries: readonly KnownEntry[];
  /** So many of the entries, from the first on, must survive. */
  readonly persisted: number;
}

/** What is known of a stream: its regions by id. Never changed, only replaced. */
export type Known = ReadonlyMap<number, KnownRegion>;

/** `known` with this region as it is now. */
export function withRegion(known: Known, region: KnownRegion): Known {
  return new Map([...known, [region.id, region]]);
}

/** `known` without the region. */
export function withoutRegion(known: Known, id: number): Known {
  return new Map([...known].filter(([other]) => other !== id));
}

/** `known` after everything in it was acknowledged as persisted. */
export function allPersisted(known: Known): Known {
  return new Map([...known].map(([id, region]) => [id, { ...region, persisted: region.entries.length }]));
}

/** What a stream shows to somebody who reads all of it. */
export function readAll(stream: Stream): Known {
  const found = new Map<number, KnownRegion>();
  for (const region of stream.regions()) {
    const entries: KnownEntry[] = [];
    const cursor = region.cursor();
    while (cursor.next()) entries.push({ timestamp: cursor.timestamp, bytes: cursor.data.slice() });
    const { id, name, size } = region;
    found.set(id, { id, name, size, entries, persisted: entries.length });
  }
  return found;
}

/** True if the first entries of `longer` are those of `shorter`. */
export function startsWith(longer: readonly KnownEntry[], shorter: readonly KnownEntry[]): boolean {
  return (
    shorter.length <= longer.length &&
    shorter.every((entry, i) => {
      const other = longer[i] as KnownEntry;
      return entry.timestamp === other.timestamp && Buffer.compare(entry.bytes, other.bytes) === 0;
    })
  );
}

/** True if the region holds an entry with that timestamp. */
export function holds(known: Known, region: number, timestamp: number): boolean {
  return known.get(region)?.entries.some((entry) => entry.timestamp === timestamp) === true;
}

/** For messages: regions with their entries' timestamps and sizes. */
export function describe(known: Known): string {
  const regions = [...known.values()].map(({ id, name, size, entries, persisted }) => {
    const list = entries.map(({ timestamp, bytes }) => `${timestamp}:${bytes.length}`).join(' ');
    return `#${id}${name === undefined ? '' : ` '${name}'`} (${size} bytes, ${persisted} persisted) [${list}]`;
  });
  return regions.length === 0 ? 'no regions' : regions.join(', ');
}

/** The newest timestamp in it; 0 if there is none. */
export function newestOf(known: Known): number {
  let newest = 0;
  for (const { entries } of known.values()) newest = Math.max(newest, entries.at(-1)?.timestamp ?? 0);
  return newest;
}

/** Throws unless both hold the same regions with the same entries. */
export function assertSame(found: Known, expected: Known, when: string): void {
  const same =
    found.size === expected.size && [...expected.values()].every((region) => isSame(found, region));
  if (!same) {
    assert.fail(
      `Something else is there ${when}. Found: ${describe(found)}. Expected: ${describe(expected)}`,
    );
  }
}

function isSame(found: Known, region: KnownRegion): boolean {
  const other = found.get(region.id);
  return (
    other !== undefined &&
    other.name === region.name &&
    other.size === region.size &&
    other.entries.length === region.entries.length &&
    startsWith(region.entries, other.entries)
  );
}
