import fs from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '../base/errors.js';
import { type Acts, act, actSync } from '../core/log/acts.js';
import type { ConsumerRecord } from '../core/log/consumer-records.js';
import type { LogCore } from '../core/log/log-core.js';
import type { RegionLog } from '../core/region-log.js';
import { fileNameOf, type Position } from '../format/position.js';
import { ioError } from '../media/io-error.js';
import { Consumer, Meter } from './consumer.js';
import { type ConsumerOptions, consumerName, positionAt } from './consumer-options.js';
import { gapOption } from './log-reading.js';
import { assertOptions, flagOption, signalOption } from './options.js';
import { busyConsumer, isNothing, type Owner, PositionFile, readPosition } from './position-file.js';
import { FileKeeper, JournalKeeper, type PositionKeeper } from './position-keepers.js';
import type { Region } from './region.js';

/** What is known of a consumer, be it open or not. */
export interface ConsumerInfo {
  readonly name: string;
  /** Timestamp up to which everything is acknowledged; 0 if nothing is. */
  readonly position: number;
  /** Entries that are not acknowledged yet. */
  readonly lag: number;
  /** The bytes that those take in their segments, with what stands around each. */
  readonly lagBytes: number;
  /** True if nothing that it has not acknowledged is trimmed. */
  readonly protect: boolean;
}

/** A consumer as the journal, or a file, knows it. */
type Known = Pick<Position, 'position' | 'revision' | 'protect'>;

/**
 * The consumers of a log. Whoever writes to the stream keeps their positions in the log's journal; a process that only reads it keeps them in
 * files beside the stream. Of what both say of a consumer, the higher revision counts.
 */
export class Consumers {
  readonly #log: LogCore;
  readonly #regionOf: (region: RegionLog) => Region;
  /** Where the files of its consumers are; undefined where there is no such place. It stays what it is when the stream's file is renamed. */
  readonly #directory: string | undefined;
  /** Those that are open in this thread. */
  readonly #open = new Map<string, Consumer | undefined>();
  /** The files that this thread has locked of those, where the journal says the same or more. */
  readonly #held = new Set<string>();
  readonly #letGo = () => {
    for (const consumer of this.#open.values()) consumer?.release();
  };

  constructor(log: LogCore, regionOf: (region: RegionLog) => Region) {
    this.#log = log;
    this.#regionOf = regionOf;
    this.#directory = directoryOf(log);
    log.slowest = () => this.#slowest();
    log.core.closers.add(this.#letGo);
  }

  /** Opens a consumer, or makes it. */
  async open(name: string, options: ConsumerOptions | undefined): Promise<Consumer> {
    const request = this.#request(name, options);
    const place = this.#takePlace(request);
    try {
      if (place.at !== undefined) await place.file.save(place.at);
      else await act(this.#log, noted(this.#log, request, place.said));
    } catch (error) {
      this.#giveUp(name, place);
      throw error;
    }
    return this.#opened(request, place);
  }

  /** As `open`, blocking. */
  openSync(name: string, options: ConsumerOptions | undefined): Consumer {
    const request = this.#request(name, options);
    const place = this.#takePlace(request);
    try {
      if (place.at !== undefined) place.file.saveSync(place.at);
      else actSync(this.#log, noted(this.#log, request, place.said));
    } catch (error) {
      this.#giveUp(name, place);
      throw error;
    }
    return this.#opened(request, place);
  }

  /** All that there are, by their names. */
  list(): ConsumerInfo[] {
    this.#log.follow();
    // One pass over the entries for all of them.
    const known = [...this.#known()].sort(([, a], [, b]) => a.position - b.position);
    const meter = new Meter(this.#log);
    const all = known.map(([name, { position, protect }]) => {
      const { entries, bytes } = meter.behind(position);
      return { name, position, lag: entries, lagBytes: bytes, protect };
    });
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Removes a consumer; false if there is none. */
  async remove(name: string): Promise<boolean> {
    const known = this.#removeFile(name);
    if (!this.#log.core.readOnly) await act(this.#log, forgotten(name));
    return known;
  }

  /** As `remove`, blocking. */
  removeSync(name: string): boolean {
    const known = this.#removeFile(name);
    if (!this.#log.core.readOnly) actSync(this.#log, forgotten(name));
    return known;
  }

  /** The log was freed: nobody may be held back any more by what stands beside it. */
  logFreed(): void {
    this.#log.core.closers.delete(this.#letGo);
    this.#letGo();
    const directory = this.#directory;
    if (directory !== undefined) fs.rmSync(directory, { recursive: true, force: true });
  }

  #owner(consumer: string): Owner {
    return { log: this.#log.name, consumer, uuid: this.#log.core.uuid };
  }

  #request(name: string, options: ConsumerOptions = {}): Request {
    assertOptions(options);
    consumerName(name);
    gapOption(options.onGap, this.#log.name);
    signalOption(options.signal);
    const protect = options.protect === undefined ? undefined : flagOption(options.protect, 'protect');
    this.#log.follow();
    if (this.#open.has(name)) throw busyConsumer(this.#log.name, name, 'here');
    const from = this.#knows(name) ? 0 : positionAt(this.#log, options.from ?? 'first');
    return { name, options, protect, from };
  }

  /** Keeps others from opening it, and finds out what is said of it. */
  #takePlace(request: Request): Place {
    const { name } = request;
    const place = this.#log.core.readOnly ? this.#placeOfReader(request) : this.#placeOfWriter(name);
    this.#open.set(name, undefined);
    return place;
  }

  #placeOfReader({ name, from, protect }: Request): Place {
    const directory = this.#directory;
    if (directory === undefined) {
      throw new VarveError(
        'VARVE_READ_ONLY',
        `Cannot keep the position of the consumer '${name}' as this stream is open read-only, and is no file that another could stand beside: ` +
          'open the consumer where the stream is written',
      );
    }
    const file = PositionFile.open(join(directory, fileNameOf(name)), this.#owner(name));
    // Only now: whoever had it open may just have moved it.
    this.#log.journal.refresh();
    const base = newer(file.said, this.#log.journal.state.consumers.named(name));
    const position = base?.position ?? from;
    const revision = (base?.revision ?? 0) + 1;
    const at = { ...this.#owner(name), position, revision, protect: protect ?? base?.protect ?? false };
    return { file, at };
  }

  /** Where the place beside the stream cannot be written to, nobody else is known of. */
  #placeOfWriter(name: string): Place {
    const directory = this.#directory;
    if (directory === undefined) return { file: undefined, at: undefined, said: undefined };
    const path = join(directory, fileNameOf(name));
    try {
      const file = PositionFile.open(path, this.#owner(name));
      return { file, at: undefined, said: file.said };
    } catch (error) {
      if (!(error instanceof VarveError) || error.code !== 'VARVE_IO') throw error;
      return { file: undefined, at: undefined, said: readPosition(path, this.#log.core.uuid) };
    }
  }

  #giveUp(name: string, { file }: Place): void {
    this.#open.delete(name);
    file?.close(false);
  }

  #opened({ name, options }: Request, place: Place): Consumer {
    const file = fileNameOf(name);
    const home = {
      log: this.#log,
      regionOf: this.#regionOf,
      closed: () => {
        this.#open.delete(name);
        this.#held.delete(file);
      },
    };
    if (place.at === undefined && place.file !== undefined) this.#held.add(file);
    const consumer = new Consumer(home, name, this.#keeper(name, place), options);
    this.#open.set(name, consumer);
    return consumer;
  }

  #keeper(name: string, place: Place): PositionKeeper {
    if (place.at !== undefined) return new FileKeeper(place.file, place.at);
    const { journal } = this.#log;
    return new JournalKeeper(journal, journal.state.consumers.named(name) as ConsumerRecord, place.file);
  }

  /** True if there was one. */
  #removeFile(name: string): boolean {
    consumerName(name);
    this.#log.follow();
    const { core, journal } = this.#log;
    if (this.#open.has(name)) throw busyConsumer(this.#log.name, name, 'here');
    const known = this.#knows(name);
    if (core.readOnly && journal.state.consumers.named(name) !== undefined) core.assertWritable();
    const directory = this.#directory;
    const path = directory && join(directory, fileNameOf(name));
    if (path !== undefined && fs.existsSync(path)) PositionFile.open(path, this.#owner(name)).close(true);
    return known;
  }

  /** No entry from there on may be trimmed. */
  #slowest(): number {
    const { consumers } = this.#log.journal.state;
    const files = [...this.#said()];
    if (files.length === 0) return consumers.leastProtected + 1;
    let slowest = Number.POSITIVE_INFINITY;
    for (const { protect, position } of this.#merged(files).values()) {
      if (protect) slowest = Math.min(slowest, position + 1);
    }
    return slowest;
  }

  #knows(name: string): boolean {
    if (this.#log.journal.state.consumers.named(name) !== undefined) return true;
    if (this.#directory === undefined) return false;
    const said = readPosition(join(this.#directory, fileNameOf(name)), this.#log.core.uuid);
    return said?.log === this.#log.name && said.consumer === name;
  }

  #known(): Map<string, Known> {
    return this.#merged(this.#said());
  }

  #merged(files: Iterable<Position>): Map<string, Known> {
    const known = new Map<string, Known>();
    for (const record of this.#log.journal.state.consumers.values()) known.set(record.name, record);
    for (const said of files) known.set(said.consumer, newer(known.get(said.consumer), said) as Known);
    return known;
  }

  /** What the files say, but for those that are only there since this thread has their consumers open. */
  *#said(): IterableIterator<Position> {
    const directory = this.#directory;
    if (directory === undefined) return;
    for (const file of filesIn(directory)) {
      if (this.#held.has(file)) continue;
      const said = readPosition(join(directory, file), this.#log.core.uuid);
      if (said?.log === this.#log.name) yield said;
    }
  }
}

/** What was asked for. */
interface Request {
  readonly name: string;
  readonly options: ConsumerOptions;
  readonly protect: boolean | undefined;
  /** Where it begins if there was none. */
  readonly from: number;
}

/** The file of a consumer that is about to be opened: where a reader keeps its position, from `at` on; or what a writer locks. */
type Place =
  | { readonly file: PositionFile; readonly at: Position }
  | { readonly file: PositionFile | undefined; readonly at: undefined; readonly said: Position | undefined };

/** Makes a consumer in the journal, and has it take over what a file says of it. */
function* noted(log: LogCore, { name, from, protect }: Request, said: Position | undefined): Acts {
  const record = () => log.journal.state.consumers.named(name);
  const { position = from, revision = 0 } = said ?? {};
  const protects = protect ?? (revision > (record()?.revision ?? 0) ? said?.protect : undefined);
  yield {
    note: (state) =>
      state.consumers.named(name) === undefined
        ? { kind: 'consumer', name, position, protect: protects ?? false }
        : undefined,
  };
  yield {
    note: (state) => {
      const { id, revision: before } = state.consumers.named(name) as ConsumerRecord;
      return revision > before ? { kind: 'position', id, position, revision: revision + 1 } : undefined;
    },
  };
  yield {
    note: (state) => {
      const { id, protect: before } = state.consumers.named(name) as ConsumerRecord;
      return protects === undefined || protects === before
        ? undefined
        : { kind: 'protect', id, protect: protects };
    },
  };
}

function* forgotten(name: string): Acts {
  yield {
    note: (state) => {
      const record = state.consumers.named(name);
      return record && { kind: 'forget', id: record.id };
    },
  };
}

function newer(one: Known | undefined, other: Known | undefined): Known | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.revision >= other.revision ? one : other;
}

function directoryOf({ core, name }: LogCore): string | undefined {
  const { path } = core.medium;
  if (path === undefined) return undefined;
  try {
    const real = fs.realpathSync(path);
    return fs.statSync(real).isFile() ? join(`${real}.consumers`, fileNameOf(name)) : undefined;
  } catch {
    // It was removed.
    return undefined;
  }
}

/** Names with a dot are none of ours. */
function filesIn(directory: string): string[] {
  try {
    return fs.readdirSync(directory).filter((name) => !name.includes('.'));
  } catch (cause) {
    if (isNothing(cause)) return [];
    throw ioError('read', directory, cause);
  }
}
