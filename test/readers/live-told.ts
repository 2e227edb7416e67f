import type { Origin } from './payload.js';

/** The name of the region that the last entry of a run is in. */
export const END = 'the end';

/** An entry as somebody knows it. */
export interface KnownEntry extends Origin {
  readonly timestamp: number;
}

/** A line that the writer tells. */
export type Told =
  | { readonly what: 'ready' }
  | { readonly what: 'life'; readonly region: number; readonly life: number }
  | { readonly what: 'freed'; readonly region: number }
  | ({ readonly what: 'entry' } & KnownEntry);

/** What a reader says in the end. */
export interface Report {
  /** What its tail over all regions handed out, in that order. */
  readonly tail: KnownEntry[];
  /** Timestamps of entries that the tail handed out, and that were gone before they could be read. */
  readonly gone: number[];
  readonly persisted: number;
  /** How often it looked at what. */
  readonly looks: Record<string, number>;
}
