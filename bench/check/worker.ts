/** A process in which one work is counted: `worker.js <way of counting> <work> <directory>`. The result goes to descriptor 3. */
import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import v8 from 'node:v8';
import type { Addon } from '../../src/base/addon.js';
import { loadAddon } from '../../src/base/native-loader.js';
import { summarize } from '../lib/stats.js';
import { type Floor, floorOf } from './floors.js';
import { type Round, WORKS, type Work } from './works.js';

/** After so many rounds the optimising compiler is done. */
const WARM_UP = 4;
const MEASURED = 3;

interface Marks {
  begin(): void;
  end(): void;
}

const WAYS: Readonly<Record<string, (name: string, directory: string) => Promise<unknown>>> = {
  instructions,
  heap,
  border,
  times,
};

/** Every round ends in a dump of callgrind's. Returns the process's id. */
async function instructions(name: string, directory: string): Promise<number> {
  const marks = createRequire(import.meta.url)(process.env['VARVE_CHECK_MARKS'] ?? '') as Marks;
  const round = await prepared(name, directory);
  for (let i = 0; i < MEASURED; i += 1) {
    collect();
    marks.begin();
    await round();
    marks.end();
  }
  return process.pid;
}

/** Bytes of the heap of a round. V8 prints deoptimisations meanwhile. */
async function heap(name: string, directory: string): Promise<number> {
  const round = await prepared(name, directory);
  const rounds: number[] = [];
  v8.setFlagsFromString('--trace-deopt');
  for (let i = 0; i < MEASURED; i += 1) {
    collect();
    const before = youngBytes();
    await round();
    rounds.push(youngBytes() - before);
  }
  v8.setFlagsFromString('--no-trace-deopt');
  return summarize(rounds).median;
}

/** What is new on the heap: all that is allocated and not collected yet. */
function youngBytes(): number {
  return (
    v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_used_size ?? 0
  );
}

/** So that nothing is collected within a round. Not everything: that would take away what V8 has learned about objects that live briefly. */
function collect(): void {
  if (globalThis.gc === undefined) throw new Error('Node was started without --expose-gc');
  globalThis.gc({ type: 'minor' });
}

/** Calls of the addon's functions in a round. */
async function border(name: string, directory: string): Promise<number> {
  const calls = { count: 0 };
  const addon = loadAddon();
  if (addon !== undefined) countCalls(addon, calls);
  const round = await prepared(name, directory, 1);
  calls.count = 0;
  for (let i = 0; i < MEASURED; i += 1) await round();
  return calls.count / MEASURED;
}

/** varve takes them out of this object when it opens a medium. */
function countCalls(addon: Addon, calls: { count: number }): void {
  const functions = addon as unknown as Record<string, unknown>;
  for (const [name, call] of Object.entries(functions)) {
    if (typeof call !== 'function') continue;
    functions[name] = (...args: unknown[]) => {
      calls.count += 1;
      return call.apply(addon, args);
    };
  }
}

/** Rounds in turns with those of a floor: the best of both are compared, which noise does not make better. */
async function times(name: string, directory: string): Promise<number> {
  const round = await prepared(name, directory);
  const floor = floorOf(work(name), directory);
  for (let i = 0; i < WARM_UP; i += 1) floor();
  v8.setFlagsFromString('--trace-deopt');
  const best = { round: Number.POSITIVE_INFINITY, floor: Number.POSITIVE_INFINITY };
  for (let i = 0; i < 20; i += 1) {
    best.floor = Math.min(best.floor, await timeOf(floor));
    best.round = Math.min(best.round, await timeOf(round));
  }
  v8.setFlagsFromString('--no-trace-deopt');
  return best.round / best.floor;
}

async function timeOf(round: Round | Floor): Promise<number> {
  const begin = process.hrtime.bigint();
  await round();
  return Number(process.hrtime.bigint() - begin);
}

async function prepared(name: string, directory: string, rounds = WARM_UP): Promise<Round> {
  const { kind, operations, prepare } = work(name);
  const round = await prepare(kind, directory, operations);
  for (let i = 0; i < rounds; i += 1) await round();
  return round;
}

function work(name: string): Work {
  const found = WORKS[name];
  if (found === undefined) throw new Error(`there is no work ${name}`);
  return found;
}

/** Streams get the same identity in each run: checksums, and what V8 makes of numbers beyond 2^31, depend on it. */
function withoutChance(byte: number): void {
  crypto.randomBytes = ((size: number) => Buffer.alloc(size, byte)) as typeof crypto.randomBytes;
  syncBuiltinESMExports();
}

const identity = process.env['VARVE_CHECK_IDENTITY'];
if (identity !== undefined) withoutChance(Number(identity));
const [way = '', name = '', directory = ''] = process.argv.slice(2);
const result = await WAYS[way]?.(name, directory);
fs.writeSync(3, JSON.stringify(result));
// Not closed: what that costs does not belong here, and the directory goes as a whole.
process.exit(0);
