import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../src/testing/random.js';
import { FILE_KINDS, problemOf } from '../helpers/media.js';
import type { SoakPart, SoakRequest } from '../helpers/soak.js';
import { allFaults, nameOf } from './matrix.js';
import type { Fault } from './seams.js';
import { Trials } from './trial.js';
import type { FileKind } from './workload.js';

/** So many pairs of faults are tried on each medium, in each process. */
const PAIRS = 1500;

type Tally = Record<string, number>;

/** Every call, every trouble, once and for good, on every medium; then two faults at a time, by chance. */
export const part: SoakPart = {
  name: 'system calls that fail',
  async run(request) {
    const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'varve-system-'));
    const trials = new Trials(directory);
    const tally: Tally = { faults: 0, pairs: 0, images: 0, promises: 0 };
    try {
      for (const kind of FILE_KINDS) {
        if (problemOf(kind) === undefined) await tryAll(trials, kind, request, tally);
      }
    } finally {
      trials.end();
      rmSync(directory, { recursive: true });
    }
    return tally;
  },
};

async function tryAll(trials: Trials, kind: FileKind, request: SoakRequest, tally: Tally): Promise<void> {
  const { calls } = await trials.run(kind);
  const faults = allFaults(calls).filter((_, index) => index % request.shards === request.shard);
  for (const fault of faults) await tryOne(trials, kind, [fault], request, tally);
  const below = seededRandom(request.seed * 1000 + request.shard);
  const any = (): Fault => faults[below(faults.length)] as Fault;
  for (let count = 0; count < PAIRS; count += 1) await tryOne(trials, kind, [any(), any()], request, tally);
}

async function tryOne(
  trials: Trials,
  kind: FileKind,
  faults: readonly Fault[],
  { until, seed }: SoakRequest,
  tally: Tally,
): Promise<void> {
  if (Date.now() > until) return;
  try {
    const { images, promises } = await trials.run(kind, ...faults);
    const what = faults.length === 1 ? 'faults' : 'pairs';
    tally[what] = (tally[what] ?? 0) + 1;
    tally['images'] = (tally['images'] ?? 0) + images;
    tally['promises'] = (tally['promises'] ?? 0) + promises;
  } catch (cause) {
    const again = `npm run soak -- system --seed ${seed}`;
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${kind}: ${faults.map(nameOf).join(' and ')}: ${what}; ${again}`, { cause });
  }
}
