import { type LogOptions, VarveError } from '../index.js';
import { ByteQueue } from '../stream/byte-queue.js';

/**
 * An export: lines of JSON. First the head, then a line for each region and each log, then for each entry, in global order, a line that is followed by its
 * `size` bytes as they are and a newline; then the end, by which a whole export is told from one that was cut short.
 */
export type ExportRecord =
  | { varve: 'export'; version: typeof EXPORT_VERSION; size: number; blockSize: number }
  | { region: number; name?: string; size: number }
  | LogRecord
  | EntryRecord
  | { end: { entries: number; bytes: number } };

/** A log, and its options: sizes in bytes, times in milliseconds. Of one that was salvaged nobody knows them. */
export interface LogRecord extends LogOptions {
  log: string;
}

/** The line in front of an entry's bytes: its timestamp, the id of its region or the name of its log, its size in bytes. */
export interface EntryRecord {
  entry: number;
  region?: number;
  log?: string;
  size: number;
}

/** The only version there is so far. */
export const EXPORT_VERSION = 1;
/** Far more than a name of 255 bytes takes, every one of them escaped. */
const LONGEST_LINE = 4096;
const NEWLINE_BYTES = 1;

/** Reads an export that comes in pieces. */
export class ExportReader {
  readonly #queue = new ByteQueue();
  readonly #announce: (record: EntryRecord) => void;
  readonly #take: (record: ExportRecord, data: Uint8Array) => void;
  /** The entry whose bytes are coming. */
  #entry: EntryRecord | undefined;
  #ended = false;

  /**
   * @param announce gets an entry's line before its bytes are gathered in memory: what it throws refuses them
   * @param take gets every record; `data` is empty for all but entries
   */
  constructor(
    announce: (record: EntryRecord) => void,
    take: (record: ExportRecord, data: Uint8Array) => void,
  ) {
    this.#announce = announce;
    this.#take = take;
  }

  /** Takes the next bytes. Throws `VARVE_CORRUPT` if they are no export, and what `take` throws. */
  push(bytes: Buffer): void {
    this.#queue.push(bytes);
    while (this.#entry === undefined ? this.#line() : this.#payload(this.#entry));
  }

  /** Says that nothing follows. Throws `VARVE_CORRUPT` if something is missing. */
  end(): void {
    if (!this.#ended) throw corrupt('it is cut short, its last line is missing');
  }

  #line(): boolean {
    const line = this.#queue.line();
    if (line === undefined) {
      if (this.#queue.pending > LONGEST_LINE) throw corrupt('it is not an export of varve');
      return false;
    }
    if (this.#ended) throw corrupt('something follows its last line');
    const record = parse(line);
    if ('entry' in record) {
      this.#announce(record);
      this.#entry = record;
    } else {
      this.#ended = 'end' in record;
      this.#take(record, new Uint8Array());
    }
    return true;
  }

  #payload(record: EntryRecord): boolean {
    const data = this.#queue.take(record.size + NEWLINE_BYTES);
    if (data === undefined) return false;
    this.#entry = undefined;
    this.#take(record, data.subarray(0, record.size));
    return true;
  }
}

/** The error for an export that cannot be used. */
export function corrupt(why: string): VarveError {
  return new VarveError('VARVE_CORRUPT', `Cannot import standard input: ${why}`);
}

function parse(line: Buffer): ExportRecord {
  let record: unknown;
  try {
    record = JSON.parse(line.toString());
  } catch {
    throw corrupt('it is not an export of varve, or was changed');
  }
  if (!isRecord(record)) throw corrupt(`it has a line of an unknown kind: ${line.toString().slice(0, 80)}`);
  return record;
}

function isRecord(value: unknown): value is ExportRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  const counts = (...names: string[]) => names.every((name) => isCount(record[name]));
  if (record['varve'] === 'export')
    return record['version'] === EXPORT_VERSION && counts('size', 'blockSize');
  if ('end' in record) return typeof record['end'] === 'object' && record['end'] !== null;
  if ('entry' in record) return counts('entry', 'size') && isPlace(record);
  if ('log' in record) return typeof record['log'] === 'string';
  return counts('region', 'size') && (record['name'] === undefined || typeof record['name'] === 'string');
}

/** Where an entry belongs. */
function isPlace({ region, log }: Record<string, unknown>): boolean {
  return typeof log === 'string' || isCount(region);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
