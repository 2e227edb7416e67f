import { isUtf8 } from 'node:buffer';
import { type Command, Option } from 'commander';
import type { Entry } from '../index.js';
import type { Framing } from '../stream/framing.js';
import { withFraming, writeFramed } from './framing.js';
import { type CommonOptions, countOption, withCommonOptions } from './options.js';
import { Output } from './output.js';
import { findSource, withStream } from './target.js';

interface CatOptions extends CommonOptions {
  framing: Framing;
  from?: number;
  reverse?: true;
  hex?: true;
  follow?: true;
}

/** `varve cat`: entries to standard output. */
export function addCat(program: Command): void {
  const command = program
    .command('cat')
    .summary('write entries to standard output')
    .description(
      'Writes the entries of a region to standard output, or those of all regions in their global order.',
    )
    .argument('<stream>', 'path of the stream')
    .argument('[region]', 'name or id of the region, or name of a log; all of them if left out')
    .option('--from <timestamp>', 'begin at this timestamp', countOption)
    .addOption(new Option('--reverse', 'newest first').conflicts('follow'))
    .addOption(new Option('--hex', 'an entry a line, in hexadecimal').conflicts('json'))
    .option('--follow', 'wait for further entries, also of another process, for ever');
  withFraming(command, 'entries without anything between them');
  command.addHelpText(
    'after',
    `
Examples:
  varve cat orders.varve orders --from 1000
  varve cat orders.varve --follow --json | jq .text
  varve cat orders.varve images --framing length > images.bin`,
  );
  withCommonOptions(
    command,
    'an entry a line, as JSON: region, name (or log, time), timestamp, size, text or base64',
  ).action(cat);
}

async function cat(path: string, key: string | undefined, options: CatOptions): Promise<void> {
  await withStream(path, { medium: options.medium, readOnly: true }, async (stream) => {
    const source = key === undefined ? stream : await findSource(stream, key);
    const range = options.from === undefined ? {} : { from: options.from };
    const output = new Output();
    const write = writerFor(output, options);
    if (options.follow) {
      await follow(source.tail({ ...range, signal: output.broken }), output, write);
    } else {
      await copy(source.entries({ ...range, reverse: options.reverse === true }), output, write);
    }
  });
}

async function copy(entries: Iterable<Entry>, output: Output, write: (entry: Entry) => void): Promise<void> {
  try {
    for (const entry of entries) {
      write(entry);
      if (output.full) await output.drained();
    }
  } finally {
    // What lies before a damaged entry is good, and may be all that is left.
    await output.flush();
  }
}

async function follow(
  entries: AsyncIterable<Entry>,
  output: Output,
  write: (entry: Entry) => void,
): Promise<void> {
  for await (const entry of entries) {
    write(entry);
    output.flushSoon();
    if (output.full) await output.drained();
  }
  // It ended because nobody reads any more: that is what this throws.
  await output.flush();
}

function writerFor(output: Output, { json, hex, framing }: CatOptions): (entry: Entry) => void {
  if (json) return (entry) => output.line(JSON.stringify(describe(entry)));
  if (hex) return (entry) => output.line(bufferOf(entry).toString('hex'));
  return (entry) => writeFramed(output, framing, entry.data);
}

function describe(entry: Entry): object {
  const { region, timestamp, size } = entry;
  const data = bufferOf(entry);
  const payload = isUtf8(data) ? { text: data.toString() } : { base64: data.toString('base64') };
  const place = region.log === undefined ? { name: region.name } : { log: region.log, time: entry.time };
  return { region: region.id, ...place, timestamp, size, ...payload };
}

function bufferOf({ data }: Entry): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
