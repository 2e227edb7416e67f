import { type ConsumerRecord, ConsumerRecords } from './consumer-records.js';
import type { Cut, LogFacts, LogOptions } from './facts.js';
import { corruptJournal } from './journal-errors.js';

/** The last sequence that was taken from each producer. */
export interface ProducersRecord {
  /** The entries up to this timestamp are counted in. */
  readonly upTo: number;
  /** Producer, its last sequence, and the timestamp of the entry that has it. */
  readonly last: readonly (readonly [producer: string, sequence: number, timestamp: number])[];
}

/** Everything about a log that is not an entry. Changed by `applyChange` only. */
export interface JournalState extends LogFacts {
  /** 1, 2, 3, …: counts up when the journal goes on in its other region. */
  generation: number;
  options: LogOptions;
  first: number;
  cuts: readonly Cut[];
  readonly consumers: ConsumerRecords;
  /** The id of the next consumer. */
  nextConsumer: number;
  producers: ProducersRecord;
}

/** One record of a journal, except the first of a region. */
export type Change =
  | { readonly kind: 'options'; readonly options: LogOptions }
  | { readonly kind: 'first'; readonly first: number }
  | { readonly kind: 'cuts'; readonly cuts: readonly Cut[] }
  | ({ readonly kind: 'producers' } & ProducersRecord)
  | { readonly kind: 'consumer'; readonly name: string; readonly position: number; readonly protect: boolean }
  | { readonly kind: 'position'; readonly id: number; readonly position: number; readonly revision: number }
  | { readonly kind: 'protect'; readonly id: number; readonly protect: boolean }
  | { readonly kind: 'forget'; readonly id: number };

/** The state of a log that was made just now. */
export function newState(options: LogOptions): JournalState {
  return {
    generation: 1,
    options,
    first: 0,
    cuts: [],
    consumers: new ConsumerRecords(),
    nextConsumer: 1,
    producers: { upTo: 0, last: [] },
  };
}

/**
 * What the state is after a record.
 *
 * @throws VARVE_CORRUPT if the record cannot follow what was there, and then nothing is changed
 */
export function applyChange(state: JournalState, change: Change): void {
  switch (change.kind) {
    case 'options':
      state.options = change.options;
      break;
    case 'first':
      state.first = Math.max(state.first, change.first);
      break;
    case 'cuts':
      state.cuts = change.cuts;
      break;
    case 'producers':
      state.producers = { upTo: change.upTo, last: change.last };
      break;
    case 'consumer':
      addConsumer(state, change.name, change.position, change.protect);
      break;
    default:
      changeConsumer(state, change);
  }
}

function addConsumer(state: JournalState, name: string, position: number, protect: boolean): void {
  assertNoConsumer(state, name);
  state.consumers.add({ id: state.nextConsumer++, name, position, revision: 0, protect });
}

function changeConsumer(
  state: JournalState,
  change: Extract<Change, { kind: 'position' | 'protect' | 'forget' }>,
): void {
  const { consumers } = state;
  const consumer = consumerWith(state, change.id);
  const { id, name, position, revision, protect } = consumer;
  if (change.kind === 'forget') consumers.remove(consumer);
  else if (change.kind === 'protect')
    consumers.replace(consumer, { id, name, position, revision, protect: change.protect });
  else if (change.revision > revision)
    consumers.replace(consumer, { id, name, position: change.position, revision: change.revision, protect });
}

/** What is said of a consumer that a record speaks of. Throws VARVE_CORRUPT if there is none. */
export function consumerWith({ consumers }: Readonly<JournalState>, id: number): ConsumerRecord {
  const consumer = consumers.get(id);
  if (consumer === undefined) throw corruptJournal(`it speaks of a consumer ${id} that there is not`);
  return consumer;
}

/** Throws VARVE_CORRUPT if there is a consumer with that name. */
export function assertNoConsumer({ consumers }: Readonly<JournalState>, name: string): void {
  if (consumers.named(name) !== undefined) throw corruptJournal(`it makes the consumer '${name}' twice`);
}
