/**
 * The program in the virtual machine. It mounts what it is told to, reads all streams and says what is in them, then writes to all of
 * them at once until the power goes. Every line it tells begins with the name of a stream, or with 'machine'.
 */
import { spawnSync } from 'node:child_process';
import fs, { mkdirSync, openSync, readdirSync, readFileSync, readSync, writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { loadAddon } from '../../src/base/native-loader.js';
import { Stream } from '../../src/index.js';
import { seededRandom } from '../../src/testing/random.js';
import { Scribe } from '../kill/scribe.js';
import { linesOf, surveyOf } from '../kill/survey.js';
import { writeInAllWays } from '../kill/ways.js';
import type { Berth, GuestOrder } from './berths.js';

const LIMIT_MS = 900_000;

const port = openSync('/dev/ttyS1', 'r+');

function tell(who: string, line: string): void {
  writeSync(port, `${who} ${line}\n`);
}

/** What was written to the port is in this machine's memory for a while: only an answer tells that the host has it. */
function announce(who: string, line: string): void {
  tell(who, line);
  hear();
}

/** One line, as the host sends it. */
function hear(): string {
  const byte = new Uint8Array(1);
  let line = '';
  while (readSync(port, byte) === 1 && byte[0] !== 10) line += String.fromCharCode(byte[0] ?? 0);
  return line;
}

/** Devices of a kind are numbered as they are found, in no certain order: their sizes tell which is which. */
function deviceOf({ kind, bytes }: GuestOrder['mounts'][number]): string {
  const names = readdirSync('/sys/block').filter((name) => name.startsWith(kind));
  const name = names.find((each) => Number(readFileSync(`/sys/block/${each}/size`, 'utf8')) * 512 === bytes);
  if (name === undefined) throw new Error(`there is no ${kind} of ${bytes} bytes among ${names}`);
  return `/dev/${name}`;
}

function mount(wanted: GuestOrder['mounts'][number]): void {
  const { mountedAt, type, options } = wanted;
  const device = deviceOf(wanted);
  mkdirSync(mountedAt, { recursive: true });
  const args = ['mount', '-t', type, '-o', options, device, mountedAt];
  const { status, stderr } = spawnSync('/bin/busybox', args, { encoding: 'utf8' });
  if (status === 0) return;
  const kernel = spawnSync('/bin/busybox', ['dmesg'], { encoding: 'utf8' }).stdout.slice(-1500);
  throw new Error(`cannot mount ${device}: ${stderr}${kernel}`);
}

/** From now on syncs say that they have been done. */
function leaveOutSyncs(): void {
  const done = (...args: unknown[]): void => {
    const callback = args.at(-1);
    if (typeof callback === 'function') setImmediate(() => callback(null));
  };
  for (const name of ['fsyncSync', 'fdatasyncSync', 'fsync', 'fdatasync'])
    Object.assign(fs, { [name]: done });
  syncBuiltinESMExports();
}

function open({ path, medium, size }: Berth, readOnly = false): Promise<Stream> {
  return Stream.open(path, readOnly ? { medium, readOnly } : { medium, size });
}

/** Reads a stream twice: as a reader, who changes nothing, and as a writer, who recovers it. */
async function look(berth: Berth): Promise<void> {
  for (const readOnly of [true, false]) {
    const stream = await open(berth, readOnly);
    const word = readOnly ? 'read' : 'recovered';
    tell(berth.name, `${word} ${stream.medium.kind}`);
    for (const line of linesOf(surveyOf(stream))) tell(berth.name, line);
    const { problems } = await stream.check();
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
    await stream.close();
    tell(berth.name, `end ${word}`);
  }
}

async function write(berth: Berth, { run, seed }: GuestOrder): Promise<void> {
  const scribe = new Scribe({
    open: () => open(berth),
    tell: (line) => tell(berth.name, line),
    announce: (line) => announce(berth.name, line),
    run,
    random: seededRandom(seed),
  });
  await scribe.open();
  await writeInAllWays(scribe, () => false);
}

async function serve(berth: Berth, order: GuestOrder): Promise<void> {
  try {
    if (order.looks.includes(berth.name)) await look(berth);
    if (order.writes) await write(berth, order);
  } catch (error) {
    tell(berth.name, `failed ${(error as Error).message.replaceAll('\n', ' ')}`);
  }
}

async function main(): Promise<void> {
  tell('machine', 'up');
  const order = JSON.parse(hear()) as GuestOrder;
  const features = loadAddon()?.features;
  tell('machine', `features ${features?.flush} ${features?.crc32c}`);
  if (order.withoutSyncs) leaveOutSyncs();
  for (const each of order.mounts) mount(each);
  tell('machine', 'mounted');
  await Promise.all(order.berths.map((berth) => serve(berth, order)));
  tell('machine', 'done');
}

// The first process of a machine must not end. If nobody is there any more to cut the power, the machine turns itself off.
setTimeout(() => spawnSync('/bin/busybox', ['poweroff', '-f']), LIMIT_MS);
await main().catch((error: Error) => tell('machine', `failed ${error.message.replaceAll('\n', ' ')}`));
