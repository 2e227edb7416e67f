import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Journal, journalSize } from '../../src/core/log/journal.js';
import {
  decodeRecord,
  encodeChange,
  encodeSnapshot,
  encodeSwitch,
  snapshotBound,
} from '../../src/core/log/journal-record.js';
import { applyChange, newState } from '../../src/core/log/journal-state.js';
import { MemoryMedium, VarveError, VoidMedium } from '../../src/index.js';
import { SimulatedMedium } from '../../src/testing/index.js';
import { closeCore, coreOn, fitting, journalOn, OPTIONS, told, wish } from './journal-support.js';

const RUNS = { numRuns: 150 };

test('every change reads back as it was, and so does the snapshot of what it leads to', () => {
  fc.assert(
    fc.property(fc.array(wish), (wishes) => {
      const state = newState(OPTIONS);
      for (const each of wishes) {
        const change = fitting(state, each);
        if (change === undefined) continue;
        assert.deepEqual(decodeRecord(encodeChange(change)), change);
        applyChange(state, change);
      }
      const bytes = encodeSnapshot(state);
      const read = decodeRecord(bytes);
      assert.ok(read.kind === 'snapshot');
      assert.equal(told(read.state), told(state));
      assert.ok(bytes.length <= snapshotBound(state));
    }),
    RUNS,
  );
});

test('bytes of any kind are read as a record or refused as such', () => {
  const refused = (bytes: Uint8Array) => {
    try {
      decodeRecord(bytes);
    } catch (error) {
      assert.ok(error instanceof VarveError, String(error));
      assert.match(error.code, /^VARVE_(CORRUPT|MISMATCH)$/);
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), refused), RUNS);
  fc.assert(
    fc.property(fc.json(), (json) => refused(Buffer.from(json))),
    RUNS,
  );
  const state = newState(OPTIONS);
  applyChange(state, { kind: 'consumer', name: 'billing', position: 3, protect: true });
  applyChange(state, { kind: 'cuts', cuts: [{ segment: 0, tail: 8, entries: 1, last: 3, next: 1 }] });
  const bytes = encodeSnapshot(state);
  for (let i = 0; i < bytes.length; i++) {
    for (const byte of [0, 0x22, 0x2d, 0x39, 0x5b, 0x7d, 0xff]) refused(bytes.with(i, byte));
    refused(bytes.subarray(0, i));
  }
});

test('a record of a kind that only a later version may know is a mismatch, one that makes no sense is corrupt', () => {
  const code = (bytes: Uint8Array | string) => () => decodeRecord(Buffer.from(bytes));
  assert.throws(code(Uint8Array.of(9, 0, 0)), { code: 'VARVE_MISMATCH', message: /record of the kind 9/ });
  assert.throws(code('{"kind":"quota","bytes":1}'), { code: 'VARVE_MISMATCH', message: /"quota"/ });
  assert.throws(code('{"kind":"first","first":-1}'), { code: 'VARVE_CORRUPT' });
  assert.throws(code('{"kind":"first"'), { code: 'VARVE_CORRUPT' });
  assert.throws(code(encodeSwitch().subarray(0, 7)), { code: 'VARVE_CORRUPT' });
  assert.throws(code(Uint8Array.of(1, 2, 3)), { code: 'VARVE_CORRUPT' });
});

test('what a journal says is what was changed, through any number of switches, also after reopening', async () => {
  const wishes = fc.array(fc.tuple(wish, fc.boolean()), { minLength: 20, maxLength: 120 });
  await fc.assert(
    fc.asyncProperty(wishes, async (all) => {
      const medium = new MemoryMedium('64KiB');
      const core = coreOn(medium);
      const journal = journalOn(core, 1024);
      const model = newState(OPTIONS);
      for (const [each, sync] of all) {
        const change = fitting(model, each);
        if (change === undefined || !journal.fits(change)) continue;
        if (sync) journal.changeSync(() => change);
        else await journal.change(() => change);
        applyChange(model, change);
        assert.equal(told(journal.state), told(model));
      }
      closeCore(core);
      const again = coreOn(medium);
      assert.equal(told(journalOn(again, 0).state), told(model));
      closeCore(again);
    }),
    { numRuns: 40 },
  );
});

test('promised changes keep their order and are all done, also while the journal is switched on a slow medium', async () => {
  const core = coreOn(new SimulatedMedium('64KiB', { slow: true }));
  const journal = await Journal.create(core, 'log', 1024, OPTIONS);
  await journal.change(() => ({ kind: 'consumer', name: 'a', position: 0, protect: true }));
  const order: number[] = [];
  const all = Array.from({ length: 100 }, (_, i) =>
    journal
      .change(({ consumers }) => {
        const { revision = 0 } = consumers.get(1) ?? {};
        return { kind: 'position', id: 1, position: i + 1, revision: revision + 1 };
      })
      .then(() => order.push(i)),
  );
  journal.changeSync(() => ({ kind: 'first', first: 7 }));
  assert.equal(journal.state.first, 7);
  await Promise.all(all);
  assert.deepEqual(order, [...order.keys()]);
  assert.equal(journal.state.consumers.get(1)?.position, 100);
  assert.ok(journal.state.generation > 5);
  closeCore(core);
});

test('what would not leave room for a snapshot is refused, and nothing changes', () => {
  const core = coreOn(new MemoryMedium('64KiB'));
  const journal = journalOn(core, 1024);
  const names = ['a', 'b'].map((name) => name.repeat(200));
  const add = (name: string) => ({ kind: 'consumer', name, position: 0, protect: false }) as const;
  assert.ok(!journal.fits(add('c'.repeat(700))));
  assert.throws(
    () => {
      for (const name of names) journal.changeSync(() => add(name));
    },
    { code: 'VARVE_FULL', message: /remove consumers/ },
  );
  const before = told(journal.state);
  for (let revision = 1; revision < 100; revision++) {
    for (const { id } of journal.state.consumers.values()) {
      journal.changeSync(() => ({ kind: 'position', id, position: 2 ** 52, revision: 2 ** 51 + revision }));
    }
  }
  assert.notEqual(told(journal.state), before);
  closeCore(core);
});

test('records that cannot follow what stands before them are told as damage', () => {
  const position = encodeChange({ kind: 'position', id: 1, position: 1, revision: 1 }).slice();
  const consumer = encodeChange({ kind: 'consumer', name: 'a', position: 0, protect: false });
  const harms: Uint8Array[][] = [
    [position],
    [consumer, consumer],
    [encodeSwitch(), consumer],
    [encodeSnapshot(newState(OPTIONS))],
    [encodeChange({ kind: 'forget', id: 3 })],
    [position.with(0, 9)],
    [new Uint8Array(0)],
  ];
  for (const harm of harms) {
    const core = coreOn(new MemoryMedium('64KiB'));
    const journal = journalOn(core, 1024);
    for (const bytes of harm) journal.regions[0]?.appender.append(bytes, false);
    const code = harm[0]?.[0] === 9 ? 'VARVE_MISMATCH' : 'VARVE_CORRUPT';
    assert.throws(() => Journal.find(core, 'log'), { code });
    closeCore(core);
  }
});

test('two regions of one generation, or one that does not begin with a snapshot, are told as damage', () => {
  for (const bytes of [encodeSnapshot(newState(OPTIONS)), encodeSwitch()]) {
    const core = coreOn(new MemoryMedium('64KiB'));
    journalOn(core, 1024).regions[1]?.appender.append(bytes, false);
    assert.throws(() => Journal.find(core, 'log'), { code: 'VARVE_CORRUPT' });
    closeCore(core);
  }
});

test('there is no log on a medium that keeps nothing', () => {
  const core = coreOn(new VoidMedium('64KiB'));
  assert.throws(() => journalOn(core, 1024), { code: 'VARVE_NOT_FOUND', message: /keeps nothing/ });
  closeCore(core);
});

test('the regions of a journal are as large as its log needs', () => {
  assert.equal(journalSize(1024, 64), 4096);
  assert.equal(journalSize(2 ** 20, 4096), 2 ** 16);
  assert.equal(journalSize(2 ** 30, 4096), 2 ** 18);
  assert.equal(journalSize(100_000, 65_536), 65_536);
});
