import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Append,
  type Change,
  type History,
  type Kill,
  NEVER,
  type Pass,
  type Persist,
  type Run,
  runOf,
  type Sample,
  type Seen,
} from './history.js';
import { Kind, RECORD } from './tape.js';

const WAYS = ['pass', 'reverse', 'get', 'tail'] as const;
const CHANGES = ['allocate', 'clear', 'free'] as const;
const CODES = [
  'unknown',
  'done',
  'cancelled',
  ...[
    'BUSY',
    'CLOSED',
    'CONFLICT',
    'CORRUPT',
    'FULL',
    'IO',
    'POISONED',
    'REGION_FREED',
    'READ_ONLY',
    'ARGUMENT',
  ].map((word) => `VARVE_${word}`),
  'other',
];

/** The number that stands for a way to read, a change, or the outcome of a call. */
export function numberOf(word: string): number {
  const [way, change] = [WAYS.indexOf(word as never), CHANGES.indexOf(word as never)];
  if (way >= 0) return way;
  if (change >= 0) return change;
  const code = CODES.indexOf(word);
  return code < 0 ? CODES.length - 1 : code;
}

/** Joins the tapes of a directory, named by their actors. `kills` tells which runs were killed. */
export function readHistory(directory: string, kills: ReadonlyMap<number, Kill>): History {
  const reader = new TapeReader();
  for (const name of readdirSync(directory)) {
    const actor = /^tape-(\d+)$/.exec(name)?.[1];
    if (actor === undefined) continue;
    const bytes = readFileSync(join(directory, name));
    const whole = bytes.length - (bytes.length % (RECORD * 8));
    reader.read(Number(actor), new Float64Array(Uint8Array.from(bytes.subarray(0, whole)).buffer));
  }
  return reader.history(kills);
}

const UNHARMED: Kill = { dying: NEVER, killed: NEVER };

type Words = Float64Array;

class TapeReader {
  readonly #appends: Append[] = [];
  readonly #passes: Pass[] = [];
  readonly #samples: Sample[] = [];
  readonly #persists: Persist[] = [];
  readonly #changes: Change[] = [];
  readonly #closings = new Map<number, number>();
  readonly #opened = new Map<number, number>();
  #seen = new Map<number, Seen[]>();

  read(actor: number, tape: Words): void {
    this.#seen = new Map();
    for (let at = 0; at < tape.length; at += RECORD) this.#record(actor, at, tape.subarray(at, at + RECORD));
  }

  history(kills: ReadonlyMap<number, Kill>): History {
    const runs = [...this.#opened]
      .sort(([a], [b]) => a - b)
      .map(
        ([run, opened]): Run => ({
          run,
          opened,
          closing: this.#closings.get(run) ?? NEVER,
          ...(kills.get(run) ?? UNHARMED),
        }),
      );
    return {
      appends: this.#appends,
      passes: this.#passes,
      samples: this.#samples,
      persists: this.#persists,
      changes: this.#changes,
      runs,
    };
  }

  #record(actor: number, at: number, words: Words): void {
    const word = (index: number): number => words[index] ?? 0;
    // Every kind has begin, end and code at the same place.
    const code = CODES[word(3)] ?? 'unknown';
    const act = { actor, begin: word(1), end: code === 'unknown' ? NEVER : word(2), code };
    if (word(0) === Kind.append) this.#appends.push({ ...act, ...appendOf(word) });
    else if (word(0) === Kind.pass) this.#passes.push({ ...act, ...passOf(word), seen: this.#seenOf(at) });
    else if (word(0) === Kind.seen)
      this.#seenOf(word(1)).push({ timestamp: word(2), who: word(3), time: word(4) });
    else if (word(0) === Kind.sample) this.#sample({ ...act, committed: word(4), persisted: word(5) });
    else if (word(0) === Kind.persist) this.#persists.push({ ...act, upTo: word(4) });
    else if (word(0) === Kind.change)
      this.#changes.push({ ...act, what: CHANGES[word(4)] ?? 'clear', region: word(5) });
    else if (word(0) === Kind.open) this.#opened.set(runOf(actor), word(1));
    else if (word(0) === Kind.close) this.#closings.set(runOf(actor), word(1));
  }

  /** A thread that is ended while it looks leaves a record that says nothing. */
  #sample(sample: Sample): void {
    if (sample.code === 'done') this.#samples.push(sample);
  }

  #seenOf(pass: number): Seen[] {
    let seen = this.#seen.get(pass);
    if (seen === undefined) {
      seen = [];
      this.#seen.set(pass, seen);
    }
    return seen;
  }
}

function appendOf(word: (index: number) => number): Omit<Append, 'actor' | 'begin' | 'end' | 'code'> {
  return {
    number: word(4),
    region: word(5),
    reserved: word(6) || NEVER,
    published: word(7) || NEVER,
    timestamp: word(8),
    persists: word(9) === 1,
    expectedLast: word(10) < 0 ? undefined : word(10),
    transaction: word(11),
  };
}

function passOf(word: (index: number) => number): Pick<Pass, 'way' | 'region' | 'from' | 'persisted'> {
  return { way: WAYS[word(4)] ?? 'pass', region: word(5), from: word(6), persisted: word(7) === 1 };
}
