import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Baseline, compare, isBad, type Origin } from '../../bench/check/compare.js';
import { deopts } from '../../bench/check/exact.js';
import { byFunction } from '../../bench/check/functions.js';
import { totalOf } from '../../bench/check/instructions.js';
import { summaryOf, tableOf } from '../../bench/check/report.js';
import { countCalls } from '../../bench/check/syscalls.js';

const here: Origin = { platform: 'linux-x64', node: '20.1.0', processor: 'A', addon: 'clwb, sse4.2' };
const kept: Baseline = {
  date: '2026-01-01',
  origin: here,
  works: {
    append: { instructions: 1000, heap: 96, deopts: 0, border: 2, ratio: 3, worst: 4 },
    group: { syncs: 1, written: 20_480 },
  },
};
const none = new Set<string>();

function verdicts(now: Record<string, number>, origin = here, left = none): Record<string, string> {
  const work = 'syncs' in now ? 'group' : 'append';
  const findings = compare(kept, { [work]: now }, origin, left);
  return Object.fromEntries(findings.map(({ measure, verdict }) => [measure, verdict]));
}

const same = { instructions: 1000, heap: 96, deopts: 0, border: 2, ratio: 3, worst: 4 };

test('what is as it was kept, or within what repeats, is the same', () => {
  const all = {
    instructions: 'same',
    heap: 'same',
    deopts: 'same',
    border: 'same',
    ratio: 'same',
    worst: 'same',
  };
  assert.deepEqual(verdicts(same), all);
  assert.deepEqual(verdicts({ ...same, instructions: 1022, heap: 97, ratio: 4.3, worst: 6.9 }), all);
});

test('one thing more of what is exact is worse, and so are instructions beyond two percent', () => {
  assert.equal(verdicts({ ...same, instructions: 1023 })['instructions'], 'worse');
  assert.equal(verdicts({ ...same, heap: 104 })['heap'], 'worse');
  assert.equal(verdicts({ ...same, deopts: 1 })['deopts'], 'worse');
  assert.equal(verdicts({ ...same, border: 3 })['border'], 'worse');
  assert.equal(verdicts({ syncs: 1.1, written: 20_480 })['syncs'], 'worse');
  assert.equal(verdicts({ syncs: 1, written: 24_576 })['written'], 'worse');
});

test('a best process behind the worst that was kept is worse, and so is a far worse one beside good ones', () => {
  assert.equal(verdicts({ ...same, ratio: 4.5 })['ratio'], 'worse');
  assert.equal(verdicts({ ...same, worst: 7.1 })['worst'], 'worse');
});

test('less is better', () => {
  const better = verdicts({ instructions: 900, heap: 40, deopts: 0, border: 1, ratio: 2, worst: 2 });
  assert.equal(better['instructions'], 'better');
  assert.equal(better['heap'], 'better');
  assert.equal(better['border'], 'better');
  assert.equal(better['ratio'], 'better');
});

test('on another Node, processor or platform only that is compared which does not depend on it', () => {
  const worse = { instructions: 9000, heap: 900, deopts: 9, border: 9, ratio: 30, worst: 40 };
  const otherNode = verdicts(worse, { ...here, node: '22.0.0' });
  assert.equal(otherNode['instructions'], 'not comparable');
  assert.equal(otherNode['border'], 'worse');
  const otherProcessor = verdicts(worse, { ...here, processor: 'B' });
  assert.equal(otherProcessor['instructions'], 'worse');
  assert.equal(otherProcessor['ratio'], 'not comparable');
  const elsewhere = Object.values(verdicts(worse, { ...here, platform: 'darwin-arm64' }));
  assert.ok(elsewhere.every((verdict) => verdict === 'not comparable'));
  assert.equal(verdicts(worse, { ...here, addon: 'clflush, table' })['instructions'], 'not comparable');
});

test('a count that is missed is bad, unless it cannot be made here; a new one is not', () => {
  const { heap: _, ...rest } = same;
  assert.equal(verdicts(rest)['heap'], 'missing');
  assert.equal(verdicts(rest, here, new Set(['heap']))['heap'], undefined);
  const findings = compare(kept, { 'something new': { heap: 8 } }, here, none);
  assert.deepEqual(
    findings.map(({ verdict }) => verdict),
    ['new'],
  );
  assert.ok(!findings.some(isBad));
});

test('the report names what got worse, and shows the rest on demand', () => {
  const findings = compare(kept, { append: { ...same, instructions: 1200 } }, here, none);
  assert.ok(findings.some(isBad));
  assert.deepEqual(summaryOf(findings), [
    'WORSE: append: instructions: 1200 instead of 1000 (+20.0 %)',
    'check: 1 of 6 counts are worse than kept',
  ]);
  assert.equal(tableOf(findings, false).length, 2);
  assert.equal(tableOf(findings, true).length, 7);
});

test('system calls between the marks are counted, whole or in two pieces, without those of V8 and of strangers', () => {
  const mine = `/dev/shm/varve-${'a'.repeat(32)}-1-2`;
  const log = [
    `7 openat(AT_FDCWD, "${mine}", O_RDWR|O_CREAT|O_EXCL) = 21`,
    '7 fdatasync(5</tmp/s>) = 0',
    '7 access("/tmp/counting-begins-here", F_OK) = -1 ENOENT (No such file or directory)',
    '7 pwrite64(5</tmp/s>, "@\\0= 3", 80, 4096) = 80',
    '8 fdatasync(5</tmp/s> <unfinished ...>',
    '7 epoll_wait(3<anon_inode:[eventpoll]>, [], 8, 0) = 0',
    '8 <... fdatasync resumed>) = 0',
    '8 write(9<anon_inode:[eventfd]>, "\\1", 8) = 8',
    '7 statx(5</tmp/s>, "", AT_EMPTY_PATH, STATX_SIZE, {stx_mask=0}) = 0',
    `7 pwrite64(21<${mine}>, "\\r", 4, 64) = 4`,
    `7 openat(AT_FDCWD, "/dev/shm/varve-${'b'.repeat(32)}-1-2", O_RDONLY) = 22`,
    '7 access("/tmp/counting-ends-here", F_OK) = -1 ENOENT (No such file or directory)',
    '7 fdatasync(5</tmp/s>) = 0',
  ].join('\n');
  assert.deepEqual(countCalls(log, 1), { syncs: 1, writes: 2, written: 84, calls: 1 });
  assert.throws(() => countCalls('', 1), /no mark/);
});

test('deoptimisations are named with their reason', () => {
  const line =
    '[bailout (kind: deopt-eager, reason: wrong map): begin. deoptimizing 0x1 <JSFunction #commit (sfi = 0x2)>, 0x3 <Code>]';
  assert.deepEqual(deopts(`something\n${line}\n`), ['#commit deoptimised: wrong map']);
});

test('instructions belong to functions, those of a call only once', () => {
  const dump = [
    'fn=(1) outer',
    '0x10 0 5',
    'cfn=(2) inner',
    'calls=1 0x20 0',
    '0x14 0 100',
    'fn=(2)',
    '0x20 0 100',
    'fn=(3) 0x0000000000001000',
    '0x1004 0 7',
    'totals: 112',
  ].join('\n');
  assert.equal(totalOf(dump), 112);
  assert.throws(() => totalOf(''), /no sum/);
  assert.deepEqual(byFunction(dump, '1000 10 JS:*next file:///x/build/src/core/cursor.js:1:1\n'), [
    ['inner', 100],
    ['JS:*next src/core/cursor.js:1:1', 7],
    ['outer', 5],
  ]);
});
