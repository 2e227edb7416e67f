import type { Command } from 'commander';
import { type Entry, type LogOptions, type Missing, type Region, Stream } from '../index.js';
import { EXPORT_VERSION, type ExportRecord } from './export-format.js';
import { Failed } from './failure.js';
import { Meter, terminalProgress } from './meter.js';
import { type CommonOptions, withCommonOptions } from './options.js';
import { Output } from './output.js';
import { withStream } from './target.js';

const NEWLINE = Buffer.from('\n');

interface ExportOptions extends CommonOptions {
  salvage?: true;
}

/** What can be exported: a stream, or what is left of one. */
interface Source {
  readonly size: number;
  readonly blockSize: number;
  regions(): Iterable<Region>;
  logs(): string[];
  entries(): Iterable<Entry>;
}

/** `varve export`: all regions and entries to standard output. */
export function addExport(program: Command): void {
  const command = program
    .command('export')
    .summary('write all of a stream to standard output')
    .description('Writes all regions and entries of a stream to standard output, for varve import.')
    .argument('<stream>', 'path of the stream')
    .option('--salvage', 'of a damaged stream, write everything that is whole, and tell what is missing')
    .addHelpText(
      'after',
      `
The form: lines of JSON, for the stream, for each region and log, for each entry in global order, and at the end. An entry's line is
followed by its "size" bytes as they are, and a newline.

With --salvage entries behind damage are written, too. What is missing is told on standard error, line by line; with --json
in the summary, as "missing". Regions whose names are damaged get none. Exit code 1 tells that something is missing.

Examples:
  varve export orders.varve | gzip > orders.gz
  varve export --salvage damaged.varve | varve import saved.varve`,
    );
  withCommonOptions(command, 'write the summary as JSON').action(exportStream);
}

async function exportStream(path: string, options: ExportOptions): Promise<void> {
  if (options.salvage) await exportRemains(path, options);
  else await exportWhole(path, options);
}

async function exportWhole(path: string, { medium, json }: ExportOptions): Promise<void> {
  const meter = new Meter();
  await withStream(path, { medium, readOnly: true }, async (stream) => {
    const options = async (log: string) => (await stream.log(log)).options;
    await writeAll(stream, meter, options);
  });
  process.stderr.write(json ? `${JSON.stringify(meter)}\n` : `varve: exported ${meter}\n`);
}

async function exportRemains(path: string, { medium, json }: ExportOptions): Promise<void> {
  const meter = new Meter();
  const salvage = await Stream.salvage(path, { medium, ...terminalProgress() });
  try {
    await writeAll(salvage, meter, async () => ({}));
  } finally {
    salvage.closeSync();
  }
  const { missing } = salvage;
  process.stderr.write(
    json ? `${JSON.stringify({ ...meter.toJSON(), missing })}\n` : inWords(meter, missing),
  );
  if (missing.length > 0) throw new Failed();
}

function inWords(meter: Meter, missing: readonly Missing[]): string {
  const losses = missing.map(({ message }) => `varve: ${message} (VARVE_CORRUPT)\n`);
  const verdict = missing.length === 0 ? 'nothing is missing' : 'something is missing, see above';
  return `${losses.join('')}varve: salvaged ${meter}; ${verdict}\n`;
}

async function writeAll(
  source: Source,
  meter: Meter,
  optionsOf: (log: string) => Promise<LogOptions>,
): Promise<void> {
  const output = new Output();
  const writeRecord = (record: ExportRecord) => output.line(JSON.stringify(record));
  const { size, blockSize } = source;
  writeRecord({ varve: 'export', version: EXPORT_VERSION, size, blockSize });
  for (const region of source.regions()) {
    const { id, name } = region;
    writeRecord({ region: id, ...(name !== undefined && { name }), size: region.size });
  }
  for (const log of source.logs()) writeRecord({ log, ...(await optionsOf(log)) });
  try {
    for (const { timestamp, region, size, data } of source.entries()) {
      const place = region.log === undefined ? { region: region.id } : { log: region.log };
      writeRecord({ entry: timestamp, ...place, size });
      output.write(data);
      output.write(NEWLINE);
      meter.add(size);
      if (output.full) await output.drained();
    }
    writeRecord({ end: { entries: meter.entries, bytes: meter.bytes } });
  } finally {
    await output.flush();
    meter.clear();
  }
}
