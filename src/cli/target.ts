import { type Log, type Region, Stream, type StreamOptions, VarveError } from '../index.js';

/**
 * Opens a stream, works with it and closes it, also when the work fails.
 *
 * @throws what opening, the work or closing throws, the first of them
 */
export async function withStream<T>(
  path: string,
  options: StreamOptions,
  work: (stream: Stream) => Promise<T>,
): Promise<T> {
  const stream = await Stream.open(path, { mode: 'open', ...options });
  let result: T;
  try {
    result = await work(stream);
  } catch (error) {
    // Closing a stream whose work failed may fail for the same reason; the first error is the one to tell.
    await stream.close().catch(() => {});
    throw error;
  }
  await stream.close();
  return result;
}

/**
 * Finds a region by its name, else by its id; without either, the only region there is.
 *
 * @throws VarveError `VARVE_NOT_FOUND`, naming the regions there are
 */
export function findRegion(stream: Stream, key: string | undefined): Region {
  const region = key === undefined ? onlyRegion(stream) : lookUp(stream, key);
  if (region !== undefined) return region;
  const asked = key === undefined ? 'Cannot choose a region' : `Cannot find the region '${key}'`;
  throw new VarveError('VARVE_NOT_FOUND', `${asked}: ${inventory(stream)}`);
}

/**
 * Finds what has entries: a region, or a log with this name.
 *
 * @throws VarveError `VARVE_NOT_FOUND`, naming the regions there are
 */
export async function findSource(stream: Stream, key: string): Promise<Region | Log> {
  const isLog = lookUp(stream, key) === undefined && stream.logs().includes(key);
  return isLog ? stream.log(key) : findRegion(stream, key);
}

/** The region with this name, else with this id, if there is one. */
export function lookUp(stream: Stream, key: string): Region | undefined {
  return stream.region(key) ?? (/^\d+$/.test(key) ? stream.region(Number(key)) : undefined);
}

/** How a region is called in messages: its name, or its number. */
export function labelOf(region: Region): string {
  return region.name === undefined ? `region ${region.id}` : `region '${region.name}'`;
}

function onlyRegion(stream: Stream): Region | undefined {
  const [first, ...others] = stream.regions();
  return others.length === 0 ? first : undefined;
}

function inventory(stream: Stream): string {
  const labels = Array.from(stream.regions(), (region) => region.name ?? String(region.id));
  const logs = stream.logs();
  if (logs.length > 0) labels.push(...logs.map((log) => `the log ${log}`));
  if (labels.length === 0) return "the stream has no regions; make one with 'varve regions allocate'";
  const shown = labels.slice(0, 10).join(', ');
  return `name one of its ${labels.length} regions: ${shown}${labels.length > 10 ? ', …' : ''}`;
}
