import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Region, Stream, type StreamOptions } from '../../src/index.js';
import { SimulatedMedium } from '../../src/testing/index.js';
import { pattern } from '../helpers/bytes.js';
import { LAYOUT } from '../helpers/format.js';
import { anatomyOf, type Noted, type Reference } from './anatomy.js';

/** Fills a stream, and notes beside it what every region holds. */
class Scribe {
  readonly stream: Stream;
  readonly noted: Noted = new Map();

  constructor(stream: Stream) {
    this.stream = stream;
  }

  allocate(size: number, name?: string): Region {
    const region = this.stream.allocateSync(size, name === undefined ? {} : { name });
    this.noted.set(region.id, { name, entries: new Map() });
    return region;
  }

  append(region: Region, data: Uint8Array, until: 'committed' | 'persisted' = 'persisted'): void {
    this.#note(region, region.appendSync(data, { until }).timestamp, data);
  }

  /** Publishes less than was reserved while another slot is open behind it, which leaves a gap or a filler. */
  publishLess(region: Region, reserved: number, data: Uint8Array, behind: Uint8Array): void {
    const slot = region.reserve(reserved);
    const next = region.reserve(behind.length);
    slot.data.set(data);
    next.data.set(behind);
    const first = slot.publishSync(data.length, { until: 'committed' });
    this.#note(region, first.timestamp, data);
    this.#note(region, next.publishSync().timestamp, behind);
  }

  /** Leaves a filler in front of `behind`. */
  cancel(region: Region, reserved: number, behind: Uint8Array): void {
    const slot = region.reserve(reserved);
    const next = region.reserve(behind.length);
    next.data.set(behind);
    slot.cancel();
    this.#note(region, next.publishSync().timestamp, behind);
  }

  clear(region: Region): void {
    region.clearSync();
    this.noted.get(region.id)?.entries.clear();
  }

  free(region: Region): void {
    region.freeSync();
    this.noted.delete(region.id);
  }

  #note(region: Region, timestamp: number, data: Uint8Array): void {
    this.noted.get(region.id)?.entries.set(timestamp, Buffer.from(data));
  }
}

function make(
  name: string,
  size: number,
  closed: boolean,
  fill: (scribe: Scribe) => void,
  options: StreamOptions = {},
): Reference {
  const medium = new SimulatedMedium(size);
  const scribe = new Scribe(Stream.openSync(medium, { blockSize: 64, ...options }));
  fill(scribe);
  if (closed) scribe.stream.closeSync();
  const image = Buffer.from(medium.crashPoint().durable);
  medium.close();
  return anatomyOf(name, image, scribe.noted, closed);
}

/** A crash in the midst of closing: the first copies of the records have new marks, the second ones old marks. */
function makeBetweenMarks(name: string, size: number): Reference {
  const medium = new SimulatedMedium(size);
  const scribe = new Scribe(Stream.openSync(medium, { blockSize: 64 }));
  fillUncertified(scribe);
  let image: Buffer | undefined;
  medium.onDrain = (moment) => {
    const durable = Buffer.from(medium.crashPoint().durable);
    if (moment === 'after drain' && !sameRecords(durable)) image ??= durable;
  };
  scribe.stream.closeSync();
  if (image === undefined) throw new Error('closing did not write the marks in two steps');
  return anatomyOf(name, image, scribe.noted, false);
}

/**
 * A stream that was recovered after a crash had torn the first one of some entries in flight, and closed: whole entries stand behind the
 * end of a region, of the same life, that are none.
 */
function makeRecovered(name: string, size: number): Reference {
  const crashed = new SimulatedMedium(size);
  const scribe = new Scribe(Stream.openSync(crashed, { blockSize: 64 }));
  const region = scribe.allocate(1024, 'torn');
  for (let i = 0; i < 3; i++) scribe.append(region, pattern(30 + i, i));
  for (let i = 0; i < 3; i++) region.appendSync(pattern(40, 100 + i), { until: 'committed' });
  scribe.stream.persistSync();
  const image = Buffer.from(crashed.crashPoint().durable);
  crashed.close();
  image.fill(0, image.indexOf(pattern(40, 100)), image.indexOf(pattern(40, 100)) + 8);
  const recovered = SimulatedMedium.fromImage(image);
  Stream.openSync(recovered).closeSync();
  return anatomyOf(name, Buffer.from(recovered.crashPoint().durable), scribe.noted, true);
}

function sameRecords(image: Buffer): boolean {
  const { page, record, records } = LAYOUT;
  const [first, second] = [0, page].map((at) =>
    image.subarray(at + record.offset, at + record.offset + records * record.size),
  );
  return first !== undefined && second !== undefined && first.equals(second);
}

function fillSmall(scribe: Scribe): void {
  const gone = scribe.allocate(64, 'gone');
  scribe.append(gone, pattern(3, 1));
  const first = scribe.allocate(320, 'first');
  const exact = scribe.allocate(128);
  scribe.append(first, pattern(5, 2));
  scribe.append(exact, pattern(0, 3));
  scribe.free(gone);
  scribe.append(first, pattern(0, 4));
  scribe.append(exact, pattern(96, 5));
  scribe.cancel(first, 8, pattern(20, 6));
  scribe.publishLess(first, 16, pattern(3, 7), pattern(8, 8));
  scribe.clear(scribe.allocate(64, 'cleared'));
}

function fillMuch(scribe: Scribe): void {
  const gone = [scribe.allocate(1024, 'gone'), scribe.allocate(4096)];
  for (const region of gone) scribe.append(region, pattern(500, region.id));
  const regions = [scribe.allocate(4096, 'sizes'), scribe.allocate(8192), scribe.allocate(2048, 'naïve ✓')];
  const cleared = scribe.allocate(1024, 'cleared');
  for (let i = 0; i < 9; i++) scribe.append(cleared, pattern(64, i));
  for (let i = 0; i < 60; i++)
    scribe.append(regions[i % 3] as Region, pattern((i * 13) % 90, i), i % 4 ? 'committed' : 'persisted');
  scribe.clear(cleared);
  scribe.append(cleared, pattern(100, 9));
  scribe.append(scribe.allocate(512, 'exact'), pattern(496, 10));
  scribe.allocate(64, 'empty');
  scribe.append(regions[1] as Region, pattern(5000, 11));
  for (const region of gone) scribe.free(region);
  for (let i = 0; i < 5; i++) scribe.publishLess(regions[0] as Region, 40, pattern(i, i), pattern(24, i));
  for (let i = 0; i < 5; i++) scribe.cancel(regions[2] as Region, 8 * i, pattern(40, i));
  scribe.append(scribe.allocate(640, 'heir'), pattern(600, 12));
}

/** Entries that a line holds exactly, so that swapped lines hold whole entries; in a line, a sector, a page of them. */
function fillAligned(scribe: Scribe): void {
  const regions = [64 * 12, 64 * 12, 512 * 4, 4096 * 2].map((size) => scribe.allocate(size));
  for (let i = 0; i < 8; i++) {
    for (const [n, payload] of [48, 48, 496].entries()) {
      if (n < 2 || i < 4) scribe.append(regions[n] as Region, pattern(payload, 10 * i + n));
    }
  }
  for (let i = 0; i < 2; i++) scribe.append(regions[3] as Region, pattern(4080, i));
}

/** Records that were used again and again stand beside ones that were used once. */
function fillTable(scribe: Scribe): void {
  for (let i = 0; i < 6; i++) scribe.free(scribe.allocate(64, `passing ${i}`));
  const passing: Region[] = [];
  for (let i = 0; i < 24; i++) {
    const region = scribe.allocate(64, i % 3 ? `region ${i}` : undefined);
    scribe.append(region, pattern(i, i));
    if (i % 5 === 3) for (let n = 0; n < 4; n++) scribe.clear(region);
    if (i % 5 > 2) passing.push(region);
  }
  for (const region of passing) scribe.free(region);
}

function fillUncertified(scribe: Scribe): void {
  const regions = [scribe.allocate(2048, 'one'), scribe.allocate(4096), scribe.allocate(1024, 'three')];
  for (let i = 0; i < 12; i++) scribe.append(regions[i % 3] as Region, pattern(20 + i, i));
  const passing = scribe.allocate(64);
  scribe.append(passing, pattern(1, 1));
  scribe.clear(passing);
  for (let i = 0; i < 24; i++) scribe.append(regions[i % 3] as Region, pattern((i * 7) % 60, i));
  for (let i = 0; i < 9; i++) scribe.append(regions[i % 3] as Region, pattern(33, i), 'committed');
  scribe.append(regions[1] as Region, pattern(0, 2));
  scribe.cancel(regions[0] as Region, 24, pattern(9, 3));
  scribe.append(regions[1] as Region, pattern(700, 4));
}

/** Clearing a region with entries makes a checkpoint: everything lies below the marks, and the stream was not closed. */
function fillCertified(scribe: Scribe): void {
  fillUncertified(scribe);
  const passing = scribe.allocate(64);
  scribe.append(passing, pattern(2, 1));
  scribe.clear(passing);
}

/** A closed stream that is as small as it can be and has everything in it: for every single bit. */
export function smallReference(): Reference {
  return make('small', 13_056, true, fillSmall);
}

/** Streams made by this version of the program. */
export function generatedReferences(): Reference[] {
  return [
    smallReference(),
    make('closed', 40_960, true, fillMuch),
    make('aligned', 28_672, true, fillAligned, { blockSize: 512 }),
    make('table', 49_152, true, fillTable),
    make('crashed, uncertified tail', 24_576, false, fillUncertified),
    make('crashed, all certified', 24_576, false, fillCertified),
    make('crashed, aligned', 28_672, false, fillAligned, { blockSize: 512 }),
    makeRecovered('recovered', 13_824),
    makeBetweenMarks('crashed between marks', 24_576),
    make('crashed, much', 40_960, false, fillMuch),
  ];
}

interface Golden {
  regions: { id: number; name?: string; entries: { timestamp: number; data: string }[] }[];
}

/** The streams that the first program of this version of the format made. */
export function goldenReferences(): Reference[] {
  return ['v1-closed', 'v1-table', 'v1-crashed'].map((name) => {
    const path = fileURLToPath(new URL(`../../../test/golden/${name}`, import.meta.url));
    const golden = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as Golden;
    return anatomyOf(name, readFileSync(`${path}.varve`), notedIn(golden), name !== 'v1-crashed');
  });
}

function notedIn({ regions }: Golden): Noted {
  return new Map(
    regions.map(({ id, name, entries }) => {
      const bytes = entries.map(({ timestamp, data }) => [timestamp, Buffer.from(data, 'base64')] as const);
      return [id, { name, entries: new Map(bytes) }];
    }),
  );
}
