import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isCalm } from '../../bench/lib/calm.js';
import { BENCH_ROOT } from '../../bench/lib/paths.js';
import { PARTS } from '../../bench/parts.js';
import { startFloor, startPmemlog } from '../../bench/sides/floor.js';
import { LineProgram } from '../../bench/sides/line-program.js';
import { SubjectProcess } from '../../bench/subjects/subject-process.js';

const MIB = 2 ** 20;

async function scratch(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'varve-sides-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('the floor in C answers each question by the time it took, more for more work', async (t) => {
  const problems: string[] = [];
  const floor = startFloor(await scratch(t), 4 * MIB, (text) => problems.push(text));
  if (floor === undefined) return t.skip(problems.join());
  for (const mode of ['copy', 'each', 'twice', 'groups'] as const) {
    const some = await floor.run(mode, 100, 1000, 64);
    assert.ok(some.time > 0 && some.time < 1e9, `${mode}: ${some.time}`);
    assert.notEqual(isCalm(some), undefined);
  }
  // Far beyond what disturbs: the file is gone through many times.
  const [much, little] = [await floor.run('copy', 100, 2_000_000), await floor.run('copy', 100, 1000)];
  assert.ok(much.time > little.time);
  floor.end();
});

test('libpmemlog answers too, where it is installed', async (t) => {
  const problems: string[] = [];
  const pmemlog = startPmemlog(await scratch(t), 4 * MIB, (text) => problems.push(text));
  if (pmemlog === undefined) return t.skip(problems.join());
  const round = await pmemlog.run(100, 1000);
  assert.ok(round.time > 0);
  assert.notEqual(isCalm(round), undefined);
  pmemlog.end();
});

test('a program that has ended is an error, not a wait without end', async () => {
  const program = new LineProgram(process.execPath, ['-e', '']);
  await assert.rejects(program.ask('run'), /no answer to 'run'/);
});

test('a subject does what it is told in a process of its own, and is still there after a kill', async (t) => {
  const order = { subject: 'varve', setting: `file ${MIB}`, directory: await scratch(t) };
  const first = await SubjectProcess.start(order);
  assert.ok(first.opened.time > 0);
  assert.ok((await first.time({ what: 'fill', size: 64, count: 100 })).time > 0);
  assert.ok((await first.time({ what: 'scan', reverse: true, entries: 100 })).time > 0);
  await assert.rejects(first.time({ what: 'scan', reverse: false, entries: 99 }), /read 100 of 99 entries/);
  await first.kill();
  const second = await SubjectProcess.start(order);
  assert.ok((await second.time({ what: 'get', count: 10, entries: 100 })).time > 0);
  assert.equal((await second.times({ what: 'latencies', size: 64, count: 8, inFlight: 4 })).length, 8);
  assert.ok((await second.time({ what: 'reopen' })).time > 0);
  assert.ok((await second.time({ what: 'scan', reverse: false, entries: 108 })).time > 0);
  await second.close();
});

test('a subject that cannot be had says so', async (t) => {
  const order = { subject: 'nobody', setting: '', directory: await scratch(t) };
  await assert.rejects(SubjectProcess.start(order), /nobody: there is no subject nobody/);
});

test('every reason is about a part that there is', () => {
  const reasons = JSON.parse(readFileSync(join(BENCH_ROOT, 'reasons.json'), 'utf8')) as Record<
    string,
    string
  >;
  for (const [key, reason] of Object.entries(reasons)) {
    assert.ok((key.split('/')[0] ?? '') in PARTS, key);
    assert.match(reason, /\.$/, key);
  }
});
