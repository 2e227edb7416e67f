import { strideOf } from '../format/entry.js';
import { encodeLandmark } from '../format/landmark.js';
import { ENTRY, LANDMARK } from '../format/layout.js';
import { commitFiller } from './commit-placed.js';
import type { RegionLog } from './region-log.js';

/** Puts a landmark at the end of a region where nothing is reserved, unless that takes the room of what comes next, a payload of `size` bytes. */
export function placeLandmark(region: RegionLog, size: number): void {
  const { tail, seed } = region;
  const end = tail + LANDMARK.size;
  if (end + strideOf(size) > region.length) return;
  const landmark = region.index.landmarks.next(tail);
  const window = region.windowFor(tail, end);
  window.bytes.set(encodeLandmark(landmark, seed), tail - window.start + ENTRY.header);
  commitFiller(region, window, tail, end);
  region.landmark = tail;
}
