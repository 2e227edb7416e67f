import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BlockStream, MemoryBlocks } from '../../src/blocks/index.js';
import { crc32c } from '../../src/format/crc32c.js';
import { markedBlocks, page, section, tableRows } from './pages.js';

const PAGE = page('docs/blocks.md');
const HOOK = new URL('../examples/use-this-build.js', import.meta.url).href;
const marked = markedBlocks(PAGE);
const codeOf = (mark: string) => marked.find((block) => block.mark === mark)?.code ?? assert.fail(mark);

test('the program prints what the page says, run twice', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'varve-docs-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'spool.mjs'), codeOf('program: spool.mjs'));
  const run = () =>
    execFileSync(process.execPath, ['--import', HOOK, 'spool.mjs'], { cwd: directory, encoding: 'utf8' });
  assert.equal(run() + run(), codeOf('prints: spool.mjs'));
});

test('the header of a block is as the page says', () => {
  const rows = tableRows(section(PAGE, 'What is on the blocks'));
  const at = (name: string) =>
    Number(rows.find(([, , what]) => what?.startsWith(name))?.[0] ?? assert.fail(name));
  const sizes = rows.map(([offset, bytes]) => [Number(offset), Number(bytes)] as const);
  for (const [i, [offset, bytes]] of sizes.entries())
    assert.equal(offset + bytes, sizes[i + 1]?.[0] ?? 64, 'fields follow each other');
  const blocks = new MemoryBlocks(8, 7);
  const stream = BlockStream.createSync(blocks, 500);
  stream.append('abc');
  stream.syncSync();
  stream.append('x'.repeat(70));
  stream.syncSync();
  const header = (number: number) => {
    const bytes = new Uint8Array(128);
    blocks.loadFrom(number, [bytes]);
    return bytes;
  };
  const fields = (number: number) => {
    const view = new DataView(header(number).buffer);
    const wide = ['position', 'group', 'first'].map((name) => Number(view.getBigUint64(at(name), true)));
    const narrow = ['number', 'durable', 'used', '1: the group'].map((name) =>
      view.getUint32(at(name), true),
    );
    return [...wide, ...narrow];
  };
  assert.deepEqual(fields(1), [500, 500, 500, 1, 1, 3, 1]);
  assert.deepEqual(fields(2), [503, 503, 500, 2, 2, 64, 0]);
  assert.deepEqual(fields(3), [567, 503, 500, 3, 2, 6, 1]);
  assert.deepEqual(fields(0).slice(0, 1), [500]);
  assert.deepEqual([...new Uint32Array(header(0).buffer, 64, 4)], [1, 1, 7, 8]);
  const bytes = header(1);
  assert.equal(Buffer.from(bytes.subarray(0, 4)).toString(), 'VBLK');
  assert.deepEqual(bytes.slice(at('id'), at('id') + 8), header(3).slice(at('id'), at('id') + 8));
  const checksum = new DataView(bytes.buffer).getUint32(at('checksum'), true);
  bytes.fill(0, 4, 8);
  assert.equal(checksum, crc32c(0xffffffff, bytes.subarray(0, 64 + 3)));
});
