import { linesOf } from './source.js';

/** Enough that a writer can be killed in the middle of it several times. */
const LEAST_ENTRIES = 200_000;
const NAMED_KINDS = 3;
const OTHERS = 'other';
const ENTRY_OVERHEAD_BYTES = 24;

/** One entry to append: which region it goes to, and its bytes. */
export interface Planned {
  region: string;
  bytes: Buffer;
}

/** All that is to be appended, in order. It follows from the log alone, so writer and judge have the same. */
export interface Plan {
  lines: number;
  repeats: number;
  entries: Planned[];
  /** Bytes that each region needs, by its name. */
  regions: Map<string, number>;
}

/** Makes the plan for a log: every line goes to the region of its kind, a short log is repeated. */
export function planOf(log: Buffer): Plan {
  const lines = linesOf(log);
  const kinds = lines.map(kindOf);
  const frequent = mostFrequent(kinds);
  const once = lines.map((bytes, index) => {
    const kind = kinds[index] ?? OTHERS;
    return { region: frequent.has(kind) ? kind : OTHERS, bytes };
  });
  const repeats = Math.ceil(LEAST_ENTRIES / once.length);
  const entries = Array.from({ length: repeats }, () => once).flat();
  return { lines: lines.length, repeats, entries, regions: sizesOf(entries) };
}

/** The first word behind the date and time of a line: 'status', 'install', 'upgrade' in the log of dpkg. */
function kindOf(line: Buffer): string {
  const text = line.subarray(0, 200).toString('latin1');
  return /[A-Za-z][A-Za-z-]{2,30}/.exec(text)?.[0].toLowerCase() ?? OTHERS;
}

function mostFrequent(kinds: string[]): Set<string> {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const byCount = [...counts].sort(([, a], [, b]) => b - a);
  return new Set(byCount.slice(0, NAMED_KINDS).map(([kind]) => kind));
}

function sizesOf(entries: Planned[]): Map<string, number> {
  const sizes = new Map<string, number>([[OTHERS, 0]]);
  for (const { region, bytes } of entries) {
    sizes.set(region, (sizes.get(region) ?? 0) + ENTRY_OVERHEAD_BYTES + bytes.byteLength);
  }
  return sizes;
}
