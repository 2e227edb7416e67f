import fc from 'fast-check';
import { Journal } from '../../src/core/log/journal.js';
import type { Change, JournalState } from '../../src/core/log/journal-state.js';
import type { StreamCore } from '../../src/core/stream-core.js';
import type { Medium } from '../../src/media/medium.js';
import { openTargetSync } from '../../src/stream/opening.js';

export const OPTIONS = { segmentSize: 4096, retain: {}, whenFull: 'reject' } as const;

/** What a journal of the log 'log' says, as text that can be compared. */
export function told({ generation: _, consumers, ...rest }: Readonly<JournalState>): string {
  return JSON.stringify({ ...rest, consumers: [...consumers.values()] });
}

/** Opens the stream on a medium, or makes one. */
export function coreOn(medium: Medium): StreamCore {
  return openTargetSync(medium, { blockSize: 64 });
}

/** Closes what was opened with `coreOn`. */
export function closeCore(core: StreamCore): void {
  core.tasks.runSync(core.close());
}

/** The journal of the log 'log', which is made if it is not there. */
export function journalOn(core: StreamCore, size: number): Journal {
  return Journal.find(core, 'log') ?? Journal.createSync(core, 'log', size, OPTIONS);
}

const timestamp = fc.nat(2 ** 40);
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });

const id = fc.integer({ min: 1, max: 4 });
const cut = fc
  .record(
    { segment: fc.nat(9), tail: fc.nat(99), entries: fc.nat(99), last: timestamp },
    { noNullPrototype: true },
  )
  .map((each) => ({ ...each, tail: each.tail * 8, next: each.segment + 1 }));

/** What somebody wants of a journal; not each fits to each state. */
export const wish: fc.Arbitrary<Change> = fc.oneof(
  fc
    .tuple(id, timestamp, fc.integer({ min: 1, max: 9 }))
    .map(([id, position, revision]) => ({ kind: 'position' as const, id, position, revision })),
  fc
    .tuple(name, timestamp, fc.boolean())
    .map(([name, position, protect]) => ({ kind: 'consumer' as const, name, position, protect })),
  fc.tuple(id, fc.boolean()).map(([id, protect]) => ({ kind: 'protect' as const, id, protect })),
  id.map((id) => ({ kind: 'forget' as const, id })),
  timestamp.map((first) => ({ kind: 'first' as const, first })),
  fc.array(cut, { maxLength: 2 }).map((cuts) => ({
    kind: 'cuts' as const,
    cuts: cuts.map((each, i) => ({ ...each, segment: 10 * i + each.segment, next: 10 * i + each.next })),
  })),
  fc.integer({ min: 1, max: 2 ** 40 }).map((segmentSize) => ({
    kind: 'options' as const,
    options: { segmentSize, retain: { bytes: segmentSize }, whenFull: 'wait' as const },
  })),
  fc
    .tuple(timestamp, fc.array(fc.tuple(name, timestamp, timestamp), { maxLength: 3 }))
    .map(([upTo, last]) => ({ kind: 'producers' as const, upTo, last })),
);

/** The change itself where it fits to the state; undefined where it speaks of a consumer that there is not, or makes one twice. */
export function fitting(state: Readonly<JournalState>, change: Change): Change | undefined {
  const named = [...state.consumers.values()].some(
    (each) => change.kind === 'consumer' && each.name === change.name,
  );
  const lost = 'id' in change && !state.consumers.has(change.id);
  return named || lost ? undefined : change;
}
