import { join } from 'node:path';
import { type Region, Stream, type StreamOptions } from '../../src/index.js';
import { inLanes, type Subject, type SubjectLog } from './subject.js';

const MIB = 2 ** 20;
/** Room for some regions of fresh space. */
const FRESH = 512 * MIB;
/** Bytes of a region that rounds append to, unless one of them needs more. */
const REGION = 16 * MIB;
/** What stands before the payload of an entry. */
const HEADER = 16;

/**
 * varve. Settings: `<medium> fresh` appends where nothing was written yet, `<medium> reused` where entries of an earlier life were,
 * and `<medium> <bytes>` to one region of a stream of so many bytes.
 */
export const subject: Subject = {
  async open(directory, setting) {
    const [medium, space = ''] = setting.split(' ');
    const kind = medium as NonNullable<StreamOptions['medium']>;
    return space === 'fresh' || space === 'reused'
      ? renewing(directory, kind, space === 'reused')
      : lasting(directory, kind, Number(space));
  },
};

async function lasting(
  directory: string,
  medium: NonNullable<StreamOptions['medium']>,
  size: number,
): Promise<SubjectLog> {
  const stream = await Stream.open(join(directory, 'varve'), { size, medium });
  const region = stream.region('log') ?? (await stream.allocate(stream.available, { name: 'log' }));
  return {
    ...appending(() => region),
    async fill(data, count) {
      for (let i = 0; i < count; i++) region.appendSync(data, { until: 'committed' });
      await stream.persist();
    },
    scan: (reverse) => (reverse ? backward(region) : forward(region)),
    get: (numbers) => get(region, numbers),
    close: () => stream.close(),
  };
}

async function renewing(
  directory: string,
  medium: NonNullable<StreamOptions['medium']>,
  reuses: boolean,
): Promise<SubjectLog> {
  let generation = 0;
  const openStream = () => Stream.open(join(directory, `varve-${generation++}`), { size: FRESH, medium });
  let stream = await openStream();
  /** A region of as many bytes, which an earlier life has filled where space is to be reused. */
  const allocate = async (bytes: number): Promise<Region> => {
    const allocated = await stream.allocate(bytes);
    if (reuses) {
      await fillUp(stream, allocated);
      await allocated.clear();
    }
    return allocated;
  };
  let region = await allocate(REGION);
  return {
    ...appending(() => region),
    async renew(bytes) {
      if (bytes <= region.available) return;
      const wanted = Math.max(bytes + HEADER, REGION);
      if (reuses && wanted <= region.size) {
        await region.clear();
        return;
      }
      if (reuses) await region.free();
      if (stream.available < wanted) {
        await stream.close();
        stream = await openStream();
      }
      region = await allocate(wanted);
    },
    close: () => stream.close(),
  };
}

async function fillUp(stream: Stream, region: Region): Promise<void> {
  const data = new Uint8Array(2 ** 16);
  while (region.available > 0) {
    region.appendSync(data.subarray(0, region.available), { until: 'committed' });
  }
  await stream.persist();
}

function appending(region: () => Region): Omit<SubjectLog, 'close'> {
  return {
    append(data) {
      region().appendSync(data);
    },
    appendMany(data, inFlight, groups) {
      const target = region();
      return inLanes(inFlight, groups, () => target.append(data));
    },
    async appendBuffered(data, count) {
      const target = region();
      for (let i = 0; i < count; i++) target.appendSync(data, { until: 'committed' });
    },
    appendBeside: (data) => region().append(data),
  };
}

/** Timestamps and first bytes are summed up, so that the compiler may not leave them out. */
function forward(region: Region): number {
  let entries = 0;
  let sum = 0;
  for (const { timestamp, data } of region) {
    sum += timestamp + (data[0] ?? 0);
    entries++;
  }
  return sum >= 0 ? entries : 0;
}

function backward(region: Region): number {
  let entries = 0;
  let sum = 0;
  for (const { timestamp, data } of region.entries({ reverse: true })) {
    sum += timestamp + (data[0] ?? 0);
    entries++;
  }
  return sum >= 0 ? entries : 0;
}

function get(region: Region, numbers: Uint32Array): number {
  const first = region[Symbol.iterator]().next().value?.timestamp ?? 0;
  let found = 0;
  for (const number of numbers) if (region.get(first + number)?.data[0] !== undefined) found++;
  return found;
}
