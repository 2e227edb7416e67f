import { highWord, strideAt } from '../format/entry.js';
import { ENTRY, FORM_SHIFT, Form, LAG_UNKNOWN } from '../format/layout.js';
import type { Window } from '../media/window.js';
import type { RegionLog } from './region-log.js';

/** Commits the entry whose payload was stored at `position` of `window`. Returns its timestamp. */
export function commitAt(
  region: RegionLog,
  window: Window,
  position: number,
  size: number,
  form: number,
): number {
  const timestamp = region.nextTimestamp();
  const word = (position - window.start) >>> 2;
  window.words[word] = size;
  window.words[word + ENTRY.lowWord] = timestamp >>> 0;
  window.words[word + ENTRY.highWord] = region.host.clock.word | (form << FORM_SHIFT);
  region.entries++;
  region.committed(position + strideAt(window.words, word), timestamp);
  return timestamp;
}

/** Fills [position, end) with a filler. */
export function commitFiller(region: RegionLog, window: Window, position: number, end: number): void {
  const timestamp = region.host.clock.last;
  const word = (position - window.start) >>> 2;
  window.words[word] = end - position - ENTRY.header;
  window.words[word + ENTRY.lowWord] = timestamp >>> 0;
  window.words[word + ENTRY.highWord] = highWord(timestamp, Form.filler, LAG_UNKNOWN);
  region.committed(end, region.lastTimestamp);
}
