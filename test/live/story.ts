import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addonProblem } from '../../src/base/native-loader.js';
import { Stream } from '../../src/index.js';
import { type Random, seededRandom } from '../../src/testing/random.js';
import type { KindName } from '../helpers/media.js';
import { Player } from './players.js';

/** As long as that somebody may wait for an entry before it counts as never to be told of it. */
const PATIENCE_MS = 30_000;
const BURST_MAX = 300;
/** Entries that fit into the region, with some to spare. */
const ENTRIES_MAX = 15_000;

interface Side {
  readonly kind: KindName;
  readonly addon: boolean;
}

/** Counts of what was done. */
export interface Tally {
  bursts: number;
  entries: number;
  kills: number;
  closes: number;
}

/** A reader that makes no looks of its own, and what it has handed out. */
class Listener {
  readonly #player: Player;
  #last = 0;

  constructor(player: Player) {
    this.#player = player;
  }

  /** Takes everything up to `last`; all of [first, last] must be among it, and timestamps must rise. */
  async hear(first: number, last: number): Promise<void> {
    let heard = 0;
    while (this.#last < last) {
      const timestamp = await inTime(this.#player.answer(), `an entry before ${last}, after ${this.#last}`);
      assert.ok(timestamp > this.#last, `${timestamp} after ${this.#last}`);
      this.#last = timestamp;
      if (timestamp >= first) heard += 1;
    }
    assert.equal(this.#last, last);
    assert.equal(heard, last - first + 1, `all of ${first} to ${last}`);
  }
}

async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nobody told of ${what}`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Writers that come and go, killed or closed, and readers that are only ever woken: all of them must hand out everything that was
 * acknowledged, though nobody looks by the clock.
 *
 * @param until when to end, as `Date.now()` tells it
 */
export async function tell(seed: number, steps: number, until: number): Promise<Tally> {
  const random = seededRandom(seed);
  const directory = mkdtempSync(join(random(100) < 70 ? '/dev/shm' : tmpdir(), 'varve-test-'));
  const endings: (() => unknown)[] = [];
  const context = { after: (ending: () => unknown) => void endings.push(ending) };
  try {
    return await play(random, join(directory, 'stream.varve'), context, steps, until);
  } finally {
    for (const ending of endings) await ending();
    rmSync(directory, { recursive: true });
  }
}

function sideOf(random: Random): Side {
  if (addonProblem() !== undefined || random(100) < 15) return { kind: 'file', addon: false };
  return { kind: (['pmem', 'page-cache', 'file'] as const)[random(3)] ?? 'file', addon: true };
}

async function play(
  random: Random,
  path: string,
  context: { after(ending: () => unknown): void },
  steps: number,
  until: number,
): Promise<Tally> {
  Stream.openSync(path, { size: '1MiB', medium: 'file' }).closeSync();
  // A parked reader is not woken by a writer without the addon that takes over: all writers of a story are of one kind.
  const writing = sideOf(random);
  const begin = async (): Promise<Player> => {
    const player = new Player(context, { path, ...writing, looks: true });
    await inTime(player.ask({ is: 'write' }), 'a writer');
    return player;
  };
  let writer = await begin();
  const listeners: Listener[] = [];
  // A reader without locks is not known to a writer that closes: it finds the next one's file by looking every 20 ms.
  let mayClose = true;
  for (let i = 1 + random(3); i > 0; i--) {
    const side = sideOf(random);
    mayClose &&= side.addon;
    const player = new Player(context, { path, ...side });
    await inTime(player.ask({ is: 'follow', whole: random(100) < 50 }), 'a reader');
    listeners.push(new Listener(player));
  }
  const tally: Tally = { bursts: 0, entries: 0, kills: 0, closes: 0 };
  for (let step = 0; step < steps && tally.entries < ENTRIES_MAX && Date.now() < until; step++) {
    const entries = random(100) < 50 ? 1 : 1 + random(BURST_MAX);
    const last = await inTime(writer.ask({ is: 'append', entries }), 'an acknowledgement');
    await Promise.all(listeners.map((each) => each.hear(last - entries + 1, last)));
    tally.bursts += 1;
    tally.entries += entries;
    if (random(100) < 15) {
      tally.entries += BURST_MAX;
      writer.tell({ is: 'append', entries: BURST_MAX });
      if (random(100) < 50) await writer.answer();
      await writer.kill();
      tally.kills += 1;
    } else if (mayClose && random(100) < 10) {
      await writer.ask({ is: 'close' });
      await writer.kill();
      tally.closes += 1;
    } else continue;
    writer = await begin();
  }
  return tally;
}
