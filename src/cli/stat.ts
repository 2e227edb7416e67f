import type { Command } from 'commander';
import { formatSize } from '../base/sizes.js';
import type { Log, Region, Stream } from '../index.js';
import { counted } from './meter.js';
import { type CommonOptions, withCommonOptions } from './options.js';
import { print } from './output.js';
import { withStream } from './target.js';

/** `varve stat`: what a stream is and what is in it. */
export function addStat(program: Command): void {
  const command = program
    .command('stat')
    .summary('tell sizes, medium and contents')
    .description(
      'Tells what a stream is and what is in it. Walks all entries to count them, but does not check them.',
    )
    .argument('<stream>', 'path of the stream')
    .addHelpText('after', '\nExample:\n  varve stat orders.varve --json | jq .regions');
  withCommonOptions(command, 'write it as JSON').action(stat);
}

async function stat(path: string, { medium, json }: CommonOptions): Promise<void> {
  const facts = await withStream(path, { medium, readOnly: true }, (stream) => factsOf(path, stream));
  await print(json ? [JSON.stringify(facts)] : inWords(facts));
}

type Facts = Awaited<ReturnType<typeof factsOf>>;

async function factsOf(path: string, stream: Stream) {
  const logs = await Promise.all(stream.logs().map(async (name) => logFacts(await stream.log(name))));
  const { size, blockSize, available, medium, committed, persisted } = stream;
  const { kind, granularity } = medium;
  const regions = Array.from(stream.regions(), contentsOf);
  return {
    path,
    size,
    blockSize,
    available,
    medium: { kind, granularity },
    committed,
    persisted,
    regions,
    logs,
  };
}

function contentsOf(region: Region) {
  const { id, name, offset, size, available } = region;
  const cursor = region.cursor();
  const contents = { entries: 0, bytes: 0, first: 0, last: 0 };
  while (cursor.next()) {
    if (contents.entries === 0) contents.first = cursor.timestamp;
    contents.entries += 1;
    contents.bytes += cursor.size;
    contents.last = cursor.timestamp;
  }
  const { entries, bytes, first, last } = contents;
  return { id, name, offset, size, available, entries, bytes, ...(entries > 0 && { first, last }) };
}

function logFacts(log: Log) {
  const { name, first, last, entryCount: entries, bytes } = log;
  return { name, segments: [...log.segments()].length, entries, bytes, ...(entries > 0 && { first, last }) };
}

function inWords(facts: Facts): string[] {
  const { kind, granularity } = facts.medium;
  const regions = facts.regions.map(({ id, name, size, available, entries, bytes, first, last }) => {
    const title = `${String(id).padStart(4)}  ${name ?? ''}`.trimEnd();
    const contents = `${counted(entries, 'entry', 'entries')}, ${formatSize(bytes)}`;
    const range = entries > 0 ? `, timestamps ${first} to ${last}` : '';
    return `${title}  ${formatSize(size)}, ${contents}${range}, room for ${formatSize(available)}`;
  });
  const logs = facts.logs.map(({ name, segments, entries, bytes, first, last }) => {
    const range = entries > 0 ? `, timestamps ${first} to ${last}` : '';
    const chain = counted(segments, 'segment', 'segments');
    return `      ${name}  ${chain}, ${counted(entries, 'entry', 'entries')}, ${formatSize(bytes)}${range}`;
  });
  return [
    `${facts.path}`,
    `size       ${formatSize(facts.size)}, ${formatSize(facts.available)} free for regions`,
    `blocks     ${formatSize(facts.blockSize)}`,
    `medium     ${kind}, ${formatSize(granularity)} become durable together`,
    `committed  up to timestamp ${facts.committed}`,
    `persisted  up to timestamp ${facts.persisted}`,
    `regions    ${facts.regions.length}`,
    ...regions,
    ...(facts.logs.length === 0 ? [] : [`logs       ${facts.logs.length}`]),
    ...logs,
  ];
}
