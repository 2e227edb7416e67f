/** The process that wakes: `wake-writer.js <medium> <path of a new stream> <path of a page> <rounds>`. */
import fs from 'node:fs';
import { setTimeout as pass } from 'node:timers/promises';
import { loadAddon } from '../../src/base/native-loader.js';
import { Stream, type StreamOptions } from '../../src/index.js';

/** What is sent each time: its number. */
export const STAMP_BYTES = 8;
/** Where the word of the page is that is waited for. */
export const WORD_AT = 64;

/** When what was sent as number i was begun and done, in nanoseconds. */
export interface Moments {
  readonly begun: bigint[];
  readonly done: bigint[];
  readonly rung: bigint[];
  readonly piped: bigint[];
}

const PIPE = 4;
const MIB = 2 ** 20;

async function run([medium, path = '', page = '', rounds = '0']: readonly string[]): Promise<void> {
  const addon = loadAddon();
  const stream = Stream.openSync(path, {
    size: 2 * MIB,
    mode: 'create',
    medium: medium as NonNullable<StreamOptions['medium']>,
  });
  const region = stream.allocateSync(MIB, { name: 'log' });
  const fd = fs.openSync(page, 'r+');
  const mapping = addon?.map(fd, 0, 4096, 'shared', false).mapping ?? 0;
  const go = new Promise((resolve) => process.once('message', resolve));
  process.send?.('ready');
  await go;
  await pass(300);
  const moments: Moments = { begun: [], done: [], rung: [], piped: [] };
  const stamp = new DataView(new ArrayBuffer(STAMP_BYTES));
  for (let i = 0; i < Number(rounds); i++) {
    stamp.setUint32(0, i, true);
    await pass(1 + (i % 2));
    moments.begun.push(process.hrtime.bigint());
    region.appendSync(stamp);
    moments.done.push(process.hrtime.bigint());
    await pass(1 + (i % 2));
    moments.rung.push(process.hrtime.bigint());
    addon?.ring(mapping, WORD_AT);
    await pass(1 + (i % 2));
    moments.piped.push(process.hrtime.bigint());
    fs.writeSync(PIPE, stamp);
  }
  await pass(300);
  await stream.close();
  process.send?.(moments);
  process.disconnect();
}

if (process.send !== undefined) await run(process.argv.slice(2));
