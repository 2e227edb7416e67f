import { join } from 'node:path';
import { type Region, Stream, type StreamOptions } from '../../src/index.js';
import { inLanes, type Subject, type SubjectLog } from './subject.js';

const MIB = 2 ** 20;
/** Room for some rounds that find fresh space. */
const FRESH = 512 * MIB;

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
  const open = () => Stream.open(join(directory, `varve-${generation++}`), { size: FRESH, medium });
  let stream = await open();
  let region = await stream.allocate(16 * MIB);
  return {
    ...appending(() => region),
    async renew(bytes) {
      if (reuses && bytes <= region.size) {
        await region.clear();
      } else {
        if (reuses) await region.free();
        if (stream.available < bytes) {
          await stream.close();
          stream = await open();
        }
        region = await stream.allocate(bytes);
      }
    },
    close: () => stream.close(),
  };
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
