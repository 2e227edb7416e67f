import type { World } from './world.js';

/** Something that is done to a stream. */
export interface Operation {
  readonly name: string;
  run(world: World): void;
}

type Until = 'committed' | 'persisted';

function operation(name: string, run: (world: World) => void): Operation {
  return { name, run };
}

function append(index: number, size: number | 'all', until: Until): Operation {
  return operation(`append ${size} bytes to region ${index} until ${until}`, (world) => {
    const region = world.region(index);
    const bytes = world.payload(size === 'all' ? region.available : size);
    world.appended(region.appendSync(bytes, { until }), bytes, until === 'persisted');
  });
}

function appendv(index: number, until: Until): Operation {
  return operation(`appendv to region ${index} until ${until}`, (world) => {
    const parts = [world.payload(3), world.payload(0), world.payload(14)];
    const entry = world.region(index).appendvSync(parts, { until });
    world.appended(entry, new Uint8Array(Buffer.concat(parts)), until === 'persisted');
  });
}

/** @param parts a region's place in the list, and how many bytes go there */
function transaction(parts: readonly (readonly [index: number, size: number])[], until: Until): Operation {
  const list = parts.map(([index, size]) => `${size} bytes to ${index}`).join(', ');
  return operation(`transaction until ${until}: ${list}`, (world) => {
    const payloads = parts.map(([, size]) => world.payload(size));
    const entries = world.stream.transactionSync(
      (tx) => {
        for (const [i, [index]] of parts.entries()) tx.append(world.region(index), payloads[i] as Uint8Array);
      },
      { until },
    );
    world.appendedTogether(entries, payloads, until === 'persisted');
  });
}

function allocate(size: number, name?: string): Operation {
  return operation(`allocate ${size}${name === undefined ? '' : ` as '${name}'`}`, (world) => {
    world.allocated(world.stream.allocateSync(size, name === undefined ? {} : { name }));
  });
}

function free(index: number): Operation {
  return operation(`free region ${index}`, (world) => {
    const region = world.region(index);
    region.freeSync();
    world.freed(region.id);
  });
}

function clear(index: number): Operation {
  return operation(`clear region ${index}`, (world) => {
    const region = world.region(index);
    region.clearSync();
    world.cleared(region.id);
  });
}

/** Two places, published smaller than reserved: the first leaves a gap of `rest` bytes behind it. */
function publishSmaller(rest: number, until: Until): Operation {
  return operation(`reserve two places, publish ${rest} bytes less until ${until}`, (world) => {
    const region = world.region(0);
    const [first, second] = [region.reserve(8 + rest), region.reserve(16)];
    const [small, large] = [world.payload(8), world.payload(13)];
    first.data.set(small);
    second.data.set(large);
    world.appended(first.publishSync(8, { until }), small, until === 'persisted');
    world.appended(second.publishSync(13, { until }), large, until === 'persisted');
  });
}

const cancelled = operation('reserve two places, cancel the first', (world) => {
  const region = world.region(0);
  const [first, second] = [region.reserve(11), region.reserve(24)];
  const bytes = world.payload(24);
  first.data.set(world.payload(11));
  second.data.set(bytes);
  first.cancel();
  world.appended(second.publishSync(), bytes, true);
});

const leftOpen = operation('leave a place open, append behind it', (world) => {
  const region = world.region(-1);
  region.reserve(8).data.set(world.payload(8));
  const bytes = world.payload(5);
  if (region.available < bytes.length) return;
  // It ends with the stream, or with the region.
  region.append(bytes).catch(() => {});
  world.behind.push({ region: region.id, bytes });
});

const persist = operation('persist', (world) => {
  world.stream.persistSync();
  world.persisted();
});

const reopen = operation('close and open', (world) => world.reopen());

const TWO = [
  [0, 3],
  [-1, 9],
] as const;
const THREE = [
  [-1, 0],
  [0, 20],
  [-1, 5],
] as const;

/** Everything that is done to a stream in the exploration. */
export const OPERATIONS: readonly Operation[] = [
  append(0, 5, 'committed'),
  append(0, 0, 'persisted'),
  append(0, 'all', 'persisted'),
  append(1, 40, 'persisted'),
  append(-1, 100, 'committed'),
  appendv(1, 'committed'),
  transaction(TWO, 'persisted'),
  transaction(THREE, 'committed'),
  publishSmaller(8, 'committed'),
  publishSmaller(32, 'persisted'),
  cancelled,
  leftOpen,
  allocate(120, 'new'),
  allocate(512),
  free(0),
  free(-1),
  clear(0),
  clear(-1),
  persist,
  reopen,
];

/** What is done to streams that may grow. */
export const GROWING_OPERATIONS: readonly Operation[] = [
  allocate(512),
  allocate(2048, 'large'),
  allocate(5000),
  append(-1, 100, 'committed'),
  append(-1, 300, 'persisted'),
  free(-1),
  clear(-1),
  reopen,
];
