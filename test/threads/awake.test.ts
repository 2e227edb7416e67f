import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { filePlaceOn } from '../helpers/media.js';

test('threads that only wait for their appends, of which others make some durable, live to see it', async (t) => {
  const stream = await filePlaceOn(t, 'file').open();
  const region = await stream.allocate('256KiB', { name: 'log' });
  const program = new URL('./awake-thread.js', import.meta.url);
  const workers = [1, 2, 3].map(() => new Worker(program, { workerData: stream.share() }));
  const codes = await Promise.all(workers.map((worker) => once(worker, 'exit')));
  assert.deepEqual(codes.flat(), [0, 0, 0]);
  assert.equal(region.entryCount, 450);
});
