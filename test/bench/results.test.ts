import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Laps, type Round, roundOf, Yardstick } from '../../bench/lib/calm.js';
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
      turnsMax: 6,
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

/** Rounds of a side of which every so many is calm, and takes half as long; the least of its probe comes last. */
function disturbed(time: number, calmEvery: number): () => Round {
  const by = new Yardstick();
  let rounds = 0;
  return () => {
    const calm = ++rounds % calmEvery === 0;
    return roundOf(calm ? time : 2 * time, calm ? [100, 100 - rounds / 100] : [100, 150], by);
  };
}

function ofRounds(own: () => Round, bare: () => Round) {
  const sides = [varve(own), ...floor('bare', bare)];
  return compete({ key: 'k', name: 'n', entries: 1, turnsMax: 400, sides }, false);
}

test('the figures of a contest are those of its calm rounds, the ratio that of calm pairs', async () => {
  const { figures } = await ofRounds(disturbed(300, 3), disturbed(100, 4));
  const [figure] = figures;
  const [bare] = figure?.others ?? [];
  assert.deepEqual([figure?.value.median, figure?.value.all], [300, 600]);
  assert.ok(Math.abs((figure?.value.calm ?? 0) - 1 / 3) < 0.05);
  assert.deepEqual([bare?.value.median, bare?.value.all], [100, 200]);
  assert.deepEqual([bare?.ratio.median, bare?.ratio.low, bare?.ratio.high], [3, 3, 3]);
});

test('of too few calm rounds, all count, and the share says so; without probes nothing is said', async () => {
  const { figures } = await ofRounds(disturbed(300, 30), () => ({ time: 100 }));
  const [figure] = figures;
  const [bare] = figure?.others ?? [];
  assert.equal(figure?.value.median, 600);
  assert.ok((figure?.value.calm ?? 1) < 0.1);
  assert.ok(figure?.value !== undefined && !('all' in figure.value));
  assert.ok(bare !== undefined && !('calm' in bare.value) && !('calm' in bare.ratio));
});

test('laps cut a pass into rounds', () => {
  const laps = new Laps(10);
  let { next } = laps;
  for (let step = 1; step <= 30; step++) if (step === next) next = laps.lap();
  assert.equal(laps.rounds.length, 3);
  assert.ok(laps.rounds.every(({ time, probe }) => time > 0 && (probe?.time ?? 0) > 0));
});
