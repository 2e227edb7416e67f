import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '../helpers/media.js';

const HOOK = new URL('./use-this-build.js', import.meta.url).href;
const EXAMPLES = new URL('../../examples/', import.meta.url);

/** What each of them writes. How often the power can be cut depends on how often varve syncs, which is its own business. */
const OUTPUTS: Record<string, string | RegExp> = {
  'asynchronous-appends': `
1000 entries are durable, the last of them: measurement 999
committed: true
persisted: true
`,
  'basic-iteration': `
summer: 65536 bytes
  timestamp 1, 13 bytes: 73616e6420616e642073696c74
  timestamp 3, 2 bytes: cafe
winter: 131072 bytes
  timestamp 2, 9 bytes: 66696e6520636c6179
`,
  'copy-on-write-tree': /^\npower cut at \d{3} points, \d{3} restarts\nthe lake was frozen, and is open\n$/,
  'double-write-buffer':
    /^\npower cut at \d{3} points, \d{3} restarts\n\d{3} of them found torn pages, and none has any left\n$/,
  'draw-the-stream': `
stream: 1048576 bytes
├── letters: 16384 bytes
│   ├── at 0, timestamp 1, 3 bytes: 616263
│   ├── at 24, timestamp 3, 6 bytes: 616263616263
│   ├── at 48, timestamp 5, 9 bytes: 616263616263616263
├── numbers: 65536 bytes
│   ├── at 0, timestamp 2, 8 bytes: 0100000001000000
│   ├── at 24, timestamp 4, 8 bytes: 0200000004000000
│   ├── at 48, timestamp 6, 8 bytes: 0300000009000000
`,
  follow: `
1: the lake is frozen
2: the ice gets thin
3: the ice breaks
4: the melt brings sand
the reader was told to stop
`,
  'follow-live': `
the reader is there
1 news: the lake is frozen
2 news: the ice breaks
3 weather: warm rain
4 news: the melt brings sand
5 news: nothing more
`,
  'global-order': `
each region on its own:
  orders: Ada orders three apples; Grace orders nine apples
  stock: ten apples came in; three apples went out; only seven apples are left
all of them, as it happened:
  1 stock: ten apples came in
  2 orders: Ada orders three apples
  3 stock: three apples went out
  4 orders: Grace orders nine apples
  5 stock: only seven apples are left
from timestamp 5 on:
  only seven apples are left
`,
  'lsm-level':
    /^\npower cut at \d{3} points, \d{3} restarts\nall of them found every acknowledged change of 30\n$/,
  'reserve-and-publish': `
published 19 of 100 bytes: grüße aus dem See
entries after a cancelled slot: 1
grüße aus dem See, first, second
`,
  'undo-redo': /^\npower cut at \d{3} points, \d{3} restarts\nno account was wrong\n$/,
  'worker-pool': `
20 results are durable
primes below 100000: 9592
timestamps from 1 to 20, none twice
`,
  'write-buffer': `
killed 3 times; of 6000 numbers 6000 arrived, each once and in order
`,
  'write-ahead-log': `
before: {"ada":15,"edsger":5}
after:  {"ada":15,"edsger":5}
`,
};

const names = readdirSync(EXAMPLES)
  .filter((name) => name.endsWith('.js'))
  .map((name) => basename(name, '.js'));

for (const name of names) {
  test(`the example ${name} writes what it should, and cleans up`, async (t) => {
    const scratch = temporaryDirectory(t);
    const file = fileURLToPath(new URL(`${name}.js`, EXAMPLES));
    const child = spawn(process.execPath, ['--import', HOOK, file], {
      env: { ...process.env, TMPDIR: scratch },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '\n';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    const [code] = await once(child, 'close');
    assert.equal(code, 0);
    const output = OUTPUTS[name];
    if (output instanceof RegExp) assert.match(text, output);
    else assert.equal(text, output);
    assert.deepEqual(readdirSync(scratch), []);
  });
}

test('every output belongs to an example', () => {
  assert.deepEqual(Object.keys(OUTPUTS).sort(), names.sort());
});
