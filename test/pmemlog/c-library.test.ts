import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { check, create, open } from '../../src/pmemlog/index.js';
import { fails } from '../helpers/errors.js';
import { temporaryDirectory } from '../helpers/media.js';
import { type CLibrary, cLibrary, isConsistent } from './c-library.js';

const c = cLibrary();

function withC(title: string, body: (c: CLibrary, path: string) => void | Promise<void>): void {
  test(title, async (t) => {
    if (typeof c === 'string') return t.skip(c);
    await body(c, join(temporaryDirectory(t), 'log.pool'));
  });
}

function text(pool: ReturnType<typeof open>): string {
  let all = '';
  pool.walk((chunk) => {
    all += Buffer.from(chunk).toString('latin1');
  });
  return all;
}

withC('a pool that the C library made is read and appended to, and it reads that back', (library, path) => {
  library.run('create', path, 'aone ', 'atwo ');
  assert.equal(check(path), true);
  {
    using pool = open(path);
    assert.equal(text(pool), 'one two ');
    pool.append('three ');
    pool.appendv(['four', '\n']);
  }
  assert.equal(library.run('open', path, 'w0', 't').toString(), 'one two three four\n19\n');
  assert.equal(isConsistent(path), true);
  library.run('open', path, 'r', 'aanew');
  using pool = open(path);
  assert.equal(text(pool), 'anew');
  assert.equal(pool.nbyte(), Number(nbyteOf(library, path)));
});

/** While the pool is open here, the C library cannot have it: a copy of the question is asked of a fresh one. */
function nbyteOf(library: CLibrary, path: string): string {
  return library.run('create', `${path}.other`, 'n').toString();
}

withC('a pool that was made here is one to the C library and to pmempool', (library, path) => {
  {
    using pool = create(path);
    pool.append('made here');
  }
  assert.equal(isConsistent(path), true);
  assert.equal(
    library.run('open', path, 'a, continued there', 'w5', 't').toString(),
    'made here, continued there26\n',
  );
  using pool = open(path);
  assert.equal(text(pool), 'made here, continued there');
});

withC('the same lock keeps both apart', async (library, path) => {
  create(path).close();
  const held = await library.hold(path);
  fails('VARVE_LOCKED', () => open(path));
  await held.release();
  {
    using _ = open(path);
    assert.throws(() => library.run('open', path, 't'), /Resource temporarily unavailable|locked/);
  }
  assert.equal(library.run('open', path, 't').toString(), '0\n');
});
