import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SoakPart, SoakRequest } from '../helpers/soak.js';
import { MODELS } from './models.js';
import { OutOfTime, search, searchProblem } from './spin.js';

/** The models with more threads, regions, deaths and entries; it ends when all of them were searched. */
export const part: SoakPart = {
  name: 'model',
  async run(request) {
    const problem = searchProblem('cc');
    if (problem !== undefined) {
      console.error(`model: SKIPPED, ${problem}`);
      return {};
    }
    return searchAll(request);
  },
};

function searchAll({ shard, shards, until }: SoakRequest): Record<string, number> {
  const tally = { searches: 0, states: 0, 'left out for want of time': 0 };
  const searches = MODELS.flatMap(({ name, large }) => large.map((switches) => ({ name, switches })));
  for (const { name, switches } of searches.filter((_, index) => index % shards === shard)) {
    const seconds = (until - Date.now()) / 1000;
    if (seconds < 1) {
      tally['left out for want of time']++;
      continue;
    }
    try {
      tally.states += searchOne(name, switches, seconds);
      tally.searches++;
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      tally['left out for want of time']++;
    }
  }
  return tally;
}

function searchOne(name: string, switches: string, seconds: number): number {
  const directory = mkdtempSync(join(tmpdir(), 'varve-model-'));
  try {
    const { states, error } = search(name, switches, 'cc', directory, seconds);
    if (error !== undefined) throw new Error(`${name}.pml with ${switches}: ${error}`);
    return states;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
