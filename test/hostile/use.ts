import { type Entry, type Region, Stream, type StreamOptions, type Target } from '../../src/index.js';
import type { Random } from '../../src/testing/random.js';
import { isFailure } from '../helpers/errors.js';

/** Codes with which work on a hostile stream may end; the others say something about the caller or the machine. */
const ALLOWED = [
  'VARVE_CORRUPT',
  'VARVE_NOT_A_STREAM',
  'VARVE_MISMATCH',
  'VARVE_FULL',
  'VARVE_EXISTS',
  'VARVE_NOT_FOUND',
  'VARVE_REGION_FREED',
];

/** Entries looked at in one pass: a stream cannot hold more than one for 16 bytes. */
export interface Bounds {
  readonly entries: number;
  /** Called with every view that is handed out. */
  readonly inside: (view: Uint8Array) => void;
}

/** What was seen in one use of a stream. */
export interface Use {
  /** False if it could not even be opened. */
  opened: boolean;
  entries: number;
  /** Codes of the errors, each once. */
  readonly codes: Set<string>;
}

/** Opens a stream that somebody forged, does everything that can be done with it, and lets no error pass that is not one of varve's. */
export async function useHostile(
  target: Target,
  options: StreamOptions,
  bounds: Bounds,
  random: Random,
): Promise<Use> {
  const use = new Visit(bounds);
  let stream: Stream | undefined;
  await use.attempt(() => {
    stream = Stream.openSync(target, { mode: 'open', ...options });
  });
  if (stream === undefined) return use;
  use.opened = true;
  await use.all(stream, options.readOnly === true, random);
  await use.attempt(() => stream?.closeSync());
  return use;
}

class Visit implements Use {
  opened = false;
  entries = 0;
  readonly codes = new Set<string>();
  readonly #bounds: Bounds;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  async attempt(action: () => unknown): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!isFailure(error, ALLOWED)) throw error;
      this.codes.add((error as { code?: string }).code ?? '');
    }
  }

  async all(stream: Stream, readOnly: boolean, random: Random): Promise<void> {
    const regions: Region[] = [];
    await this.attempt(() => {
      for (const region of stream.regions()) regions.push(region);
    });
    assertCounts(stream.size, stream.blockSize, stream.available, stream.committed, stream.persisted);
    const some = regions.length < 8 ? regions : Array.from({ length: 8 }, () => pick(regions, random));
    for (const region of some) await this.#read(region, random);
    await this.attempt(() => this.#count(stream.entries({ from: random(100) })));
    await this.attempt(() => this.#count(stream.entries({ reverse: true, until: 'persisted' })));
    await this.attempt(() => stream.check());
    if (readOnly) return;
    for (const region of some.slice(0, 4)) await this.#write(region, random);
    await this.#restructure(stream, some, random);
    await this.attempt(() => stream.check());
  }

  async #read(region: Region, random: Random): Promise<void> {
    assertCounts(region.id, region.size, region.offset, region.available);
    await this.attempt(() => this.#count(region));
    await this.attempt(() => this.#count(region.entries({ reverse: true })));
    await this.attempt(() => this.#count(region.entries({ from: 1 + random(60) })));
    await this.attempt(() => this.#look(region.get(1 + random(60))));
    await this.attempt(() => {
      const cursor = region.cursor();
      for (let left = this.#bounds.entries; cursor.next(); left--) {
        if (left < 0) throw new Error('a cursor that does not end');
        this.#bounds.inside(cursor.data);
        assertCounts(cursor.timestamp, cursor.offset, cursor.size);
      }
    });
  }

  async #write(region: Region, random: Random): Promise<void> {
    await this.attempt(() => this.#look(region.appendSync(new Uint8Array(random(80)))));
    await this.attempt(() => region.appendSync('committed', { until: 'committed' }));
    await this.attempt(async () => this.#look(await region.appendv(['one', 'two'])));
    await this.attempt(() => {
      using first = region.reserve(8);
      using second = region.reserve(40);
      for (const slot of [first, second]) this.#bounds.inside(slot.data);
      (random(2) === 0 ? first : second).cancel();
    });
    await this.attempt(() => region.appendSync(new Uint8Array(region.available)));
    await this.attempt(() => this.#count(region));
  }

  async #restructure(stream: Stream, regions: readonly Region[], random: Random): Promise<void> {
    await this.attempt(async () =>
      this.#write(await stream.allocate(1 + random(300), { name: 'new' }), random),
    );
    await this.attempt(() => stream.allocateSync(Math.max(1, stream.available)));
    for (const region of new Set(regions)) {
      const act = random(6);
      if (act === 0) await this.attempt(() => region.clearSync());
      if (act === 1) await this.attempt(() => region.free());
      if (act !== 2) continue;
      await this.attempt(() => region.clear());
      await this.attempt(() => region.appendSync('anew'));
    }
    for (let slot = random(40); slot > 30; slot--) await this.attempt(() => stream.allocateSync(1));
    await this.attempt(() => stream.persist());
  }

  #count(entries: Iterable<Entry>): void {
    let count = 0;
    for (const entry of entries) {
      this.#look(entry);
      if (++count > this.#bounds.entries) throw new Error('an iteration that does not end');
    }
    this.entries += count;
  }

  #look(entry: Entry | undefined): void {
    if (entry === undefined) return;
    this.#bounds.inside(entry.data);
    if (entry.data.length !== entry.size) throw new Error(`${entry.data.length} bytes of ${entry.size}`);
    assertCounts(entry.timestamp, entry.offset);
  }
}

/** Numbers that a program may count with. */
function assertCounts(...numbers: number[]): void {
  for (const number of numbers) {
    if (!Number.isSafeInteger(number) || number < 0) throw new Error(`${number} was handed out as a number`);
  }
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[random(items.length)] as T;
}
