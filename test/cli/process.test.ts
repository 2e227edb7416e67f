import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { feed, feedProcess, newStream, type Outcome } from './varve.js';

// Most tests run commands in their own process. These hold that a process of the command's own says and does the same.

/** What the path of its stream and the time it took do not change. */
function essence({ code, stdout, stderr }: Outcome, path: string): unknown[] {
  const text = (bytes: Buffer | string): string =>
    bytes
      .toString()
      .replaceAll(path, 'PATH')
      .replace(/in \d+\.\d+ s \([\d,]+ entries\/s\)/, 'in TIME')
      .replace(/"seconds":[\d.]+/, '"seconds":TIME');
  return [code, text(stdout), text(stderr)];
}

const EXPORT = `${JSON.stringify({ varve: 'export', version: 1, size: 65536, blockSize: 4096 })}
{"region":1,"size":4096}
{"entry":1,"region":1,"size":2}
ab
{"end":{"entries":1,"bytes":2}}
`;

/** Exit code, standard input, arguments. They build on one another. */
const COMMANDS: readonly (readonly [number, string, (path: string) => string[]])[] = [
  [0, 'one\n\x00two', (path) => ['append', path, 'a']],
  [0, '', (path) => ['cat', path]],
  [0, '', (path) => ['tree', path]],
  [0, '', (path) => ['stat', path, '--json']],
  [0, '', (path) => ['check', path, '--json']],
  [0, '', (path) => ['export', path]],
  [0, '', (path) => ['consumers', path, 'orders']],
  [0, '', (path) => ['regions', 'allocate', path, '8KiB', 'b']],
  [0, '', (path) => ['regions', 'free', path, 'b']],
  [0, '', (path) => ['create', `${path}.new`, '--size', '1MiB']],
  [0, EXPORT, (path) => ['import', `${path}.copy`]],
  [1, 'not one', (path) => ['import', `${path}.bad`]],
  [1, '', (path) => ['cat', path, 'nothing']],
  [2, '', (path) => ['cat', path, '--from', 'yesterday']],
  [2, '', () => []],
  [0, '', () => ['--version']],
];

test('as a process of its own each command says, and leaves, what it does within another one', async (t) => {
  const paths: string[] = [];
  for (let which = 0; which < 2; which++) {
    const path = await newStream(t, 'a');
    const stream = await Stream.open(path);
    const log = await stream.log('orders');
    await log.append('first');
    await (await log.consumer('search')).ack(log.first);
    await stream.close();
    paths.push(path);
  }
  const [apart = '', within = ''] = paths;
  for (const [code, input, argumentsFor] of COMMANDS) {
    const process = essence(await feedProcess(input, ...argumentsFor(apart)), apart);
    assert.deepEqual(process, essence(await feed(input, ...argumentsFor(within)), within));
    assert.equal(process[0], code, argumentsFor('').join(' '));
  }
  assert.ok(readFileSync(apart).includes('\x00two') && readFileSync(within).includes('\x00two'));
});
