import { readdirSync, readFileSync } from 'node:fs';

/** What is watched, at one moment. Bytes, milliseconds, numbers. */
export interface Sample {
  readonly seconds: number;
  readonly entriesPerSecond: number;
  /** Of appends that were persisted one by one, since the last sample. */
  readonly latencyMedian: number;
  readonly latency99: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly arrayBuffers: number;
  readonly descriptors: number;
  /** Of the stream's file: the engine's own come and go with its heap. */
  readonly mappings: number;
  readonly fileSize: number;
  readonly logBytes: number;
  readonly segments: number;
  /** How long the last opening took, after a clean close. */
  readonly opening: number;
  readonly readerRss: number;
}

const MIB = 2 ** 20;

/**
 * How far each may rise from the second quarter of a run to its last one: times, and beyond that. What takes time depends on what else the machine
 * does, so that only a multiple says something.
 */
const BOUNDS: Partial<Record<keyof Sample, readonly [times: number, more: number]>> = {
  latencyMedian: [4, 1],
  latency99: [8, 20],
  rss: [1.2, 32 * MIB],
  heapUsed: [1.5, 32 * MIB],
  arrayBuffers: [1.5, 8 * MIB],
  descriptors: [1, 2],
  mappings: [1.2, 4],
  fileSize: [1, MIB],
  logBytes: [1.2, MIB],
  segments: [1.2, 2],
  opening: [4, 20],
  readerRss: [1.2, 32 * MIB],
};

/** Before that a log may still be on its way to what is kept of it, which rises. */
const SETTLED_S = 480;

/** True if the samples are of so long a time that they say something. */
export function isTelling(samples: readonly Sample[]): boolean {
  return samples.length >= 12 && (samples.at(-1)?.seconds ?? 0) >= SETTLED_S;
}

/** What of the samples has not stayed level, in words; none if all has, or if they are not telling. */
export function unlevel(samples: readonly Sample[]): string[] {
  if (!isTelling(samples)) return [];
  const quarter = Math.floor(samples.length / 4);
  const early = samples.slice(quarter, 2 * quarter);
  const late = samples.slice(-quarter);
  const risen = Object.entries(BOUNDS).flatMap(([key, [times, more]]) => {
    const [before, after] = [early, late].map((part) => median(part, key as keyof Sample)) as [
      number,
      number,
    ];
    return after > before * times + more ? [`${key} rose from ${before} to ${after}`] : [];
  });
  const [before, after] = [early, late].map((part) => median(part, 'entriesPerSecond')) as [number, number];
  return after < before / 4 ? [...risen, `entriesPerSecond fell from ${before} to ${after}`] : risen;
}

function median(samples: readonly Sample[], key: keyof Sample): number {
  const values = samples.map((sample) => sample[key]).sort((a, b) => a - b);
  return values[values.length >> 1] ?? 0;
}

/** The samples as a table for other programs. */
export function csvOf(samples: readonly Sample[]): string {
  const [first] = samples;
  if (first === undefined) return '';
  const rows = samples.map((sample) => Object.values(sample).map((value) => Math.round(value * 1000) / 1000));
  return [Object.keys(first), ...rows].map((row) => `${row.join(',')}\n`).join('');
}

/** One line: from the second quarter to the last. */
export function verdictOf(samples: readonly Sample[]): string {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const part = (key: keyof Sample, unit = 1): string => {
    const [early, late] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
    return [early, late].map((each) => Math.round((median(each, key) / unit) * 100) / 100).join(' -> ');
  };
  return [
    `${samples.length} samples, ${Math.round(samples.at(-1)?.seconds ?? 0)} s; second quarter -> last`,
    `entries/s ${part('entriesPerSecond')}`,
    `ms an append ${part('latencyMedian')}, 99 % ${part('latency99')}`,
    `opening ms ${part('opening')}`,
    `MiB: rss ${part('rss', MIB)}, array buffers ${part('arrayBuffers', MIB)}, file ${part('fileSize', MIB)}, reader ${part('readerRss', MIB)}`,
    `descriptors ${part('descriptors')}, mappings ${part('mappings')}`,
  ].join('; ');
}

/**
 * What this process holds now.
 *
 * @param path of the stream
 */
export function holdings(
  path: string,
): Pick<Sample, 'rss' | 'heapUsed' | 'arrayBuffers' | 'descriptors' | 'mappings'> {
  globalThis.gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return {
    rss,
    heapUsed,
    arrayBuffers,
    descriptors: readdirSync('/proc/self/fd').length,
    mappings: readFileSync('/proc/self/maps', 'latin1').split(path).length - 1,
  };
}

/** Median and 99 % of times, which are forgotten. */
export function latencies(times: number[]): Pick<Sample, 'latencyMedian' | 'latency99'> {
  const sorted = times.splice(0).sort((a, b) => a - b);
  return {
    latencyMedian: sorted[sorted.length >> 1] ?? 0,
    latency99: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
  };
}
