import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Stream } from '../../src/index.js';
import { type KindName, problemOf, temporaryDirectory } from '../helpers/media.js';
import { liveFileOf, liveProblem } from './live-files.js';
import { Player, problemAs } from './players.js';

const STRANGER = 54_321;

/** Who opens a stream, and how. */
interface Side {
  readonly kind: KindName;
  readonly addon: boolean;
}

const on = (kind: KindName): Side => ({ kind, addon: true });
const WITHOUT: Side = { kind: 'file', addon: false };
const PAIRS: readonly (readonly [writer: Side, reader: Side, entries: number])[] = [
  [on('pmem'), on('pmem'), 1000],
  [on('page-cache'), on('page-cache'), 300],
  [on('file'), on('file'), 300],
  [on('pmem'), on('file'), 50],
  [on('pmem'), WITHOUT, 50],
  [on('file'), WITHOUT, 50],
  [WITHOUT, on('file'), 50],
  [WITHOUT, on('page-cache'), 50],
  [WITHOUT, WITHOUT, 50],
];

function newStream(t: TestContext): string {
  const path = `${temporaryDirectory(t)}/stream.varve`;
  Stream.openSync(path, { size: '1MiB', medium: 'file' }).closeSync();
  return path;
}

const nameOf = ({ kind, addon }: Side): string => `${kind}${addon ? '' : ' without the addon'}`;

function problemWith(...sides: readonly Side[]): string | undefined {
  return liveProblem() ?? sides.map(({ kind, addon }) => (addon ? problemOf(kind) : undefined)).find(Boolean);
}

for (const [writing, reading, entries] of PAIRS) {
  test(`one entry after the other wakes a reader, and no wake is lost: ${nameOf(writing)} → ${nameOf(reading)}`, async (t) => {
    const problem = problemWith(writing, reading) ?? (reading.addon ? problemOf('pmem') : undefined);
    if (problem !== undefined) return t.skip(problem);
    const path = newStream(t);
    const writer = new Player(t, { path, ...writing, looks: true });
    const reader = new Player(t, { path, ...reading });
    await writer.ask({ is: 'write' });
    await reader.ask({ is: 'follow' });
    const other = new Player(t, { path, ...reading });
    await other.ask({ is: 'follow', whole: true });
    for (let i = 0; i < entries; i++) {
      const timestamp = await writer.ask({ is: 'append', entries: 1 });
      assert.equal(await reader.answer(), timestamp);
      assert.equal(await other.answer(), timestamp);
    }
    await writer.ask({ is: 'close' });
    for (const each of [reader, other]) {
      await each.ask({ is: 'abort' });
      await each.ask({ is: 'close' });
    }
    assert.equal(liveFileOf(path), undefined, 'nothing is left behind');
  });
}

for (const kind of ['pmem', 'page-cache', 'file'] as const) {
  test(`a writer that is killed and replaced wakes the same readers (${kind})`, async (t) => {
    const problem = problemWith(on(kind));
    if (problem !== undefined) return t.skip(problem);
    const path = newStream(t);
    const reader = new Player(t, { path, ...on(kind) });
    const first = new Player(t, { path, ...on(kind) });
    await first.ask({ is: 'write' });
    const live = liveFileOf(path);
    assert.ok(live !== undefined);
    const { ino } = statSync(live);
    await reader.ask({ is: 'follow' });
    assert.equal(await first.ask({ is: 'append', entries: 1 }), await reader.answer());
    await first.kill();
    const second = new Player(t, { path, ...on(kind) });
    await second.ask({ is: 'write' });
    assert.equal(statSync(live).ino, ino, 'the same file is taken over');
    assert.equal(await second.ask({ is: 'append', entries: 1 }), await reader.answer());
    await second.ask({ is: 'close' });
    assert.equal(statSync(live).ino, ino, 'it stays as long as somebody follows');
    const third = new Player(t, { path, ...on(kind) });
    await third.ask({ is: 'write' });
    assert.equal(statSync(live).ino, ino);
    assert.equal(await third.ask({ is: 'append', entries: 1 }), await reader.answer());
    assert.deepEqual(readdirSync(dirname(path)), ['stream.varve'], 'nothing stands beside the stream');
    await third.ask({ is: 'close' });
    await reader.ask({ is: 'abort' });
    await reader.ask({ is: 'close' });
    assert.equal(existsSync(live), false, 'whoever is the last removes it');
  });
}

test('whoever may only read the stream is woken, and can hold up nobody', async (t) => {
  const problem = liveProblem() ?? problemAs(STRANGER);
  if (problem !== undefined) return t.skip(problem);
  const path = newStream(t);
  chmodSync(dirname(path), 0o755);
  chmodSync(path, 0o444);
  const [kind] = (['pmem', 'file'] as const).filter((each) => problemOf(each) === undefined);
  const side = { path, kind: kind ?? 'file', addon: kind === 'pmem' };
  const reader = new Player(t, { ...side, uid: STRANGER });
  for (let round = 0; round < 3; round++) {
    const writer = new Player(t, side);
    await writer.ask({ is: 'write' });
    if (round === 0) await reader.ask({ is: 'follow' });
    for (let i = 0; i < 20; i++) {
      assert.equal(await writer.ask({ is: 'append', entries: 1 }), await reader.answer());
    }
    await writer.ask({ is: 'close' });
  }
  const live = liveFileOf(path);
  assert.ok(live !== undefined);
  await reader.ask({ is: 'abort' });
  await reader.ask({ is: 'close' });
  assert.ok(existsSync(live), 'the reader may not remove what is not its own');
  Stream.openSync(path).closeSync();
  assert.equal(existsSync(live), false);
});
