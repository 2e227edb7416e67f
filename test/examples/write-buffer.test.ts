import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MemoryMedium, Stream } from '../../src/index.js';
import { temporaryDirectory } from '../helpers/media.js';
import './use-this-build.js';

// Only what is imported from here on gets this build for 'varve'.
const { SlowStorage, WriteBuffer } = await import('../../examples/write-buffer.js');

test('acknowledgements that were lost, and a line cut short on the slow side, repeat nothing and lose nothing', async (t) => {
  const path = join(temporaryDirectory(t), 'slow.txt');
  const medium = new MemoryMedium('256KiB');
  const run = async (numbers: number[], between: (stream: Stream) => Promise<void>) => {
    const stream = await Stream.open(medium);
    await between(stream);
    const slow = new SlowStorage(path);
    const buffer = await WriteBuffer.open(stream, slow);
    await Promise.all(numbers.map((number) => buffer.write(`${number}`)));
    await buffer.close();
    slow.close();
    await stream.close();
  };
  await run([1, 2, 3], async () => {});
  await run([4], async (stream) => {
    const log = await stream.log('writes');
    await log.append('not carried over yet');
    const consumer = await log.consumer('slow storage');
    await consumer.seek('first');
    await consumer.close();
    appendFileSync(path, '4711 not carri');
  });
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => line.replace(/^\d+ /, '')),
    ['1', '2', '3', 'not carried over yet', '4'],
  );
});
