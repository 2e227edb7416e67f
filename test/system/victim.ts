/**
 * A program that the system is unkind to: `victim.js <path> <medium> <run> <rounds>`. It opens or creates the stream, works, and closes.
 * It says what it does in lines as `Account.note` takes them, an acknowledgement never before it was given; `error <code>` for whatever
 * is refused; and at last `closed`, if it was closed without an error. Whatever happens, it must come to its end by itself.
 */
import { writeSync } from 'node:fs';
import { type Entry, type Region, Stream, type StreamOptions } from '../../src/index.js';
import { bytesOf } from './account.js';

/** After so many refusals it gives up. */
const PATIENCE = 4;
const SIZES = [20, 300, 9000, 64, 1200];

const [path = '', medium = 'file', run = '1', rounds = '10'] = process.argv.slice(2);
let refusals = 0;
let last = Number(run) * 1_000_000;

function say(...words: (string | number)[]): void {
  writeSync(1, `${words.join(' ')}\n`);
}

async function attempt<T>(action: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    refusals += 1;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    say('error', `${code ?? error}`);
    return undefined;
  }
}

async function append(region: Region, how: (bytes: Uint8Array) => Entry | Promise<Entry>): Promise<void> {
  const name = region.name ?? '';
  last += 1;
  const number = last;
  const size = SIZES[number % SIZES.length] ?? 4;
  say('trying', name, number, size);
  const entry = await attempt(() => how(bytesOf(name, number, size)));
  if (entry !== undefined) say('promised', name, number, entry.timestamp);
}

/** Every way to make an entry durable. */
async function appendAll(stream: Stream, region: Region): Promise<void> {
  await append(region, (bytes) => region.appendSync(bytes));
  await Promise.all([1, 2, 3].map(() => append(region, (bytes) => region.append(bytes))));
  await append(region, (bytes) => {
    const entry = region.appendSync(bytes, { until: 'committed' });
    stream.persistSync();
    return entry;
  });
  await append(region, (bytes) => region.appendv([bytes.subarray(0, 9), bytes.subarray(9)]));
  await append(region, (bytes) => {
    const slot = region.reserve(bytes.length);
    slot.data.set(bytes);
    return slot.publishSync();
  });
}

async function allocate(stream: Stream, name: string, size: string): Promise<Region | undefined> {
  say('allocating', name);
  const region = await attempt(() => stream.allocate(size, { name }));
  if (region !== undefined) say('allocated', name);
  return region;
}

async function clear(region: Region): Promise<void> {
  say('clearing', region.name ?? '');
  await attempt(async () => {
    await region.clear();
    say('cleared', region.name ?? '');
  });
}

async function free(region: Region): Promise<void> {
  say('freeing', region.name ?? '');
  await attempt(async () => {
    await region.free();
    say('freed', region.name ?? '');
  });
}

async function regionsOf(stream: Stream): Promise<Region[]> {
  const regions: Region[] = [];
  for (const name of ['a', 'b']) {
    const region = stream.region(name) ?? (await allocate(stream, name, '384KiB'));
    if (region !== undefined) regions.push(region);
  }
  return regions;
}

async function playRound(stream: Stream, regions: readonly Region[], round: number): Promise<void> {
  for (const region of regions) {
    if (region.available > 50_000) await appendAll(stream, region);
    if (region.name === 'b' && round % 5 === 0) await clear(region);
  }
  if (round % 4 !== 0) return;
  const passing = await allocate(stream, `passing-${run}-${round}`, '16KiB');
  if (passing !== undefined) await free(passing);
}

async function work(stream: Stream): Promise<void> {
  const regions = await regionsOf(stream);
  for (let round = 1; round <= Number(rounds) && refusals < PATIENCE; round += 1) {
    await playRound(stream, regions, round);
  }
}

const stream = await attempt(() =>
  Stream.open(path, { size: '1MiB', medium: medium as NonNullable<StreamOptions['medium']> }),
);
if (stream !== undefined) {
  await work(stream);
  await attempt(async () => {
    await stream.close();
    say('closed');
  });
}
