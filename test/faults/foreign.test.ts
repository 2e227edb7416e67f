import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { pattern, texts } from '../helpers/bytes.js';
import { fails, isFailure, rejects } from '../helpers/errors.js';
import { FILE_KINDS, problemOf, temporaryDirectory } from '../helpers/media.js';

const CONTENTS: readonly [string, Uint8Array][] = [
  ['an empty file', new Uint8Array()],
  ['one byte', new Uint8Array([0x89])],
  ['a text', new Uint8Array(Buffer.from('Nov 21 host kernel: all is well\n'.repeat(3000)))],
  ['zeroes', new Uint8Array(65536)],
  ['noise', pattern(65536, 99)],
  [
    'a picture',
    new Uint8Array(Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), pattern(30_000, 3)])),
  ],
  [
    'the first eight bytes of a stream, and nothing behind',
    new Uint8Array(Buffer.from('\x89VARVE\r\n', 'latin1')),
  ],
];

/** A check of what is no stream is an error; of what was one, a report of problems. */
async function assertCheckTells(path: string): Promise<void> {
  try {
    assert.equal((await Stream.check(path)).ok, false);
  } catch (error) {
    assert.ok(isFailure(error, ['VARVE_NOT_A_STREAM']), String(error));
  }
}

for (const kind of FILE_KINDS) {
  test(`files that are something else are refused and left alone (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    const path = join(temporaryDirectory(t), 'foreign');
    for (const [name, content] of CONTENTS) {
      t.diagnostic(name);
      writeFileSync(path, content);
      const modified = statSync(path).mtimeMs;
      const tries = [
        {},
        { size: '1MiB' },
        { mode: 'open' as const },
        { readOnly: true },
        { size: content.byteLength || 1 },
      ];
      for (const options of tries) {
        const expected = 'VARVE_NOT_A_STREAM|VARVE_CORRUPT|VARVE_ARGUMENT';
        await rejects(expected, Stream.open(path, { medium: kind, ...options }));
        fails(expected, () => Stream.openSync(path, { medium: kind, ...options }));
      }
      await rejects('VARVE_NOT_A_STREAM|VARVE_CORRUPT', Stream.open(path, { medium: kind, mode: 'open' }));
      await rejects('VARVE_EXISTS', Stream.open(path, { medium: kind, mode: 'create', size: '1MiB' }));
      await assertCheckTells(path);
      assert.deepEqual(new Uint8Array(readFileSync(path)), content);
      assert.equal(statSync(path).mtimeMs, modified);
    }
  });

  test(`what is not a file is a clear error: a directory, a FIFO, a device (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    const directory = temporaryDirectory(t);
    mkdirSync(join(directory, 'directory'));
    execFileSync('mkfifo', [join(directory, 'fifo')]);
    const before = readdirSync(directory);
    for (const path of [
      join(directory, 'directory'),
      join(directory, 'fifo'),
      '/dev/null',
      '/dev/zero',
      '/dev/tty',
    ]) {
      for (const options of [{}, { size: '1MiB' }, { readOnly: true }, { mode: 'open' as const }]) {
        await assert.rejects(Stream.open(path, { medium: kind, ...options }), (error) => {
          return isFailure(error, [
            'VARVE_NOT_A_STREAM',
            'VARVE_IO',
            'VARVE_ARGUMENT',
            'VARVE_MISMATCH',
            'VARVE_CORRUPT',
          ]);
        });
      }
    }
    assert.deepEqual(readdirSync(directory), before);
  });
}

test('a path that cannot be created is a clear error with the path', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'file'), 'x');
  for (const path of [join(directory, 'no', 'such', 'directory'), join(directory, 'file', 'below')]) {
    await assert.rejects(Stream.open(path, { size: '1MiB' }), (error: Error & { path?: string }) => {
      return (
        isFailure(error, ['VARVE_IO', 'VARVE_NOT_FOUND']) &&
        (error.path === path || error.message.includes(path))
      );
    });
  }
  assert.deepEqual(readdirSync(directory), ['file']);
});

test('a dangling symbolic link creates nothing elsewhere', async (t) => {
  const directory = temporaryDirectory(t);
  symlinkSync(join(directory, 'elsewhere'), join(directory, 'link'));
  await assert.rejects(Stream.open(join(directory, 'link'), { size: '1MiB', mode: 'create' }), (error) => {
    return isFailure(error, ['VARVE_EXISTS', 'VARVE_IO', 'VARVE_NOT_FOUND']);
  });
  assert.ok(!existsSync(join(directory, 'elsewhere')));
  assert.deepEqual(readdirSync(directory), ['link']);
});

test("new files get the user's umask, and nothing else is left beside them", async (t) => {
  const directory = temporaryDirectory(t);
  for (const mask of [0o022, 0o077, 0o002]) {
    const before = process.umask(mask);
    try {
      const path = join(directory, `mask-${mask}`);
      const stream = await Stream.open(path, { size: '1MiB', medium: 'file' });
      (await stream.allocate(4096)).appendSync('x');
      await stream.close();
      assert.equal(statSync(path).mode & 0o777, 0o666 & ~mask);
    } finally {
      process.umask(before);
    }
  }
  assert.equal(readdirSync(directory).length, 3);
});

test('a relative path stays the same stream when the working directory changes', async (t) => {
  const directory = temporaryDirectory(t);
  const before = process.cwd();
  t.after(() => process.chdir(before));
  process.chdir(directory);
  const stream = await Stream.open('relative', { size: '1MiB', medium: 'file' });
  const region = await stream.allocate(4096);
  process.chdir(before);
  await region.append('x');
  await stream.close();
  const again = await Stream.open(join(directory, 'relative'), { medium: 'file' });
  assert.deepEqual(texts(again.entries()), ['x']);
  await again.close();
});
