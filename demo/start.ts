// The main job on real input: a log of this machine becomes a stream, its writer is killed again and again, nothing is lost.
//
//   npm start [-- <any file>]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatSize, roundUp } from '../src/base/sizes.js';
import { Stream } from '../src/index.js';
import type { Acknowledgement } from './acknowledgement.js';
import { measureMapped } from './floor.js';
import { type Plan, planOf } from './plan.js';
import { prove } from './proof.js';
import { measureRates } from './rates.js';
import { findLog, readHead } from './source.js';
import { runWriter } from './victim.js';

const CLI = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
/** When the machine has no log: a text that every checkout has. */
const STAND_IN = fileURLToPath(new URL('../../package-lock.json', import.meta.url));
/** A writer is killed when it has acknowledged this part of all entries. */
const KILL_AFTER_PART = 0.18;
const KILLS = 4;
const BLOCK_BYTES = 4096;
const ROOM_FOR_TABLES = 1024 * 1024;

const directory = mkdtempSync(join(tmpdir(), 'varve-demo-'));
try {
  await run(directory);
} catch (error) {
  console.error(`\nFAILED: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function run(directory: string): Promise<void> {
  const { log, plan } = takeLog(directory);
  const path = join(directory, 'log.varve');
  await createStream(path, plan);
  await survive(path, log, plan);
  drawTree(path);
  await tellRates(directory, plan);
}

function takeLog(directory: string): { log: string; plan: Plan } {
  const source = process.argv[2] ?? findLog();
  if (source === undefined)
    console.log('This machine has no log to read; the lock file of the project stands in for it.');
  const text = readHead(source ?? STAND_IN);
  if (text.byteLength === 0) throw new Error(`${source} is empty: there is nothing to append`);
  // Logs grow while one looks at them: writer and proof work from a copy.
  const log = join(directory, 'input.log');
  writeFileSync(log, text);
  const plan = planOf(text);
  const repeated = plan.repeats > 1 ? `, ${plan.repeats} times over` : '';
  console.log(
    `${source ?? basename(STAND_IN)}: ${grouped(plan.lines)} ${plan.lines === 1 ? 'line' : 'lines'}${repeated}: ${grouped(plan.entries.length)} entries`,
  );
  return { log, plan };
}

async function createStream(path: string, plan: Plan): Promise<void> {
  const sizes = [...plan.regions].map(([name, bytes]) => ({ name, bytes: roundUp(bytes + 1, BLOCK_BYTES) }));
  const size = sizes.reduce((sum, { bytes }) => sum + bytes, ROOM_FOR_TABLES);
  const stream = await Stream.open(path, { size: roundUp(size, BLOCK_BYTES), mode: 'create' });
  for (const { name, bytes } of sizes) await stream.allocate(bytes, { name });
  const names = sizes.map(({ name }) => name).join(', ');
  console.log(
    `stream of ${formatSize(stream.size)} on ${stream.medium.kind}, with a region for each kind of line: ${names}\n`,
  );
  await stream.close();
}

/** Kills writer after writer, proves after each that nothing acknowledged is lost, and lets the last one finish. */
async function survive(path: string, log: string, plan: Plan): Promise<void> {
  const acknowledged: Acknowledgement[] = [];
  const killAfter = Math.floor(plan.entries.length * KILL_AFTER_PART);
  let kills = 0;
  for (let killed = true; killed; ) {
    const outcome = await runWriter(path, log, kills < KILLS ? killAfter : Number.POSITIVE_INFINITY);
    killed = outcome.killed;
    for (const one of outcome.acknowledged) acknowledged.push(one);
    const { entries, reopenMs } = await prove(path, plan, acknowledged);
    if (!killed && entries !== plan.entries.length) {
      throw new Error(`The stream has ${entries} entries at the end, and should have ${plan.entries.length}`);
    }
    kills += killed ? 1 : 0;
    console.log(killed ? afterKill(kills, acknowledged.length, entries, reopenMs) : atEnd(entries));
  }
  if (kills === 0) throw new Error('No writer could be killed in the middle of its work: give a longer log');
}

function afterKill(kills: number, acknowledged: number, entries: number, reopenMs: number): string {
  const found = `all ${grouped(acknowledged)} entries acknowledged so far are there, byte for byte`;
  const inFlight = `${grouped(entries - acknowledged)} more that were in flight, whole`;
  return `writer ${kills} killed with SIGKILL; reopened in ${reopenMs.toFixed(0)} ms: ${found}, and ${inFlight}`;
}

function atEnd(entries: number): string {
  return `the last writer finished: ${grouped(entries)} entries, each there once, in order, byte for byte\n`;
}

function drawTree(path: string): void {
  const command = ['tree', basename(path), '--limit', '2'];
  console.log(`$ varve ${command.join(' ')}`);
  const { status } = spawnSync(process.execPath, [CLI, ...command], { cwd: dirname(path), stdio: 'inherit' });
  if (status !== 0) throw new Error(`varve tree ended with exit code ${status}`);
}

async function tellRates(directory: string, plan: Plan): Promise<void> {
  const { varve, bare, medium } = await measureRates(directory, plan.entries);
  console.log(`\ndurable appends a second, 256 at a time, medians of this run:`);
  console.log(`  varve on ${medium}: ${grouped(varve)}`);
  console.log(
    `  bare write and fdatasync of the same bytes: ${grouped(bare)} (varve has ${(varve / bare).toFixed(2)} of it)`,
  );
  const mapped = await measureMapped();
  if (mapped === undefined) return;
  const { varveNs, floorNs } = mapped;
  console.log(`one durable append of 64 bytes on pmem (shared memory standing in for it):`);
  console.log(
    `  varve ${varveNs.toFixed(0)} ns, copy, flush and fence in C ${floorNs.toFixed(0)} ns (${(varveNs / floorNs).toFixed(2)} times)`,
  );
}

function grouped(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}
