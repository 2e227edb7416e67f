import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Entry, Log } from '../../src/index.js';
import { filePlaceOn, onEveryFile } from '../helpers/media.js';
import { Reader } from './processes.js';
import { refused, take } from './reading.js';

const SEGMENT = { segmentSize: 4096 } as const;

function fill(log: Log, from: number, to: number): Entry[] {
  return Array.from({ length: to - from }, (_, i) => log.appendSync(`${from + i}`));
}

onEveryFile(
  'a consumer in a process that only reads is killed again and again, and loses nothing',
  async (t, { open, path }) => {
    const log = await (await open()).log('orders', SEGMENT);
    fill(log, 0, 40);
    const delivered = new Set<number>();
    let acked = -1;
    for (const round of [0, 1]) {
      const reader = await Reader.start(t, path);
      await reader.ask('open', 'billing');
      fill(log, 40 + 20 * round, 60 + 20 * round);
      const ran = await reader.runUntil('billing', 15);
      const [first = -1] = ran.saw;
      assert.ok(
        first === acked + 1 || first === acked + 2,
        `it goes on at ${first}, having acknowledged ${acked}`,
      );
      for (const number of ran.saw) delivered.add(number);
      acked = ran.acked.at(-1) ?? acked;
    }
    fill(log, 80, 82);
    await using consumer = await log.consumer('billing');
    const [next] = await take(consumer, 1);
    const number = Number(next?.text());
    assert.ok(
      number === acked + 1 || number === acked + 2,
      `the writer goes on at ${number}, behind ${acked}`,
    );
    for (let i = 0; i < number; i++) assert.ok(delivered.has(i), `${i} was lost`);
  },
);

test('a consumer in the process that writes is killed, and loses nothing', async (t) => {
  const { open, path } = filePlaceOn(t, 'file');
  const stream = await open();
  // More than a journal takes before it is switched.
  fill(await stream.log('orders', SEGMENT), 0, 200);
  await stream.close();
  const writer = await Reader.start(t, path, 'write');
  await writer.ask('open', 'billing');
  const { saw, acked } = await writer.runUntil('billing', 150);
  assert.deepEqual(saw, [...saw.keys()]);
  const log = await (await open()).log('orders');
  fill(log, 200, 202);
  const [next] = await take(await log.consumer('billing'), 1);
  const number = Number(next?.text());
  assert.ok(number === acked.length || number === acked.length + 1, `${number} behind ${acked.length}`);
});

test('processes have consumers of their own beside the writer, each at most one of a name', async (t) => {
  const { open, path } = filePlaceOn(t, 'file');
  const log = await (await open()).log('orders', SEGMENT);
  const [, second] = fill(log, 0, 5);
  const own = await log.consumer('own');
  const [one, other] = [await Reader.start(t, path), await Reader.start(t, path)];
  assert.equal(await one.ask('open', 'own'), 'VARVE_BUSY');
  assert.equal(await one.ask('open', 'billing'), 0);
  assert.equal(await other.ask('open', 'billing'), 'VARVE_BUSY');
  assert.equal(await other.ask('open', 'search', { options: { from: 'last' } }), log.last);
  await refused(log.consumer('billing'), 'VARVE_BUSY', /another process/);
  await refused(log.removeConsumer('billing'), 'VARVE_BUSY');
  assert.deepEqual(await one.ask('take', 'billing', { count: 2 }), ['0', '1']);
  assert.equal(await one.ask('ack', 'billing'), second?.timestamp);
  assert.deepEqual(
    log.consumers().map(({ name, position }) => [name, position]),
    [
      ['billing', second?.timestamp],
      ['own', 0],
      ['search', log.last],
    ],
  );
  await one.ask('close', 'billing');
  assert.equal(await one.ask('remove', 'own'), 'VARVE_READ_ONLY');
  assert.equal(await one.ask('remove', 'billing'), true);
  await own.close();
  await other.kill();
  assert.ok(await log.removeConsumer('search'));
  assert.ok(!existsSync(`${path}.consumers`));
});

test('a position goes from a reader to the writer and back, and holds back trimming on the way', async (t) => {
  const { open, path } = filePlaceOn(t, 'file');
  const log = await (await open()).log('orders', SEGMENT);
  const entries = fill(log, 0, 300);
  const reader = await Reader.start(t, path);
  await reader.ask('open', 'billing', { options: { protect: true } });
  await log.trim({ before: log.last });
  assert.equal(log.entryCount, 300);
  await reader.ask('take', 'billing', { count: 100 });
  await reader.ask('ack', 'billing');
  await log.trim({ before: log.last });
  assert.equal(log.first, entries[100]?.timestamp);
  await reader.ask('close', 'billing');
  const consumer = await log.consumer('billing');
  assert.deepEqual([consumer.position, consumer.protect], [entries[99]?.timestamp, true]);
  await consumer.ack(entries[149] as Entry);
  await consumer.close();
  assert.deepEqual(existsSync(`${path}.consumers`) ? readdirSync(`${path}.consumers`) : [], []);
  assert.equal(await reader.ask('open', 'billing'), entries[149]?.timestamp);
  assert.equal(await reader.ask('seek', 'billing'), 200);
  await reader.kill();
  const again = await log.consumer('billing');
  assert.deepEqual([again.position, again.lag], [log.first - 1, 200]);
});

test('of a position in a file and one in the log the later one counts', async (t) => {
  const { open, path } = filePlaceOn(t, 'file');
  const log = await (await open()).log('orders', SEGMENT);
  const entries = fill(log, 0, 300);
  await (await log.consumer('billing', { protect: true })).close();
  const reader = await Reader.start(t, path);
  await reader.ask('open', 'billing');
  await reader.ask('take', 'billing', { count: 100 });
  await reader.ask('ack', 'billing');
  assert.deepEqual(
    log.consumers().map(({ position, lag }) => [position, lag]),
    [[entries[99]?.timestamp, 200]],
  );
  await reader.ask('close', 'billing');
  const file = join(`${path}.consumers`, 'orders', 'billing');
  const kept = readFileSync(file);
  const consumer = await log.consumer('billing');
  await consumer.ack(entries[199] as Entry);
  await consumer.close();
  // As if it had not been removed.
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, kept);
  await log.trim({ before: log.last });
  assert.equal(log.first, entries[200]?.timestamp);
  assert.equal(await reader.ask('open', 'billing'), entries[199]?.timestamp);
  await reader.kill();
  assert.equal((await log.consumer('billing')).position, entries[199]?.timestamp);
});
