import type { RegionLog } from '../region-log.js';
import type { Steps } from '../steps.js';
import type { StreamCore } from '../stream-core.js';
import { type Acts, freeAll } from './acts.js';
import type { LogCore } from './log-core.js';

/** The regions that a log is made of, as far as they are there. */
interface Parts {
  readonly journals: RegionLog[];
  readonly segments: RegionLog[];
}

/** Frees a whole log. It is gone with its first journal: a log has two. */
export function* remove({ core, name }: LogCore): Acts {
  yield { steps: () => freeParts(core, partsOf(core).get(name)) };
}

/** The names of all logs. */
export function logNames(core: StreamCore): string[] {
  return [...partsOf(core)].filter(([, parts]) => isWhole(parts)).map(([name]) => name);
}

/** True if there are logs whose creation, or whose end, a crash came between. */
export function hasRemains(core: StreamCore): boolean {
  return [...partsOf(core).values()].some((parts) => !isWhole(parts));
}

/** Frees what is left of such logs. */
export function* sweep(core: StreamCore): Steps<void> {
  for (const parts of partsOf(core).values()) if (!isWhole(parts)) yield* freeParts(core, parts);
}

function* freeParts(core: StreamCore, parts: Parts | undefined): Steps<void> {
  if (parts === undefined) return;
  const [first, ...others] = parts.journals;
  if (first !== undefined && others.length > 0) yield* freeAll(core, [first]);
  yield* freeAll(core, parts.segments);
  yield* freeAll(core, parts.journals);
}

/** A creation is done with the first record of a journal. */
function isWhole({ journals }: Parts): boolean {
  return journals.length === 2 && journals.some(({ entries }) => entries > 0);
}

function partsOf(core: StreamCore): Map<string, Parts> {
  const logs = new Map<string, Parts>();
  for (const [log, { regions }] of core.register.byLog) {
    const parts: Parts = { journals: [], segments: [] };
    for (const region of regions) {
      (region.hidden?.kind === 'journal' ? parts.journals : parts.segments).push(region);
    }
    logs.set(log, parts);
  }
  return logs;
}
