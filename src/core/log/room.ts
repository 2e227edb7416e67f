import { actSync } from './acts.js';
import type { LogCore } from './log-core.js';
import { trim } from './trim.js';

/** Gives space back for a further segment, as the log's options allow. False if there was none to give. */
export function makeSpace(log: LogCore): boolean {
  return retainNow(log) || (log.options.whenFull === 'discard-oldest' && discardOldest(log));
}

/** What is not to be kept may not have been trimmed yet. */
function retainNow(log: LogCore): boolean {
  return isSmallerAfter(log, () => actSync(log, log.retainer.acts()));
}

function discardOldest(log: LogCore): boolean {
  const [oldest] = log.chain.segments;
  if (oldest === undefined || oldest === log.chain.end || log.slowest() <= oldest.last) return false;
  return isSmallerAfter(log, () => actSync(log, trim(log, Math.max(oldest.last + 1, log.trimmedBelow))));
}

function isSmallerAfter({ chain }: LogCore, change: () => void): boolean {
  // Not their number: other threads may begin further ones meanwhile.
  const [oldest] = chain.segments;
  const end = chain.end?.tail ?? 0;
  change();
  return chain.segments[0] !== oldest || (chain.end?.tail ?? 0) < end;
}
