import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compete, floor, varve } from '../../bench/lib/contest.js';
import { loadResults, merged, saveResults } from '../../bench/lib/results.js';
import { ran, row } from './records.js';

test('new results of a part, or of some of its groups, take the place of the old ones', () => {
  const old = {
    parts: { append: ran([row('append/a/1', 1), row('append/b/1', 2)]), read: ran([row('read/a/1', 3)]) },
  };
  const keys = (results: typeof old | ReturnType<typeof merged>) =>
    Object.values(results.parts).map(({ records }) =>
      records.flatMap((record) =>
        record.kind === 'comparison' ? `${record.key} ${record.value.median}` : [],
      ),
    );
  const fresh = ran([row('append/a/1', 9)], '2031-01-01');
  assert.deepEqual(keys(merged(old, 'append', fresh, ['a'])), [
    ['append/a/1 9', 'append/b/1 2'],
    ['read/a/1 3'],
  ]);
  assert.deepEqual(keys(merged(old, 'append', fresh, undefined)), [['append/a/1 9'], ['read/a/1 3']]);
});

test('results are saved and loaded; where there are none there is no part', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'varve-results-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'some', 'latest.json');
  assert.deepEqual(loadResults(path), { parts: {} });
  const results = { parts: { append: ran([row('append/a/1', 1), row('append/a/2', 2)]), read: ran([]) } };
  saveResults(path, results);
  assert.deepEqual(loadResults(path), results);
});

test('a contest holds each side that is varve against those it names, round by round', async () => {
  let round = 0;
  const { figures } = await compete(
    {
      key: 'k',
      name: 'n',
      entries: 10,
      roundsMax: 6,
      sides: [
        varve(() => 100 * ++round, 'one'),
        { ...varve(() => 500, 'two'), against: ['bare'] },
        ...floor('bare', () => 50 * round),
        { name: 'other', role: 'peer', run: () => 250, entries: 1 },
        ...floor('nobody', undefined),
      ],
    },
    true,
  );
  const [one, two] = figures;
  assert.deepEqual([one?.side, two?.side], ['one', 'two']);
  assert.deepEqual(
    one?.others.map(({ name }) => name),
    ['bare', 'other'],
  );
  assert.deepEqual(
    two?.others.map(({ name }) => name),
    ['bare'],
  );
  assert.equal(two?.value.median, 50);
  assert.equal(one?.others[1]?.value.median, 250);
});
