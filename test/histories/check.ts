import type { History } from './history.js';
import { judgeOrder } from './judge-order.js';
import { judgeReads } from './judge-reads.js';
import { judgeSamples } from './judge-samples.js';
import { ledgerOf } from './ledger.js';
import { judgeTogether } from './together.js';

/** How much was judged. */
export interface Judged extends Record<string, number> {
  entries: number;
  appends: number;
  passes: number;
  seen: number;
  samples: number;
  transactions: number;
}

/**
 * Judges whether a stream as the contract describes it can have had this history. The timestamps say in which order everything
 * happened, so nothing has to be searched for: that order must fit the times, and every reading must fit that order.
 *
 * @throws Violation
 */
export function check(history: History): Judged {
  const ledger = ledgerOf(history);
  judgeOrder(ledger);
  judgeReads(ledger);
  judgeTogether(ledger);
  judgeSamples(ledger);
  return {
    entries: ledger.all.length,
    appends: history.appends.length,
    passes: history.passes.length,
    seen: history.passes.reduce((sum, { seen }) => sum + seen.length, 0),
    samples: history.samples.length,
    transactions: ledger.groups.length,
  };
}
