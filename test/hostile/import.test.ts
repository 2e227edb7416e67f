import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { feed, MAIN, start } from '../cli/varve.js';
import { temporaryDirectory } from '../helpers/media.js';

const HEAD = '{"varve":"export","version":1,"size":65536,"blockSize":4096}\n';
const REGION = '{"region":1,"size":4096}\n';

const HOSTILE: readonly (readonly [string, string, string])[] = [
  [
    'an absurd size of the stream',
    '{"varve":"export","version":1,"size":9007199254740991,"blockSize":4096}\n',
    '',
  ],
  ['an absurd block size', '{"varve":"export","version":1,"size":65536,"blockSize":3}\n', ''],
  ['an absurd region', `${HEAD}{"region":1,"size":9007199254740991}\n`, ''],
  ['two regions of one number', `${HEAD}${REGION}${REGION}`, 'VARVE_CORRUPT'],
  [
    'two regions of one name',
    `${HEAD}{"region":1,"name":"a","size":1}\n{"region":2,"name":"a","size":1}\n`,
    'VARVE_EXISTS',
  ],
  ['an entry before the head', '{"entry":1,"region":1,"size":0}\n\n', 'VARVE_CORRUPT'],
  ['an entry of no region', `${HEAD}{"entry":1,"region":1,"size":0}\n\n`, 'VARVE_CORRUPT'],
  ['a line without an end', `${HEAD}${'x'.repeat(100_000)}`, 'VARVE_CORRUPT'],
  ['deep nesting', `${HEAD}${'['.repeat(50_000)}\n`, 'VARVE_CORRUPT'],
  ['nothing', '', 'VARVE_CORRUPT'],
];

for (const [what, input, code] of HOSTILE) {
  test(`an export with ${what} is refused, and nothing is left behind`, async (t) => {
    const path = join(temporaryDirectory(t), 'copy.varve');
    const outcome = await feed(input, 'import', path);
    assert.notEqual(outcome.code, 0);
    assert.match(outcome.stderr, /^varve: Cannot .*\(VARVE_\w+\)\n$/);
    assert.ok(outcome.stderr.includes(code), outcome.stderr);
    assert.ok(!existsSync(path));
  });
}

test('without the addon, too, an absurd size is refused at once: the disk is not written full for it', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'varve-import-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const { status, stderr } = spawnSync(
    process.execPath,
    [MAIN, 'create', join(directory, 'huge.varve'), '--size', '7000TiB'],
    {
      encoding: 'utf8',
      env: { ...process.env, VARVE_NO_ADDON: '1' },
    },
  );
  assert.equal(status, 1);
  assert.match(stderr, /VARVE_IO/);
  assert.deepEqual(readdirSync(directory), []);
});

test('an entry larger than its region is refused before its bytes have come', async (t) => {
  const child = start('import', join(temporaryDirectory(t), 'copy.varve'));
  t.after(() => child.kill('SIGKILL'));
  child.stdin.on('error', () => {});
  child.stdin.write(
    `${HEAD}${REGION}{"entry":1,"region":1,"size":9007199254740990}\nthe first of many bytes`,
  );
  const [code] = await once(child, 'close');
  assert.equal(code, 1);
});
