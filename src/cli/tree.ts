import type { Command } from 'commander';
import { formatSize } from '../base/sizes.js';
import type { Log, Region, Stream } from '../index.js';
import { counted } from './meter.js';
import { type CommonOptions, countOption, withCommonOptions } from './options.js';
import { print } from './output.js';
import { preview } from './preview.js';
import { findRegion, labelOf, withStream } from './target.js';

interface TreeOptions extends CommonOptions {
  limit: number;
}

/** An entry as the tree shows it; `offset` counts from the beginning of its region, in bytes. */
interface Leaf {
  timestamp: number;
  offset: number;
  size: number;
}

/** `varve tree`: the stream drawn as regions and entries. */
export function addTree(program: Command): void {
  const command = program
    .command('tree')
    .summary('draw the stream as regions and entries')
    .description(
      'Draws the stream: its regions with place and size, their entries with place, timestamp, size and bytes; its logs and their segments.',
    )
    .argument('<stream>', 'path of the stream')
    .argument('[region]', 'draw only this one: name or id')
    .option('--limit <count>', 'entries drawn of a region, the oldest and the newest', countOption, 10)
    .addHelpText(
      'after',
      `
Places are in bytes: a region's from the beginning of the stream, an entry's from the beginning of its region.

Examples:
  varve tree orders.varve
  varve tree orders.varve orders --limit 100`,
    );
  withCommonOptions(command, 'write the tree as JSON').action(tree);
}

async function tree(path: string, key: string | undefined, options: TreeOptions): Promise<void> {
  await withStream(path, { medium: options.medium, readOnly: true }, async (stream) => {
    const regions = key === undefined ? [...stream.regions()] : [findRegion(stream, key)];
    const logs = key === undefined ? await Promise.all(stream.logs().map((log) => stream.log(log))) : [];
    const draw = options.json ? drawJson : drawText;
    await print(draw(path, stream, { regions, logs }, options.limit));
  });
}

/** What is drawn. */
interface Drawn {
  readonly regions: readonly Region[];
  readonly logs: readonly Log[];
}

function* drawText(path: string, stream: Stream, { regions, logs }: Drawn, limit: number): Generator<string> {
  const size = `${formatSize(stream.size)} on ${stream.medium.kind}`;
  yield `${path}  ${size}, ${counted(regions.length, 'region', 'regions')}, ${formatSize(stream.available)} free`;
  for (const [index, region] of regions.entries()) {
    const last = index === regions.length + logs.length - 1;
    yield* drawRegion(region, limit, last ? '└── ' : '├── ', last ? '    ' : '│   ');
  }
  for (const [index, log] of logs.entries()) {
    const last = index === logs.length - 1;
    yield* drawLog(log, last ? '└── ' : '├── ', last ? '    ' : '│   ');
  }
}

function* drawLog(log: Log, branch: string, trunk: string): Generator<string> {
  const segments = [...log.segments()];
  const contents = `${counted(log.entryCount, 'entry', 'entries')}, ${formatSize(log.bytes)}`;
  yield `${branch}log '${log.name}'  ${counted(segments.length, 'segment', 'segments')}, ${contents}`;
  for (const [index, { id, offset, size, entryCount }] of segments.entries()) {
    const place = `${hexOf(offset)}  ${formatSize(size)}, ${counted(entryCount, 'entry', 'entries')}`;
    yield `${trunk}${index === segments.length - 1 ? '└── ' : '├── '}region ${id}  ${place}`;
  }
}

function* drawRegion(region: Region, limit: number, branch: string, trunk: string): Generator<string> {
  const { first, last, count } = endsOf(region, limit);
  const place = `${hexOf(region.offset)}  ${formatSize(region.size)}`;
  yield `${branch}${labelOf(region)}  ${place}, ${counted(count, 'entry', 'entries')}, room for ${formatSize(region.available)}`;
  const hidden = count - first.length - last.length;
  const lines = first.map((leaf) => drawLeaf(region, leaf));
  if (hidden > 0) lines.push(`… ${counted(hidden, 'more entry', 'more entries')} …`);
  lines.push(...last.map((leaf) => drawLeaf(region, leaf)));
  for (const [index, line] of lines.entries())
    yield `${trunk}${index === lines.length - 1 ? '└── ' : '├── '}${line}`;
}

function drawLeaf(region: Region, { timestamp, offset, size }: Leaf): string {
  const place = `${hexOf(offset)}  #${String(timestamp).padEnd(7)} ${`${size} B`.padStart(8)}`;
  return `${place}  ${preview(region.get(timestamp)?.data ?? new Uint8Array())}`.trimEnd();
}

function* drawJson(path: string, stream: Stream, { regions, logs }: Drawn, limit: number): Generator<string> {
  const { size, available, medium } = stream;
  const drawn = regions.map((region) => {
    const { first, last, count } = endsOf(region, limit);
    const entries = [...first, ...last].map((leaf) => ({
      ...leaf,
      base64: Buffer.from(region.get(leaf.timestamp)?.data ?? []).toString('base64'),
    }));
    return { id: region.id, name: region.name, offset: region.offset, size: region.size, count, entries };
  });
  const chains = logs.map((log) => ({
    name: log.name,
    count: log.entryCount,
    bytes: log.bytes,
    segments: Array.from(log.segments(), ({ id, offset, size: bytes, entryCount }) => ({
      id,
      offset,
      size: bytes,
      count: entryCount,
    })),
  }));
  yield JSON.stringify({ path, size, available, medium: medium.kind, regions: drawn, logs: chains });
}

/** The oldest and the newest entries of a region, `limit` in all, and how many there are. Walks the region once. */
function endsOf(region: Region, limit: number): { first: Leaf[]; last: Leaf[]; count: number } {
  const firstLimit = Math.ceil(limit / 2);
  const lastLimit = limit - firstLimit;
  const first: Leaf[] = [];
  const ring: Leaf[] = [];
  const cursor = region.cursor();
  let count = 0;
  for (; cursor.next(); count += 1) {
    const leaf = { timestamp: cursor.timestamp, offset: cursor.offset, size: cursor.size };
    if (count < firstLimit) first.push(leaf);
    else if (lastLimit > 0) ring[(count - firstLimit) % lastLimit] = leaf;
  }
  const oldest = lastLimit === 0 ? 0 : Math.max(count - firstLimit, 0) % lastLimit;
  const last = ring.length < lastLimit ? ring : [...ring.slice(oldest), ...ring.slice(0, oldest)];
  return { first, last, count };
}

function hexOf(place: number): string {
  return `0x${place.toString(16).padStart(6, '0')}`;
}
