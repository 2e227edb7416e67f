import type { Operation } from '../crash/operations.js';
import { OPERATIONS } from '../crash/operations.js';
import type { World } from '../crash/world.js';

type Until = 'committed' | 'persisted';

/** Sizes at which the addon goes another way: by lines from 512 bytes on, past the caches from 8192 on, in three chains and in four. */
const SIZES = [1, 40, 48, 191, 200, 511, 512, 575, 640, 1500, 8191, 8192, 8233] as const;

function append(size: number, until: Until): Operation {
  return {
    name: `append ${size} bytes until ${until}`,
    run(world) {
      const bytes = world.payload(size);
      world.appended(world.region(0).appendSync(bytes, { until }), bytes, until === 'persisted');
    },
  };
}

/** Several entries that are sealed in one go. */
function appendGroup(sizes: readonly number[]): Operation {
  return {
    name: `append ${sizes.join(', ')} bytes, then persist`,
    run(world) {
      for (const size of sizes) append(size, 'committed').run(world);
      world.stream.persistSync();
      world.persisted();
    },
  };
}

/** A large payload in parts: copied by the core, sealed by lines. */
const parts: Operation = {
  name: 'appendv 700 and 900 bytes until persisted',
  run(world: World) {
    const [head, body] = [world.payload(700), world.payload(900)];
    const entry = world.region(0).appendvSync([head, body]);
    world.appended(entry, new Uint8Array(Buffer.concat([head, body])), true);
  },
};

/** What the addon does differently depending on sizes. */
export const SIZED: readonly Operation[] = [
  ...SIZES.map((size) => append(size, 'persisted')),
  append(8200, 'committed'),
  append(600, 'committed'),
  appendGroup([5, 600, 0, 70]),
  appendGroup([600, 8192, 40]),
  appendGroup([8192, 3]),
  parts,
];

/** All of it, along with what is done to a stream in the simulation. Nothing there fills a large region. */
export const ALL: readonly Operation[] = [
  ...SIZED,
  ...OPERATIONS.filter(({ name }) => !name.includes('append all')),
];
