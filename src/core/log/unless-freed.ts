import { hasCode } from '../../base/errors.js';
import type { LogCore } from './log-core.js';

/** What a look into the segments of a log finds, though others may trim a segment while it is looked at: then it is looked anew. */
export function unlessFreed<T>(log: LogCore, look: () => T): T {
  for (;;) {
    try {
      return look();
    } catch (error) {
      if (!log.core.beside || !isFreed(error)) throw error;
      log.follow();
      log.renew();
    }
  }
}

/** True for the error of who comes to a region that is gone. */
export function isFreed(error: unknown): boolean {
  return hasCode(error, 'VARVE_REGION_FREED');
}
