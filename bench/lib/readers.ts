import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Region, Stream } from '../../src/index.js';
import { floor, varve } from './contest.js';
import type { Bench, Group } from './groups.js';
import { exactly, quantile, timed } from './stats.js';

const MIB = 2 ** 20;
const REGION = 16 * MIB;
const SIZE = 64;
const COUNTS = [0, 1, 2, 4, 8];

type Kind = 'pmem' | 'page-cache';

/** A writer that is followed, against one that nobody follows. */
export const readerGroups: readonly Group[] = (['pmem', 'page-cache'] as const).map((kind) => ({
  name: kind,
  title: `${kind === 'pmem' ? 'pmem by name' : kind}, {place}: appendSync of ${SIZE} B, persisted each, followed by other processes / followed by nobody`,
  place: kind === 'pmem' ? 'in-memory' : 'disk',
  needsAddon: true,
  async run(bench) {
    for (const count of COUNTS) await withReaders(bench, kind, count);
  },
}));

async function withReaders(bench: Bench, kind: Kind, count: number): Promise<void> {
  const entries = kind === 'pmem' ? (bench.quick ? 5_000 : 20_000) : bench.quick ? 20 : 60;
  const path = join(bench.directory, `followed-${count}-${process.pid}`);
  const stream = await Stream.open(path, { size: REGION + MIB, mode: 'create', medium: kind });
  const region = await stream.allocate(REGION);
  const alone = await Stream.open(`${path}-alone`, { size: REGION + MIB, mode: 'create', medium: kind });
  const other = await alone.allocate(REGION);
  const followers = await Promise.all(Array.from({ length: count }, () => Follower.start(path, kind)));
  await bench.measure({
    key: `${count}`,
    name: `${count} readers`,
    entries,
    sides: [
      varve(async () => {
        await caughtUp(followers, stream.committed);
        region.clearSync();
        return appendAll(region, entries);
      }),
      ...floor('none', () => {
        other.clearSync();
        return appendAll(other, entries);
      }),
    ],
  });
  await caughtUp(followers, stream.committed);
  if (count > 0) await measureLags(bench, region, followers, bench.quick ? 100 : 1000);
  for (const follower of followers) follower.end();
  await stream.close();
  await alone.close();
}

function appendAll(region: Region, entries: number): number {
  const data = new Uint8Array(SIZE);
  return timed(() => {
    for (let i = 0; i < entries; i += 1) region.appendSync(data);
  });
}

async function caughtUp(followers: readonly Follower[], timestamp: number): Promise<void> {
  for (const follower of followers) {
    while ((await follower.ask()).newest < timestamp) await delay(1);
  }
}

/** An entry now and then, so that every reader sleeps when it comes. */
async function measureLags(
  bench: Bench,
  region: Region,
  followers: readonly Follower[],
  entries: number,
): Promise<void> {
  await region.clear();
  for (const follower of followers) await follower.ask();
  const data = new Float64Array(SIZE / 8);
  for (let i = 0; i < entries; i += 1) {
    data[0] = Number(process.hrtime.bigint());
    region.appendSync(data);
    await delay(2);
  }
  await delay(50);
  const answers = await Promise.all(followers.map((follower) => follower.ask()));
  const lags = answers.flatMap((answer) => answer.lags).sort((a, b) => a - b);
  const count = followers.length;
  const row = (part: number, name: string) =>
    bench.row({
      key: `lag-${count}-${name}`,
      table: `how far readers are behind when an entry comes every 2 ms`,
      row: `${count} readers, ${name}`,
      unit: 'us',
      value: exactly(quantile(lags, part) / 1000),
      others: [],
      rounds: lags.length,
    });
  row(0.5, 'median');
  row(0.99, 'p99');
  row(1, 'longest');
}

/** A process that follows. */
class Follower {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;

  private constructor(path: string, kind: Kind) {
    const program = fileURLToPath(new URL('./follower.js', import.meta.url));
    this.#child = spawn(process.execPath, [program, path, kind], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface(this.#child.stdout);
  }

  static async start(path: string, kind: Kind): Promise<Follower> {
    const follower = new Follower(path, kind);
    await once(follower.#lines, 'line');
    return follower;
  }

  /** The newest timestamp it has seen, and nanoseconds that entries took to reach it since the last call. */
  async ask(): Promise<{ newest: number; lags: number[] }> {
    const answer = once(this.#lines, 'line');
    this.#child.stdin.write('?\n');
    const [line] = (await answer) as [string];
    return JSON.parse(line);
  }

  end(): void {
    this.#child.stdin.end();
  }
}
