import { TIMESTAMP_END } from '../../format/layout.js';
import { getU64, setU64 } from '../../format/words.js';
import { type ConsumerRecord, ConsumerRecords, snapshotShare } from './consumer-records.js';
import type { Cut, LogOptions, Retention, WhenFull } from './facts.js';
import { corruptJournal, unknownRecord } from './journal-errors.js';
import {
  applyChange,
  assertNoConsumer,
  type Change,
  consumerWith,
  type JournalState,
  type ProducersRecord,
} from './journal-state.js';

/** The first byte of records that are no JSON. JSON begins with a brace. */
const POSITION = 1;
const SWITCH = 2;
const BRACE = 0x7b;

const POSITION_BYTES = 24;
/** The only memory of positions on their way to the medium. */
const IN_PASSING = inWords(new Uint32Array(POSITION_BYTES / 4));
/** Bytes of a switch record. */
export const SWITCH_BYTES = 8;
/** As many bytes more can a number take in JSON when it grows. */
const NUMBER_GROWTH = 16;

/** What a record can be. */
export type JournalRecord =
  | { readonly kind: 'snapshot'; readonly state: JournalState }
  | { readonly kind: 'switch' }
  | Change;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function inWords(words: Uint32Array): { words: Uint32Array; bytes: Uint8Array } {
  return { words, bytes: new Uint8Array(words.buffer) };
}

/** The bytes of a change, good until the next one's. Positions are binary, as there are many of them. */
export function encodeChange(change: Change): Uint8Array {
  return change.kind === 'position' ? encodePosition(change) : encoder.encode(JSON.stringify(change));
}

function encodePosition({ id, position, revision }: Extract<Change, { kind: 'position' }>): Uint8Array {
  const { words, bytes } = IN_PASSING;
  words[0] = POSITION;
  words[1] = id;
  setU64(words, 2, position);
  setU64(words, 4, revision);
  return bytes;
}

/** The bytes of the record that ends a region: the journal goes on in the other one. */
export function encodeSwitch(): Uint8Array {
  const bytes = new Uint8Array(SWITCH_BYTES);
  bytes[0] = SWITCH;
  return bytes;
}

/** The bytes of the record that begins a region. */
export function encodeSnapshot(state: JournalState): Uint8Array {
  return encoder.encode(
    JSON.stringify({ kind: 'snapshot', ...state, consumers: [...state.consumers.values()] }),
  );
}

/** As many bytes a snapshot can take at most, however far the positions in it rise. */
export function snapshotBound({ consumers, ...rest }: Readonly<JournalState>): number {
  const bytes = encoder.encode(JSON.stringify({ kind: 'snapshot', ...rest, consumers: [] })).length;
  return bytes + consumers.bytes + NUMBER_GROWTH * 3;
}

/**
 * The same for what is known after a change.
 *
 * @throws VARVE_CORRUPT if the change cannot follow
 */
export function boundAfter(state: Readonly<JournalState>, change: Change): number {
  if (change.kind === 'consumer') {
    assertNoConsumer(state, change.name);
    return snapshotBound(state) + snapshotShare(state.nextConsumer, change.name);
  }
  if ('id' in change) {
    const { id, name } = consumerWith(state, change.id);
    return snapshotBound(state) - (change.kind === 'forget' ? snapshotShare(id, name) : 0);
  }
  // None of the others changes what is known of consumers.
  const after = { ...state };
  applyChange(after, change);
  return snapshotBound(after);
}

/**
 * Reads a record. Whatever stands there, what is returned is sound by itself.
 *
 * @throws VARVE_CORRUPT if it makes no sense, VARVE_MISMATCH if a later version may know what it is
 */
export function decodeRecord(bytes: Uint8Array): JournalRecord {
  switch (bytes[0]) {
    case BRACE:
      return decodeJson(bytes);
    case POSITION:
      return decodePosition(bytes);
    case SWITCH:
      if (bytes.length !== SWITCH_BYTES) throw corruptJournal(`a switch has ${bytes.length} bytes`);
      return { kind: 'switch' };
    default:
      throw bytes.length === 0 ? corruptJournal('a record is empty') : unknownRecord(String(bytes[0]));
  }
}

function decodePosition(bytes: Uint8Array): Change {
  if (bytes.length !== POSITION_BYTES) throw corruptJournal(`a position has ${bytes.length} bytes`);
  const words = new Uint32Array(new Uint8Array(bytes).buffer);
  if (!isPosition(words, 0, bytes.length)) throw corruptJournal('a position does not begin as one');
  return positionAt(words, 0);
}

/** True if the words of a payload of `size` bytes are those of a position. */
export function isPosition(words: Uint32Array, word: number, size: number): boolean {
  return size === POSITION_BYTES && words[word] === POSITION;
}

/**
 * Reads a position from words. They are read once: what is checked is what is returned, whoever stores there meanwhile.
 *
 * @throws VARVE_CORRUPT
 */
export function positionAt(words: Uint32Array, word: number): Change {
  return {
    kind: 'position',
    id: count(words[word + 1], 'the id of a consumer'),
    position: whole(getU64(words, word + 2), 'a position'),
    revision: count(getU64(words, word + 4), 'a revision'),
  };
}

function decodeJson(bytes: Uint8Array): JournalRecord {
  const record = parsed(bytes);
  switch (record['kind']) {
    case 'snapshot':
      return { kind: 'snapshot', state: snapshotOf(record) };
    case 'options':
      return { kind: 'options', options: optionsOf(record['options']) };
    case 'first':
      return { kind: 'first', first: whole(record['first'], 'its first timestamp') };
    case 'cuts':
      return { kind: 'cuts', cuts: cutsOf(record['cuts']) };
    case 'producers':
      return { kind: 'producers', ...producersOf(record) };
    default:
      return decodeConsumer(record);
  }
}

function decodeConsumer(record: Record<string, unknown>): JournalRecord {
  switch (record['kind']) {
    case 'consumer':
      return {
        kind: 'consumer',
        name: nameOf(record['name'], 'a consumer'),
        position: whole(record['position'], 'a position'),
        protect: flag(record['protect']),
      };
    case 'protect':
      return {
        kind: 'protect',
        id: count(record['id'], 'the id of a consumer'),
        protect: flag(record['protect']),
      };
    case 'forget':
      return { kind: 'forget', id: count(record['id'], 'the id of a consumer') };
    default:
      throw unknownRecord(JSON.stringify(record['kind']) ?? 'undefined');
  }
}

function parsed(bytes: Uint8Array): Record<string, unknown> {
  try {
    // A copy, since what is decoded must not be shared memory.
    return bag(JSON.parse(decoder.decode(bytes.slice())), 'a record');
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof TypeError)
      throw corruptJournal('a record is no JSON');
    throw cause;
  }
}

function snapshotOf(record: Record<string, unknown>): JournalState {
  const consumers = new ConsumerRecords();
  const nextConsumer = count(record['nextConsumer'], 'the id of the next consumer');
  for (const each of list(record['consumers'], 'its consumers')) {
    const consumer = consumerOf(bag(each, 'a consumer'));
    const { id, name } = consumer;
    if (consumers.named(name) !== undefined || consumers.has(id) || id >= nextConsumer) {
      throw corruptJournal(`the consumer '${name}' is there twice`);
    }
    consumers.add(consumer);
  }
  return {
    generation: count(record['generation'], 'its generation'),
    options: optionsOf(record['options']),
    first: whole(record['first'], 'its first timestamp'),
    cuts: cutsOf(record['cuts']),
    consumers,
    nextConsumer,
    producers: producersOf(bag(record['producers'], 'its producers')),
  };
}

function consumerOf(record: Record<string, unknown>): ConsumerRecord {
  return {
    id: count(record['id'], 'the id of a consumer'),
    name: nameOf(record['name'], 'a consumer'),
    position: whole(record['position'], 'a position'),
    revision: whole(record['revision'], 'a revision'),
    protect: flag(record['protect']),
  };
}

function optionsOf(value: unknown): LogOptions {
  const options = bag(value, 'its options');
  return {
    segmentSize: count(options['segmentSize'], 'its segment size'),
    retain: retentionOf(bag(options['retain'], 'what it retains')),
    whenFull: whenFullOf(options['whenFull']),
  };
}

function retentionOf(record: Record<string, unknown>): Retention {
  const bounds = (['bytes', 'entries', 'age'] as const).filter((each) => record[each] !== undefined);
  return Object.fromEntries(bounds.map((each) => [each, whole(record[each], 'what it retains')]));
}

function whenFullOf(value: unknown): WhenFull {
  if (value === 'reject' || value === 'wait' || value === 'discard-oldest') return value;
  throw corruptJournal('what is to be done when it is full should be one of three');
}

function cutsOf(value: unknown): Cut[] {
  const cuts = list(value, 'its cuts').map((each) => cutOf(bag(each, 'a cut')));
  for (let i = 1; i < cuts.length; i++) {
    if ((cuts[i - 1] as Cut).next > (cuts[i] as Cut).segment)
      throw corruptJournal('its cuts are out of order');
  }
  return cuts;
}

function cutOf(record: Record<string, unknown>): Cut {
  const cut = {
    segment: whole(record['segment'], 'the segment of a cut'),
    tail: whole(record['tail'], 'the place of a cut'),
    entries: whole(record['entries'], 'the entries before a cut'),
    last: whole(record['last'], 'the timestamp of a cut'),
    next: whole(record['next'], 'the segment behind a cut'),
  };
  if (cut.next <= cut.segment || cut.tail % 8 !== 0) throw corruptJournal('a cut makes no sense');
  return cut;
}

function producersOf(record: Record<string, unknown>): ProducersRecord {
  const last = list(record['last'], 'its producers').map((each) => {
    const [producer, sequence, timestamp] = list(each, 'a producer');
    return [
      nameOf(producer, 'a producer'),
      whole(sequence, 'a sequence'),
      whole(timestamp, 'the timestamp of a producer'),
    ] as const;
  });
  return { upTo: whole(record['upTo'], 'the timestamp of its producers'), last };
}

function bag(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw corruptJournal(`${what} should be an object`);
}

function list(value: unknown, what: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw corruptJournal(`${what} should be a list`);
}

/** A number from 0 to the greatest timestamp. */
function whole(value: unknown, what: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < TIMESTAMP_END)
    return value as number;
  throw corruptJournal(`${what} should be a whole number`);
}

/** The same, from 1 on. */
function count(value: unknown, what: string): number {
  if (value !== 0) return whole(value, what);
  throw corruptJournal(`${what} should not be 0`);
}

function flag(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw corruptJournal('a flag should be true or false');
}

function nameOf(value: unknown, what: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw corruptJournal(`${what} should have a name`);
}
