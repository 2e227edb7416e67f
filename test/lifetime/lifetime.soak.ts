import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KINDS, problemOf } from '../helpers/media.js';
import type { SoakPart } from '../helpers/soak.js';
import { run } from './perform.js';

const CYCLES = 10_000;
const STREAMS = 500;
/** Pairs of workers that are ended. */
const PAIRS = 25;

/** Streams that are opened and closed thousands of times, with views alive, and workers that end with them; each shard takes some media. */
export const part: SoakPart = {
  name: 'lifetime',
  async run({ shard, shards, until }) {
    const kinds = KINDS.filter((kind, index) => problemOf(kind) === undefined && index % shards === shard);
    let cycles = 0;
    let streams = 0;
    for (const kind of kinds.filter(() => Date.now() < until)) {
      const directory = mkdtempSync(join(tmpdir(), 'varve-lifetime-'));
      try {
        run('repeated', kind, directory, CYCLES);
        cycles += CYCLES;
        run('churned', kind, directory, STREAMS);
        streams += STREAMS;
        run('workers', kind, directory, PAIRS);
      } finally {
        rmSync(directory, { recursive: true });
      }
    }
    return { cycles, streams };
  },
};
