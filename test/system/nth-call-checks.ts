import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { problemOf, temporaryDirectory } from '../helpers/media.js';
import { nameOf, someFaults } from './matrix.js';
import { Trials } from './trial.js';
import type { FileKind } from './workload.js';

/** The first `most` faults of `someFaults`, evenly spread, and each of them judged. */
export function declareNthCallTests(kinds: readonly FileKind[], most = Number.POSITIVE_INFINITY): void {
  for (const kind of kinds) {
    test(`the N-th call to the system fails: nothing is lost, nothing is left (${kind})`, async (t) => {
      if (!existsSync('/proc/self/maps')) return t.skip('this system does not tell what a process holds');
      if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
      const trials = new Trials(temporaryDirectory(t));
      t.after(() => trials.end());
      const { calls, effect } = await trials.run(kind);
      assert.equal(effect, 'nothing', 'without a fault nothing fails');
      const faults = someFaults(calls);
      const every = Math.max(1, Math.ceil(faults.length / most));
      const effects = new Map<string, number>();
      for (const fault of faults.filter((_, index) => index % every === 0)) {
        const outcome = await trials.run(kind, fault).catch((error: unknown) => {
          throw new Error(`${nameOf(fault)} (${calls[fault.at - 1]})`, { cause: error });
        });
        effects.set(outcome.effect, (effects.get(outcome.effect) ?? 0) + 1);
      }
      t.diagnostic(JSON.stringify({ calls: calls.length, ...Object.fromEntries(effects) }));
      assert.ok((effects.get('nothing') ?? 0) < faults.length / every / 2, 'most faults are felt');
    });
  }
}
