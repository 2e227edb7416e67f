import type { Command } from 'commander';
import type { Stream } from '../index.js';
import { EXPORT_VERSION, type ExportRecord } from './export-format.js';
import { Meter } from './meter.js';
import { type CommonOptions, withCommonOptions } from './options.js';
import { Output } from './output.js';
import { withStream } from './target.js';

const NEWLINE = Buffer.from('\n');

/** `varve export`: all regions and entries to standard output. */
export function addExport(program: Command): void {
  const command = program
    .command('export')
    .summary('write all of a stream to standard output')
    .description('Writes all regions and entries of a stream to standard output, for varve import.')
    .argument('<stream>', 'path of the stream')
    .addHelpText(
      'after',
      `
The form: lines of JSON, for the stream, for each region, for each entry in global order, and at the end. An entry's line is
followed by its "size" bytes as they are, and a newline.

Example:
  varve export orders.varve | gzip > orders.gz`,
    );
  withCommonOptions(command, 'write the summary as JSON').action(exportStream);
}

async function exportStream(path: string, { medium, json }: CommonOptions): Promise<void> {
  const meter = new Meter();
  const output = new Output();
  await withStream(path, { medium, readOnly: true }, async (stream) => {
    await writeAll(stream, output, meter).finally(() => meter.clear());
  });
  process.stderr.write(json ? `${JSON.stringify(meter)}\n` : `varve: exported ${meter}\n`);
}

async function writeAll(stream: Stream, output: Output, meter: Meter): Promise<void> {
  const writeRecord = (record: ExportRecord) => output.line(JSON.stringify(record));
  writeRecord({ varve: 'export', version: EXPORT_VERSION, size: stream.size, blockSize: stream.blockSize });
  for (const { id, name, size } of stream.regions()) {
    writeRecord({ region: id, ...(name !== undefined && { name }), size });
  }
  try {
    for (const { timestamp, region, size, data } of stream.entries()) {
      writeRecord({ entry: timestamp, region: region.id, size });
      output.write(data);
      output.write(NEWLINE);
      meter.add(size);
      if (output.full) await output.drained();
    }
    writeRecord({ end: { entries: meter.entries, bytes: meter.bytes } });
  } finally {
    await output.flush();
  }
}
