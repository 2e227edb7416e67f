import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePage } from '../../bench/page/page.js';
import { line, other, ran, row } from './records.js';

const PART = { name: 'append', title: 'Appending', text: 'How it was done.', groups: [] };

function pageOf(
  records: Parameters<typeof ran>[0],
  reasons = {},
): { page: string; files: ReadonlyMap<string, string> } {
  const files = makePage({ parts: { append: ran(records) } }, [PART], reasons);
  return { page: files.get('benchmarks.md') ?? '', files };
}

/** What stands under a heading. */
function section(page: string, heading: string): string {
  return page.split(/^## /m).find((text) => text.startsWith(heading)) ?? assert.fail(heading);
}

test('the page says where, when and with what it was measured', () => {
  const { page } = pageOf([row('append/g/8', 100)]);
  for (const fact of ['an abacus', '2030-01-02', 'a file on sand', '| lmdb | 2 |'])
    assert.ok(page.includes(fact), fact);
  assert.ok(!page.includes('in a hurry'));
});

test('a row has the ratio to each that stood beside, then the own figure', () => {
  const { page } = pageOf([
    row('append/g/8', 100, [other('copy', 'floor', 50, 2), other('lmdb', 'peer', 400, 0.25)]),
  ]);
  const text = section(page, 'Appending');
  assert.match(text, /\| {2}\| \/ \*copy\* \| \/ lmdb \| varve \(quartiles\) \| rate \|/);
  assert.match(
    text,
    /\| 2\.00 \(1\.80–2\.20\) of 50\.0 ns \| \*\*0\.25 \(0\.23–0\.28\) of 400 ns\*\* \| 100 ns \(90\.0–110\) \| 10\.0 M\/s \|/,
  );
});

test('a target is met, missed or not measured', () => {
  const floor = (ratio: number) => [other('copy, flush, fence', 'floor', 100, ratio)];
  const verdict = (...rows: Parameters<typeof pageOf>[0]) => {
    const found = section(pageOf(rows).page, 'Targets').match(
      /^\| persisted one by one on cache lines[^|]*\| ([^|]*) \| ([^|]*) \|/m,
    );
    return found?.slice(1).map((cell) => cell.trim());
  };
  const [well, ill] = [
    row('append/pmem-persisted/8', 110, floor(1.1)),
    row('append/pmem-persisted/64', 120, floor(1.2)),
  ];
  assert.deepEqual(verdict(well), ['yes', 'append/pmem-persisted/8: 1.10']);
  assert.deepEqual(verdict(ill), ['**no**', 'append/pmem-persisted/64: **1.20**']);
  assert.equal(verdict(well, ill)?.[0], '**in part**');
  assert.deepEqual(verdict(), ['not measured', '']);
});

test('what is lost is listed with its reason, or without one as such', () => {
  const peers = [
    other('lmdb', 'peer', 50, 2),
    other('sqlite', 'peer', 50, 1.5),
    other('level', 'peer', 500, 0.2),
    other('close', 'peer', 90, 1.05),
  ];
  const { page } = pageOf([row('append/g/8', 100, peers)], { 'append/*/8 / lmdb': 'It maps.' });
  const text = section(page, 'What we lose');
  assert.match(text, /\| lmdb \| 2\.00 [^|]*\| It maps\. \|/);
  assert.match(text, /\| sqlite \| 1\.50 [^|]*\| \*\*no reason is written down yet\*\* \|/);
  assert.ok(!text.includes('level') && !text.includes('close'));
  assert.match(text, /nobody is ahead: 1\./);
});

test('a missed target is among what is lost, once', () => {
  const slow = row('append/pmem-persisted/8', 100, [other('libpmemlog', 'peer', 90, 1.1)]);
  const committed = row('append/pmem-committed/64', 41);
  const text = section(pageOf([slow, committed]).page, 'What we lose');
  assert.equal(text.split('| libpmemlog |').length - 1, 1);
  assert.match(text, /append\/pmem-committed\/64 \| target \| 41\.0 ns, aim 40\.0 \|/);
});

test('lines of one chart become one picture, named on the page', () => {
  const { page, files } = pageOf([line('a', [{ x: 1, y: 10 }]), line('b', [{ x: 1000, y: 20 }])]);
  assert.deepEqual([...files.keys()], ['benchmarks/growth.svg', 'benchmarks.md']);
  assert.ok(section(page, 'Appending').includes('![Cost <grows>](benchmarks/growth.svg)'));
});

test('of calm rounds, what all rounds say stands beside; of too few calm rounds, that they are', () => {
  const calm = { calm: 0.25, all: 143 };
  const copy = {
    ...other('copy, flush, fence', 'floor', 90, 1.05),
    ratio: { median: 1.05, low: 1, high: 1.1, calm: 0.2, all: 1.43 },
  };
  const lmdb = { ...other('lmdb', 'peer', 50, 2), ratio: { median: 2, low: 1.9, high: 2.1, calm: 0.01 } };
  const one = row('append/pmem-persisted/64', 100, [copy, lmdb]);
  const { page } = pageOf([{ ...one, value: { ...one.value, ...calm } }]);
  const text = section(page, 'Appending');
  assert.match(text, /\| 1\.05 \(1\.00–1\.10; all rounds: 1\.43\) of 90\.0 ns \|/);
  assert.match(text, /\| 2\.00 \(1\.90–2\.10; all rounds, too few calm\) of 50\.0 ns \|/);
  assert.match(text, /\| 100 ns \(90\.0–110; all rounds: 143 ns\) \| 10\.0 M\/s \| 25 % of 9 \|/);
  assert.match(
    section(page, 'Targets'),
    /\| yes \| append\/pmem-persisted\/64: 1\.05 \(all rounds: 1\.43\) \|/,
  );
});

test('what was left out is said', () => {
  const { page } = pageOf([
    { kind: 'remark', part: 'append', group: 'g', leftOut: true, text: 'lmdb: not installed' },
  ]);
  assert.ok(section(page, 'Appending').includes('**Left out:** lmdb: not installed'));
});
