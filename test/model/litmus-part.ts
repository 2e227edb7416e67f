import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { loadAddon } from '../../src/base/native-loader.js';
import { keepLoadsInOrder } from '../../src/core/record-watch.js';

/** The file of this module: what a thread or process that takes a part runs. */
export const PART = fileURLToPath(import.meta.url);

/** Bytes of the file that the parts map. */
export const MAPPED_BYTES = 1 << 20;
/** In words of the control memory; each in a line of its own. */
export const CONTROL = { ready: 0, word: 16, done: 32, arrived: 48, bytes: 4096 } as const;
/** In words of the mapping: what is stored plainly, in lines of their own and in neighbouring words. */
const [A, B, C, D] = [2048, 2064, 2065, 4096];
const [X, Y] = [8192, 8256];
/** Where the control words are if they are in the mapping too. */
const CONTROL_IN_MAPPING = 64 * 1024;

/** One part of a litmus test. */
export interface Part {
  readonly role: keyof typeof ROLES;
  readonly path: string;
  /** Control memory of the board's kind; left out: it is in the mapping. */
  readonly board?: SharedArrayBuffer | undefined;
  /** So many news, or meetings. */
  readonly rounds: number;
}

/** What it saw. */
export interface Seen {
  /** Looks that contradict the order in which was stored. */
  readonly wrong: number;
  /** Looks that found something new. */
  readonly news: number;
  /** Of the store-buffer shape: for each round 1 if the other one's store was not seen. */
  readonly missed: Uint8Array;
}

type Play = (control: Int32Array, words: Int32Array, rounds: number) => Seen;

const NOTHING = new Uint8Array(0);
/** With fewer news than this the machine was too busy for a reader to tell anything. */
export const NEWS_MIN = 200;
/** How long a reader goes on, and how long if it has seen too little. Milliseconds. */
const [TIME, TIME_IF_BUSY] = [600, 6000];

/** Says from time to time whether a reader has to go on. */
class Stint {
  readonly #started = Date.now();
  #looks = 0;

  goesOn(news: number): boolean {
    if ((++this.#looks & 1023) !== 0) return true;
    return Date.now() - this.#started < (news < NEWS_MIN ? TIME_IF_BUSY : TIME);
  }
}

/** Stores plainly, then publishes, until the reader has seen enough. */
function publish(control: Int32Array, words: Int32Array): Seen {
  for (let n = 1; Atomics.load(control, CONTROL.done) === 0; n++) {
    words[A] = n;
    words[D] = n;
    words[B] = n;
    words[C] = n;
    Atomics.store(control, CONTROL.word, n);
  }
  return { wrong: 0, news: 0, missed: NOTHING };
}

/** Finds what was published, then loads what was stored before. */
function receive(control: Int32Array, words: Int32Array, rounds: number): Seen {
  const stint = new Stint();
  let [wrong, news, last] = [0, 0, 0];
  while (news < rounds && stint.goesOn(news)) {
    const published = Atomics.load(control, CONTROL.word);
    const [c, a, d, b] = [words[C], words[A], words[D], words[B]] as [number, number, number, number];
    if (a < published || b < published || c < published || d < published) wrong++;
    if (published !== last) news++;
    last = published;
  }
  Atomics.store(control, CONTROL.done, 1);
  return { wrong, news, missed: NOTHING };
}

/** Ends a life, then stores over it, until the reader has seen enough. */
function reuse(control: Int32Array, words: Int32Array): Seen {
  for (let n = 1; Atomics.load(control, CONTROL.done) === 0; n++) {
    Atomics.store(control, CONTROL.word, n);
    // Whoever stores over freed ground has taken a lock meanwhile.
    Atomics.compareExchange(control, CONTROL.arrived, n - 1, n);
    words[A] = n;
    words[D] = n;
    words[B] = n;
  }
  return { wrong: 0, news: 0, missed: NOTHING };
}

/** Loads, then looks at the life. */
function look(control: Int32Array, words: Int32Array, rounds: number): Seen {
  const stint = new Stint();
  let [wrong, news, last] = [0, 0, 0];
  while (news < rounds && stint.goesOn(news)) {
    const [b, d, a] = [words[B], words[D], words[A]] as [number, number, number];
    keepLoadsInOrder();
    const life = Atomics.load(control, CONTROL.word);
    if (life < a || life < b || life < d) wrong++;
    if (a !== last) news++;
    last = a;
  }
  Atomics.store(control, CONTROL.done, 1);
  return { wrong, news, missed: NOTHING };
}

/** Stores its own word, then loads the other one's. */
function storeBuffer(own: number, other: number, atomic: boolean): Play {
  return (control, words, rounds) => {
    const missed = new Uint8Array(rounds);
    for (let n = 1; n <= rounds; n++) {
      meet(control, 2 * n);
      if (atomic) {
        Atomics.store(words, own, n);
        if (Atomics.load(words, other) < n) missed[n - 1] = 1;
      } else {
        words[own] = n;
        if ((words[other] as number) < n) missed[n - 1] = 1;
      }
    }
    return { wrong: 0, news: rounds, missed };
  };
}

/** Returns in both parts at about the same moment. A part whose partner has no processor waits asleep. */
function meet(control: Int32Array, arrivals: number): void {
  let arrived = Atomics.add(control, CONTROL.arrived, 1) + 1;
  for (let looks = 0; arrived < arrivals; looks++) {
    if (looks > 20_000) Atomics.wait(SLEEP, 0, 0, 1);
    arrived = Atomics.load(control, CONTROL.arrived);
  }
}

const SLEEP = new Int32Array(new SharedArrayBuffer(4));

const ROLES = {
  publish,
  receive,
  reuse,
  look,
  'plain x': storeBuffer(X, Y, false),
  'plain y': storeBuffer(Y, X, false),
  'atomic x': storeBuffer(X, Y, true),
  'atomic y': storeBuffer(Y, X, true),
} satisfies Record<string, Play>;

function play({ role, path, board, rounds }: Part): Seen {
  const addon = loadAddon();
  if (addon === undefined) throw new Error('no addon');
  const fd = fs.openSync(path, 'r+');
  const { mapping, memory } = addon.map(fd, 0, MAPPED_BYTES, 'shared', false);
  const control =
    board === undefined ? new Int32Array(memory, CONTROL_IN_MAPPING, 1024) : new Int32Array(board);
  const words = new Int32Array(memory, 0, CONTROL_IN_MAPPING / 4);
  Atomics.add(control, CONTROL.ready, 1);
  while (Atomics.load(control, CONTROL.ready) < 2) Atomics.wait(SLEEP, 0, 0, 1);
  try {
    return ROLES[role](control, words, rounds);
  } finally {
    addon.unmap(mapping);
    fs.closeSync(fd);
  }
}

if (parentPort !== null && workerData?.role !== undefined) parentPort.postMessage(play(workerData as Part));
else if (process.send !== undefined && process.argv[2] === 'litmus') {
  process.send(play(JSON.parse(process.argv[3] as string) as Part));
  process.disconnect();
}
