import { VarveError } from '../../base/errors.js';
import type { RegionLog } from '../region-log.js';
import { clear, free, freeTogether } from '../regions.js';
import type { Steps } from '../steps.js';
import type { StreamCore } from '../stream-core.js';
import type { Change, JournalState } from './journal-state.js';
import type { LogCore } from './log-core.js';

/** One step of a change to a log: something to note in its journal, durably, or a change of the stream's structure. */
export type Act =
  | { readonly note: (state: Readonly<JournalState>) => Change | undefined }
  | { readonly steps: () => Steps<void> };

/** A change to a log in acts, so that one text serves blocking and promising callers. Each is durable before the next one begins. */
export type Acts = Generator<Act, void, void>;

/** Does it all now, blocking. */
export function actSync({ core, journal }: LogCore, acts: Acts): void {
  for (const act of acts) {
    if ('note' in act) journal.changeSync(act.note);
    else core.tasks.runSync(core.guarded(act.steps()));
  }
}

/** Does it all off the main thread, where the medium is slow. */
export async function act({ core, journal }: LogCore, acts: Acts): Promise<void> {
  for (const act of acts) {
    if ('note' in act) await journal.change(act.note);
    else await core.tasks.run(core.guarded(act.steps()));
  }
}

/** Frees regions, those that are still there. One in which another thread has a slot open, and all behind it, stay for the next time. */
export function* freeAll(core: StreamCore, regions: readonly RegionLog[]): Steps<void> {
  const there = regions.filter(({ freed }) => !freed);
  if (there.length > 0 && core.sharing === undefined) return yield* freeTogether(core, there);
  for (const region of there) {
    try {
      yield* free(core, region);
    } catch (error) {
      if (error instanceof VarveError && error.code === 'VARVE_BUSY') return;
      throw error;
    }
  }
}

/** Empties the region that a log ends with, unless something was appended behind `last`. */
export function* clearUpTo({ core }: LogCore, region: RegionLog, last: number): Steps<void> {
  if (!region.freed && region.reservations.none && region.lastTimestamp === last) yield* clear(core, region);
}
