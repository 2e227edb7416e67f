import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { feed, json, newStream, output, varve } from './varve.js';

test('tree draws regions and entries with their places, sizes, bytes and texts', async (t) => {
  const path = await newStream(t, 'orders', 'empty');
  await feed(
    'hello\n\na longer line that is cut, since nobody wants to see all of it here',
    'append',
    path,
    'orders',
  );
  const lines = (await output('tree', path)).split('\n');
  assert.match(lines[0] ?? '', /^.*stream\.varve {2}4 MiB on [\w-]+, 2 regions, 3\.8 MiB free$/);
  assert.match(lines[1] ?? '', /^├── region 'orders' {2}0x003000 {2}64 KiB, 3 entries, room for 63\.8 KiB$/);
  assert.deepEqual(lines.slice(2, 5), [
    '│   ├── 0x000000  #1            5 B  68 65 6c 6c 6f            hello',
    '│   ├── 0x000018  #2            0 B',
    '│   └── 0x000028  #3           67 B  61 20 6c 6f 6e 67 65 72 … a longer line that is cut, since nobody …',
  ]);
  assert.match(lines[5] ?? '', /^└── region 'empty' {2}0x013000 {2}64 KiB, 0 entries, room for 63\.9 KiB$/);
  assert.deepEqual(lines.slice(6), ['']);
});

test('tree shows the oldest and the newest entries of a long region, and how many lie between', async (t) => {
  const path = await newStream(t, 'long');
  await feed(Array.from({ length: 50 }, (_, i) => `line ${i + 1}`).join('\n'), 'append', path);
  const shown = async (limit: number) => {
    const lines = (await output('tree', path, '--limit', `${limit}`)).trim().split('\n').slice(2);
    return lines.map((line) => /line \d+$|… .* …$/.exec(line)?.[0]);
  };
  assert.deepEqual(await shown(3), ['line 1', 'line 2', '… 47 more entries …', 'line 50']);
  assert.deepEqual(await shown(0), ['… 50 more entries …']);
  assert.deepEqual((await shown(49)).slice(23, 27), ['line 24', 'line 25', '… 1 more entry …', 'line 27']);
  assert.deepEqual(
    await shown(50),
    Array.from({ length: 50 }, (_, i) => `line ${i + 1}`),
  );
});

test('tree draws nothing that could steer a terminal', async (t) => {
  const path = await newStream(t, 'a');
  await feed('\x1b[31mred\x07\t\u0085\u202e end', 'append', path);
  const [, , line] = (await output('tree', path)).split('\n');
  assert.ok(line?.endsWith('  1b 5b 33 31 6d 72 65 64 … .[31mred.... end'), line);
});

test('tree as JSON', async (t) => {
  const path = await newStream(t, 'a');
  await feed('x\ny', 'append', path);
  const tree = (await json('tree', path, '--limit', '1')) as { size: number; regions: unknown[] };
  assert.equal(tree.size, 4 * 1024 * 1024);
  const entries = [{ timestamp: 1, offset: 0, size: 1, base64: 'eA==' }];
  assert.deepEqual(tree.regions, [{ id: 1, name: 'a', offset: 12288, size: 65536, count: 2, entries }]);
});

test('stat counts what is there', async (t) => {
  const path = await newStream(t, 'a', 'b');
  await feed('one\nthree', 'append', path, 'a');
  const stat = (await json('stat', path)) as { medium: { kind: string }; regions: Record<string, unknown>[] };
  const { regions, medium, ...facts } = stat;
  assert.equal(typeof medium.kind, 'string');
  const available = 4 * 1024 * 1024 - 12288 - 2 * 65536;
  assert.deepEqual(facts, {
    path,
    size: 4 * 1024 * 1024,
    blockSize: 4096,
    available,
    committed: 2,
    persisted: 2,
    logs: [],
  });
  const a = { id: 1, name: 'a', offset: 12288, size: 65536, available: 65536 - 24 - 24 - 16 };
  assert.deepEqual(regions[0], { ...a, entries: 2, bytes: 8, first: 1, last: 2 });
  const b = { id: 2, name: 'b', offset: 77824, size: 65536, available: 65520 };
  assert.deepEqual(regions[1], { ...b, entries: 0, bytes: 0 });
  assert.match(
    await output('stat', path),
    /1 {2}a {2}64 KiB, 2 entries, 8 B, timestamps 1 to 2, room for 63\.9 KiB\n/,
  );
});

test('check says that all is well, or what is damaged', async (t) => {
  const path = await newStream(t, 'a');
  await feed('first\n<<marked>>\nlast', 'append', path);
  assert.match(await output('check', path), /: well: 1 region, 3 entries, .*\n$/);
  assert.equal(((await json('check', path)) as { ok: boolean }).ok, true);

  const file = readFileSync(path);
  const at = file.indexOf('<<marked>>');
  file[at] = (file[at] ?? 0) ^ 1;
  writeFileSync(path, file);
  const told = await varve('check', path);
  assert.equal(told.code, 1);
  assert.match(told.stdout.toString(), /: 1 problem: .*\n {2}.* \(VARVE_CORRUPT\)\n$/);
  const { code, stdout } = await varve('check', path, '--json');
  const report = JSON.parse(stdout.toString());
  assert.deepEqual([code, report.ok, report.problems.length, report.problems[0].timestamp], [1, false, 1, 2]);
  assert.ok(readFileSync(path).equals(file), 'checking changes nothing');
});

test('what lies before the damage is written, then the error told', async (t) => {
  const path = await newStream(t, 'good', 'bad');
  await feed('well', 'append', path, 'good');
  await feed('first\nsecond\n<<marked>>\nlast', 'append', path, 'bad');
  const file = readFileSync(path);
  const at = file.indexOf('<<marked>>');
  file[at] = (file[at] ?? 0) ^ 1;
  writeFileSync(path, file);
  const expectations = {
    cat: /^well\nfirst\nsecond\n$/,
    tree: /region 'good'[\s\S]*well/,
    export: /second\n$/,
  };
  for (const [command, expected] of Object.entries(expectations)) {
    const { code, stdout, stderr } = await varve(command, path);
    assert.match(stdout.toString(), expected);
    assert.equal(code, 1);
    assert.match(stderr, /^varve: [^\n]+ \(VARVE_CORRUPT\)\n$/);
  }
});

test('regions are listed, allocated, cleared and freed', async (t) => {
  const path = await newStream(t, 'a');
  assert.match(
    await output('regions', 'allocate', path, '10000'),
    /^allocated 2 {2}12 KiB, room for 11.9 KiB\n$/,
  );
  const made = { id: 3, name: 'c', offset: 90112, size: 4096, available: 4080 };
  assert.deepEqual(await json('regions', 'allocate', path, '4096', 'c'), made);
  await feed('x', 'append', path, 'c');
  assert.equal(await output('regions', 'clear', path, 'c'), "cleared region 'c'\n");
  assert.equal(await output('regions', 'free', path, '2'), 'freed region 2\n');
  const list = (await json('regions', 'list', path)) as { id: number }[];
  assert.deepEqual([list.map(({ id }) => id), list[1]], [[1, 3], made]);
  assert.equal((await output('regions', 'list', path)).split('\n').length, 3);
});

test('create tells what it made', async (t) => {
  const path = `${await newStream(t)}.second`;
  const made = (await json('create', path, '--size', '1MiB', '--medium', 'file')) as object;
  const available = 1024 * 1024 - 12288;
  assert.deepEqual(made, { path, size: 1024 * 1024, blockSize: 4096, available, medium: 'file' });
});
