import type { Entry } from './entry.js';

/** How a promise of an entry is settled that was given out before the entry was there. */
export interface Settling {
  readonly resolve: (entry: Entry) => void;
  readonly reject: (error: unknown) => void;
}
