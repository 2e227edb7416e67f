import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VarveError } from '../../src/base/errors.js';
import type { Journal } from '../../src/core/log/journal.js';
import { Stage } from '../../src/core/stage.js';
import { JournalShare } from '../../src/stream/transaction-shares.js';

/** A journal in which another thread says something whenever `says` is true and this one looks. */
function share(says: boolean): JournalShare {
  let last = 7;
  const journal: Pick<Journal, 'recordsFor' | 'refresh' | 'last'> = {
    recordsFor: () => [],
    refresh() {
      if (says) last++;
    },
    get last() {
      return last;
    },
  };
  const made = new JournalShare(journal as Journal, Stage.take());
  made.begin();
  return made;
}

test('a transaction that acknowledges is tried again where another thread said something in between, and only there', () => {
  for (const code of ['VARVE_CONFLICT', 'VARVE_FULL'] as const) {
    const error = new VarveError(code, 'in the way');
    assert.equal(share(true).isStale(error), true, `${code}, and the journal has grown`);
    assert.equal(share(false).isStale(error), false, `${code}, and nobody else was there`);
  }
  assert.equal(share(true).isStale(new VarveError('VARVE_IO', 'failed')), false);
});
