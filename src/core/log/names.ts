/** What the names of regions begin with that are parts of a log. Users' names must not. */
const NUL = '\0';

/** Bytes of UTF-8 that the name of a log may have: what is put around it has to fit in a region's name. */
export const LOG_NAME_MAX = 200;

/** Segments are numbered up to here. */
export const SEGMENT_MAX = 2 ** 52;

/** What a hidden region is: a part of the chain of a log, or one of its two journals. */
export interface HiddenName {
  readonly kind: 'segment' | 'journal';
  readonly log: string;
  readonly number: number;
}

/** True for names that only the parts of logs have. */
export function isHidden(name: string | undefined): boolean {
  return name?.startsWith(NUL) === true;
}

/** The name of the region that is a log's segment `number`. */
export function segmentName(log: string, number: number): string {
  return `${NUL}s/${log}/${number}`;
}

/** The name of the region that is a log's journal 0 or 1. */
export function journalName(log: string, index: number): string {
  return `${NUL}j/${log}/${index}`;
}

/** What a region's name says of it; undefined for those of users. */
export function parseHidden(name: string | undefined): HiddenName | undefined {
  if (name === undefined || !name.startsWith(NUL)) return undefined;
  const match = /^([sj])\/(.+)\/(\d+)$/s.exec(name.slice(NUL.length));
  if (match === null) return undefined;
  const number = Number(match[3]);
  if (number > SEGMENT_MAX || String(number) !== match[3]) return undefined;
  const kind = match[1] === 's' ? 'segment' : 'journal';
  return { kind, log: match[2] as string, number };
}
