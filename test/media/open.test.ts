import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { addonProblem } from '../../src/base/native-loader.js';
import type { OpenMediumOptions } from '../../src/media/open.js';
import { problemOfCommand } from './system.js';
import { directoryForFile, open } from './workplace.js';

const directory = directoryForFile();
const size = 64 * 1024;

let count = 0;
function freshDirectory(): string {
  const path = join(directory, `d${count++}`);
  fs.mkdirSync(path);
  return path;
}

function create(path: string): void {
  const medium = open(path, { size });
  medium.publish();
  medium.close();
}

test('a new file appears under its name when it is published, and not before', () => {
  const parent = freshDirectory();
  const path = join(parent, 'stream');
  const medium = open(path, { size, mode: 'create' });
  assert.equal(medium.path, path);
  assert.equal(medium.size, size);
  assert.ok(!fs.existsSync(path));
  medium.publish();
  assert.deepEqual(fs.readdirSync(parent), ['stream']);
  assert.equal(fs.statSync(path).size, size);
  assert.ok(fs.statSync(path).blocks * 512 >= size, 'it is allocated in full');
  medium.close();
  assert.deepEqual(fs.readdirSync(parent), ['stream']);
});

test('a file that is closed before it is published leaves nothing behind', () => {
  const parent = freshDirectory();
  open(join(parent, 'stream'), { size }).close();
  assert.deepEqual(fs.readdirSync(parent), []);
});

test('a new file has the rights that the umask leaves', () => {
  const path = join(freshDirectory(), 'stream');
  const before = process.umask(0o027);
  try {
    create(path);
  } finally {
    process.umask(before);
  }
  assert.equal(fs.statSync(path).mode & 0o777, 0o640);
});

test('a name of 255 bytes can be created', () => {
  create(join(freshDirectory(), 'x'.repeat(255)));
  create(join(freshDirectory(), 'ä'.repeat(127)));
});

test('of two that create the same name one wins, and the other leaves it alone', () => {
  const parent = freshDirectory();
  const path = join(parent, 'stream');
  const [winner, loser] = [open(path, { size }), open(path, { size: 2 * size })];
  winner.publish();
  assert.throws(() => loser.publish(), { name: 'VarveError', code: 'VARVE_EXISTS', path });
  loser.close();
  winner.close();
  assert.deepEqual(fs.readdirSync(parent), ['stream']);
  assert.equal(fs.statSync(path).size, size);
});

test('where there are no hard links the name is taken all the same, and still exclusively', () => {
  const parent = freshDirectory();
  const path = join(parent, 'stream');
  const refuse = mock.method(fs, 'linkSync', () => {
    throw Object.assign(new Error('EPERM: no links here'), { code: 'EPERM' });
  });
  try {
    const [winner, loser] = [open(path, { size }), open(path, { size: 2 * size })];
    winner.publish();
    assert.throws(() => loser.publish(), { code: 'VARVE_EXISTS' });
    loser.close();
    winner.close();
  } finally {
    refuse.mock.restore();
  }
  assert.deepEqual(fs.readdirSync(parent), ['stream']);
  assert.equal(fs.statSync(path).size, size);
});

test('a file: URL is a path, and other URLs are not', () => {
  const path = join(freshDirectory(), 'a b');
  const medium = open(pathToFileURL(path), { size });
  assert.equal(medium.path, path);
  medium.close();
  assert.throws(() => open(new URL('http://localhost/stream')), {
    name: 'TypeError',
    code: 'VARVE_ARGUMENT',
  });
  assert.throws(() => open(new URL('file://elsewhere/stream')), {
    name: 'TypeError',
    code: 'VARVE_ARGUMENT',
  });
});

test('arguments that cannot be are refused', () => {
  const path = join(freshDirectory(), 'stream');
  for (const target of ['', 'a\0b'])
    assert.throws(() => open(target), { name: 'TypeError', code: 'VARVE_ARGUMENT' });
  assert.throws(() => open(path), { name: 'TypeError', code: 'VARVE_ARGUMENT', message: /size/ });
  assert.throws(() => open(path, { mode: 'create', size, readOnly: true }), { name: 'TypeError' });
  assert.throws(() => open(path, { mode: 'create' }), { name: 'TypeError' });
});

test('what is there or not there decides between the modes', () => {
  const parent = freshDirectory();
  const path = join(parent, 'stream');
  assert.throws(() => open(path, { mode: 'open' }), { code: 'VARVE_NOT_FOUND', path });
  assert.throws(() => open(path, { readOnly: true, size }), { code: 'VARVE_NOT_FOUND' });
  assert.throws(() => open(join(parent, 'no', 'stream'), { size }), { code: 'VARVE_NOT_FOUND' });
  create(path);
  assert.throws(() => open(path, { mode: 'create', size }), { code: 'VARVE_EXISTS', path });
  assert.throws(() => open(join(path, 'stream'), { size }), { code: 'VARVE_NOT_FOUND' });
  const medium = open(path, { size: 2 * size });
  assert.equal(medium.size, size);
  assert.equal(medium.isNew, false);
  medium.close();
  assert.deepEqual(fs.readdirSync(parent), ['stream']);
});

test('a symbolic link is followed to a file, and never made one', () => {
  const parent = freshDirectory();
  const [path, link, dangling] = [join(parent, 'stream'), join(parent, 'link'), join(parent, 'dangling')];
  create(path);
  fs.symlinkSync('stream', link);
  fs.symlinkSync('nowhere', dangling);
  open(link, { mode: 'open' }).close();
  assert.throws(() => open(link, { mode: 'create', size }), { code: 'VARVE_EXISTS' });
  assert.throws(() => open(dangling, { mode: 'create', size }), { code: 'VARVE_EXISTS' });
  assert.throws(() => open(dangling, { size }), { code: 'VARVE_NOT_FOUND', message: /symbolic link/ });
  assert.throws(() => open(dangling, { mode: 'open' }), { code: 'VARVE_NOT_FOUND' });
  assert.ok(!fs.existsSync(join(parent, 'nowhere')));
});

test('a link that is put in while the file is being made is not followed', () => {
  const parent = freshDirectory();
  const path = join(parent, 'stream');
  const medium = open(path, { size });
  fs.symlinkSync('elsewhere', path);
  assert.throws(() => medium.publish(), { code: 'VARVE_EXISTS' });
  medium.close();
  assert.deepEqual(fs.readdirSync(parent), ['stream']);
});

test('a directory, a FIFO, a socket and character devices are not streams', async (t) => {
  const parent = freshDirectory();
  const [fifo, socket] = [join(parent, 'fifo'), join(parent, 'socket')];
  const server = createServer().listen(socket);
  await once(server, 'listening');
  t.after(() => server.close());
  const problem = problemOfCommand('mkfifo', [fifo]);
  if (problem !== undefined) t.diagnostic(problem);
  for (const path of [parent, socket, '/dev/null', '/dev/zero', ...(problem === undefined ? [fifo] : [])]) {
    for (const options of [
      { size },
      { mode: 'open' },
      { readOnly: true },
      { mode: 'create', size },
    ] as const) {
      assert.throws(() => open(path, options), { name: 'VarveError', code: 'VARVE_NOT_A_STREAM', path });
    }
  }
});

test('a file that may not be written to can be read, and the message says so', (t) => {
  const parent = fs.mkdtempSync(join(tmpdir(), 'varve-media-'));
  t.after(() => fs.rmSync(parent, { recursive: true, force: true }));
  const path = join(parent, 'stream');
  create(path);
  const problem = problemOfCommand('chattr', ['+i', path]);
  if (problem !== undefined) return t.skip(problem);
  try {
    const expected = { code: 'VARVE_IO', message: /readOnly: true/, cause: { code: 'EPERM' } };
    assert.throws(
      () => open(path, { mode: 'open' }),
      (error: Error) => matches(error, expected),
    );
    for (const medium of ['auto', 'file'] as const) {
      const reader = open(path, { mode: 'open', readOnly: true, medium });
      assert.equal(reader.readOnly, true);
      assert.equal(reader.open(0, 4096, 'random').read(0, 4096, 4096).bytes[0], 0);
      reader.close();
    }
  } finally {
    problemOfCommand('chattr', ['-i', path]);
  }
});

test('a directory that may not be written to takes no new file', (t) => {
  const parent = fs.mkdtempSync(join(tmpdir(), 'varve-media-'));
  t.after(() => fs.rmSync(parent, { recursive: true, force: true }));
  const problem = problemOfCommand('chattr', ['+i', parent]);
  if (problem !== undefined) return t.skip(problem);
  try {
    assert.throws(
      () => open(join(parent, 'stream'), { size }),
      (error: Error) =>
        matches(error, { code: 'VARVE_IO', message: /may not be written to/, cause: { code: 'EPERM' } }),
    );
  } finally {
    problemOfCommand('chattr', ['-i', parent]);
  }
  assert.deepEqual(fs.readdirSync(parent), []);
});

test('the kind of medium is the one asked for; auto needs a promise of the kernel for pmem', (t) => {
  const path = join(freshDirectory(), 'stream');
  create(path);
  const problem = addonProblem();
  const kindOf = (medium: OpenMediumOptions['medium'], readOnly = false) => {
    const opened = open(path, { mode: 'open', medium, readOnly });
    opened.close();
    return opened.kind;
  };
  assert.equal(kindOf('file'), 'file');
  if (problem !== undefined) return t.skip(problem);
  assert.equal(kindOf('pmem'), 'pmem');
  assert.equal(kindOf('page-cache'), 'page-cache');
  assert.equal(kindOf('auto'), 'page-cache');
  assert.equal(kindOf('auto', true), 'page-cache');
});

test('an empty file can be opened: it is for others to say that it is no stream', () => {
  const path = join(freshDirectory(), 'empty');
  fs.writeFileSync(path, '');
  const medium = open(path, { mode: 'open' });
  assert.equal(medium.size, 0);
  assert.equal(medium.isNew, false);
  medium.close();
});

test('readers map or read a file without changing it, and see what a writer stores', (t) => {
  const path = join(freshDirectory(), 'stream');
  create(path);
  const kinds =
    addonProblem() === undefined ? (['file', 'page-cache', 'pmem'] as const) : (['file'] as const);
  if (kinds.length === 1) t.diagnostic(`${addonProblem()}`);
  const writer = open(path, { medium: 'file' });
  const region = writer.open(4096, 4096, 'append');
  kinds.forEach((medium, i) => {
    const reader = open(path, { readOnly: true, medium });
    const window = region.write(i * 64, 64);
    window.bytes.fill(7, i * 64 - window.start, i * 64 - window.start + 64);
    region.flush(i * 64, i * 64 + 64);
    writer.drainSync();
    const { bytes, start } = reader.open(4096, 4096, 'append').read(i * 64, 64, 4096);
    assert.ok(bytes.subarray(i * 64 - start, i * 64 - start + 64).every((byte) => byte === 7));
    bytes.fill(9);
    reader.close();
  });
  writer.close();
  assert.ok(!fs.readFileSync(path).includes(9));
});

function matches(
  error: Error,
  expected: { code: string; message: RegExp; cause: { code: string } },
): boolean {
  assert.match(error.message, expected.message);
  assert.equal((error as Error & { code?: string }).code, expected.code);
  assert.equal((error.cause as { code?: string }).code, expected.cause.code);
  return true;
}
