import type { Cut, LogFacts, LogOptions } from './facts.js';
import { corruptJournal } from './journal-errors.js';

/** What a journal says of one consumer. */
export interface ConsumerRecord {
  /** Stands for the name in records of its position. Never another's in the same log. */
  readonly id: number;
  readonly name: string;
  /** Timestamp up to which everything is acknowledged; 0 if nothing is. */
  readonly position: number;
  /** Counts up with each position: of two, the one with the higher revision counts. */
  readonly revision: number;
  /** True if trimming is not to go past it. */
  readonly protect: boolean;
}

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
  /** By their ids. */
  readonly consumers: Map<number, ConsumerRecord>;
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
    consumers: new Map(),
    nextConsumer: 1,
    producers: { upTo: 0, last: [] },
  };
}

/** A state of its own that says the same. */
export function copyOf(state: JournalState): JournalState {
  return { ...state, consumers: new Map(state.consumers) };
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
  if (consumerNamed(state, name) !== undefined) throw corruptJournal(`it makes the consumer '${name}' twice`);
  const id = state.nextConsumer++;
  state.consumers.set(id, { id, name, position, revision: 0, protect });
}

function changeConsumer(
  state: JournalState,
  change: Extract<Change, { kind: 'position' | 'protect' | 'forget' }>,
): void {
  const { id } = change;
  const consumer = state.consumers.get(id);
  if (consumer === undefined) throw corruptJournal(`it speaks of a consumer ${id} that there is not`);
  if (change.kind === 'forget') state.consumers.delete(id);
  else if (change.kind === 'protect') state.consumers.set(id, { ...consumer, protect: change.protect });
  else if (change.revision > consumer.revision) {
    const { name, protect } = consumer;
    state.consumers.set(id, { id, name, position: change.position, revision: change.revision, protect });
  }
}

/** What is said of the consumer with this name. */
export function consumerNamed(state: JournalState, name: string): ConsumerRecord | undefined {
  for (const consumer of state.consumers.values()) if (consumer.name === name) return consumer;
  return undefined;
}
