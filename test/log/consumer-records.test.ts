import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ConsumerRecord, ConsumerRecords } from '../../src/core/log/consumer-records.js';

const step = fc.record({
  what: fc.constantFrom('add', 'move', 'move', 'move', 'protect', 'remove'),
  which: fc.nat(1000),
  position: fc.nat(50),
  protect: fc.boolean(),
  asks: fc.boolean(),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The same in the plainest way. */
class Model {
  all: ConsumerRecord[] = [];
  #id = 0;

  get leastProtected(): number {
    const protecting = this.all.filter((each) => each.protect).map((each) => each.position);
    return Math.min(Number.POSITIVE_INFINITY, ...protecting);
  }

  take(records: ConsumerRecords, { what, which, position, protect }: Step): void {
    const chosen = this.all[which % Math.max(1, this.all.length)];
    if (what === 'add' || chosen === undefined) {
      const id = ++this.#id;
      const made = { id, name: `consumer ${id}`, position, revision: 0, protect };
      records.add(made);
      this.all.push(made);
    } else if (what === 'remove') {
      records.remove(chosen);
      this.all = this.all.filter((each) => each !== chosen);
    } else {
      const changed = what === 'move' ? { ...chosen, position } : { ...chosen, protect };
      records.replace(chosen, changed);
      this.all = this.all.map((each) => (each === chosen ? changed : each));
    }
  }
}

test('the records of consumers say what a list of them says', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const records = new ConsumerRecords();
      const model = new Model();
      for (const each of steps) {
        model.take(records, each);
        // What is kept for the answer is made when it is asked for first.
        if (each.asks) assert.equal(records.leastProtected, model.leastProtected);
      }
      const { all } = model;
      assert.deepEqual([...records.values()], all);
      for (const each of all)
        assert.deepEqual([records.get(each.id), records.named(each.name)], [each, each]);
      assert.equal(records.named('nobody'), undefined);
      assert.ok(JSON.stringify(all).length <= records.bytes + 2);
      for (const each of all) records.remove(each);
      assert.deepEqual(
        [records.size, records.bytes, records.leastProtected],
        [0, 0, Number.POSITIVE_INFINITY],
      );
    }),
    { numRuns: 300 },
  );
});

test('consumers that go back and forth do not pile up', () => {
  const records = new ConsumerRecords();
  let record: ConsumerRecord = { id: 1, name: 'one', position: 100, revision: 0, protect: true };
  records.add(record);
  for (let i = 0; i < 1000; i++) {
    const next = { ...record, position: 100 - (i % 100) };
    records.replace(record, next);
    record = next;
    assert.equal(records.leastProtected, record.position);
  }
});
