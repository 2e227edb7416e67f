import { rmSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { typeError } from '../base/errors.js';
import { type Log, type Region, Stream, VarveError } from '../index.js';
import type { Framing } from '../stream/framing.js';
import {
  corrupt,
  type EntryRecord,
  ExportReader,
  type ExportRecord,
  type LogRecord,
} from './export-format.js';
import { withFraming } from './framing.js';
import { importPredecessor } from './import-predecessor.js';
import { standardInput } from './input.js';
import { Meter } from './meter.js';
import {
  type CommonOptions,
  type GrowthOptions,
  growthOf,
  sizeOption,
  withCommonOptions,
  withMaxSize,
} from './options.js';
import { Pacer } from './pacer.js';

interface ImportOptions extends CommonOptions, GrowthOptions {
  size?: number;
  /** What kind of file, its path, and perhaps the stream's. */
  from?: string[];
  framing: Framing;
}

/** `varve import`: makes a stream of what `varve export` wrote. */
export function addImport(program: Command): void {
  const command = program
    .command('import')
    .summary('make a stream of an export on standard input, or of a file of a predecessor')
    .description(
      'Makes a new stream of what varve export wrote: the same regions and logs, the same entries in the same order. Or of a file that pmemstream or libpmemlog wrote.',
    )
    .argument('[stream]', 'path of the stream to make')
    .option('--from <kind-and-file...>', 'pmemstream FILE or pmemlog FILE, instead of an export')
    .option('--size <size>', "another size than the exported stream's", sizeOption)
    .addHelpText(
      'after',
      `
Of an export, timestamps, the times of entries of logs and the ids of regions are given anew, in the same order; consumers of logs are not
taken along. Of a file of pmemstream, entries keep their timestamps; of a pool of libpmemlog, they become the region 'log'. When it fails, nothing
is left behind.

Examples:
  gunzip < orders.gz | varve import copy.varve --size 1GiB
  varve import --from pmemstream old.pmem new.varve
  varve import --from pmemlog app.pool new.varve --framing length`,
    );
  withFraming(command, 'all of a pool is one entry');
  withMaxSize(command);
  withCommonOptions(command, 'write the summary as JSON').action(importStream);
}

async function importStream(argument: string | undefined, options: ImportOptions): Promise<void> {
  const [kind, source, behind] = options.from ?? [];
  const path = argument ?? behind;
  if (path === undefined) throw typeError("Cannot import without a stream's path: varve import <stream>");
  if (options.from === undefined) await importExport(path, options);
  else importPredecessor(kind, source, path, options);
}

async function importExport(path: string, options: ImportOptions): Promise<void> {
  const meter = new Meter();
  const target = new ImportTarget(path, options, meter);
  try {
    await readAll(target);
  } catch (error) {
    await target.abandon();
    throw error;
  } finally {
    meter.clear();
  }
  const summary = options.json ? JSON.stringify(meter) : `varve: imported and persisted ${meter}`;
  process.stderr.write(`${summary}\n`);
}

async function readAll(target: ImportTarget): Promise<void> {
  const reader = new ExportReader(
    (record) => target.announce(record),
    (record, data) => target.take(record, data),
  );
  for await (const chunk of standardInput()) {
    reader.push(chunk);
    await target.keepUp();
  }
  reader.end();
  await target.finish();
}

/** The stream in the making. */
class ImportTarget {
  readonly #path: string;
  readonly #options: ImportOptions;
  readonly #meter: Meter;
  readonly #regions = new Map<number, Region>();
  readonly #logs = new Map<string, Log>();
  #stream: Stream | undefined;
  #pacer: Pacer | undefined;

  constructor(path: string, options: ImportOptions, meter: Meter) {
    this.#path = path;
    this.#options = options;
    this.#meter = meter;
  }

  take(record: ExportRecord, data: Uint8Array): void {
    if ('varve' in record) this.#create(record);
    else if ('end' in record) this.#compare(record.end);
    else if ('entry' in record) this.#append(record, data);
    else if ('log' in record) this.#makeLog(record);
    else this.#allocate(record);
  }

  /** An entry is coming. What cannot be taken is refused before it has come. */
  announce({ region: id, log, size }: EntryRecord): void {
    if (log !== undefined) {
      this.#logOf(log);
      return;
    }
    const { available } = this.#regionOf(id);
    if (size <= available) return;
    throw new VarveError(
      'VARVE_FULL',
      `Cannot import an entry of ${size} bytes: region ${id} has room for one of ${available}`,
    );
  }

  /** Waits as long as too much is not durable yet. */
  async keepUp(): Promise<void> {
    await this.#pacer?.keepUp(this.#meter.bytes);
  }

  async finish(): Promise<void> {
    await this.#pacer?.finish();
    await this.#stream?.close();
  }

  /** Leaves nothing behind of what was made here. */
  async abandon(): Promise<void> {
    if (this.#stream === undefined) return;
    await this.#stream.close().catch(() => {});
    if (statSync(this.#path, { throwIfNoEntry: false })?.isFile()) rmSync(this.#path);
  }

  #create({ size, blockSize }: { size: number; blockSize: number }): void {
    if (this.#stream !== undefined) throw corrupt('it has two heads');
    const { medium, size: asked = size } = this.#options;
    const growth = growthOf(this.#options);
    this.#stream = Stream.openSync(this.#path, { mode: 'create', medium, size: asked, blockSize, ...growth });
    this.#pacer = new Pacer(this.#stream);
  }

  #allocate({ region: id, size, name }: { region: number; size: number; name?: string }): void {
    if (this.#regions.has(id)) throw corrupt(`it has two regions ${id}`);
    this.#regions.set(id, this.#opened().allocateSync(size, name === undefined ? {} : { name }));
  }

  #makeLog({ log: name, ...options }: LogRecord): void {
    if (this.#logs.has(name)) throw corrupt(`it has two logs '${name}'`);
    this.#logs.set(name, this.#opened().logSync(name, options));
  }

  #append({ region, log }: EntryRecord, data: Uint8Array): void {
    const target = log === undefined ? this.#regionOf(region) : this.#logOf(log);
    target.appendSync(data, { until: 'committed' });
    this.#meter.add(data.byteLength);
  }

  #logOf(name: string): Log {
    const log = this.#logs.get(name);
    if (log === undefined) throw corrupt(`it has an entry of the log '${name}', but not the log`);
    return log;
  }

  #regionOf(id: number | undefined): Region {
    const region = id === undefined ? undefined : this.#regions.get(id);
    if (region === undefined) throw corrupt(`it has an entry of region ${id}, but not the region`);
    return region;
  }

  #compare(end: { entries: number; bytes: number }): void {
    const { entries, bytes } = this.#meter;
    if (end.entries === entries && end.bytes === bytes) return;
    throw corrupt(
      `it should hold ${end.entries} entries of ${end.bytes} bytes, and holds ${entries} of ${bytes}`,
    );
  }

  #opened(): Stream {
    if (this.#stream === undefined) throw corrupt('its first line is not that of an export');
    return this.#stream;
  }
}
