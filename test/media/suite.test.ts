import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Extent, Medium } from '../../src/media/medium.js';
import { MemoryMedium } from '../../src/media/memory.js';
import { Window } from '../../src/media/window.js';
import { mediumConformance } from '../../src/testing/index.js';

type Faults = Partial<{
  [Verb in 'read' | 'write' | 'flush' | 'rewind' | 'release']: (extent: Extent, ...args: never[]) => unknown;
}>;

/** A memory medium some verbs of whose extents do wrong. */
class FaultyMedium extends MemoryMedium {
  readonly #faults: Faults;

  constructor(size: number, faults: Faults) {
    super(size);
    this.#faults = faults;
  }

  override open(offset: number, length: number): Extent {
    const extent = super.open(offset, length);
    return new Proxy(extent, {
      get: (target, verb: keyof Extent) => {
        const fault = this.#faults[verb as keyof Faults];
        if (fault !== undefined) return (...args: never[]) => fault(target, ...args);
        const value = target[verb];
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}

/** Names of the suite's tests that fail on such media. */
async function failuresOf(
  create: (size: number) => Medium,
  reopen = (closed: Medium) => closed,
): Promise<string[]> {
  const tests: { name: string; body: () => Promise<void> }[] = [];
  mediumConformance({ name: 'm', create, reopen, test: (name, body) => tests.push({ name, body }) });
  const failures: string[] = [];
  for (const { name, body } of tests) {
    try {
      await body();
    } catch {
      failures.push(name);
    }
  }
  return failures;
}

/** The suite must find that a medium with these faults is none. */
function finds(fault: string, faults: Faults): void {
  test(`the suite finds ${fault}`, async () => {
    const failures = await failuresOf((size) => new FaultyMedium(size, faults));
    assert.notDeepEqual(failures, []);
  });
}

test('the suite finds nothing wrong with a medium that is right', async () => {
  assert.deepEqual(await failuresOf((size) => new FaultyMedium(size, {})), []);
});

finds('windows that are copies', {
  read: (extent, position: number, length: number, limit: number) => {
    const { bytes } = extent.read(position, length, limit);
    return new Window(bytes.slice(), 0);
  },
});

finds('windows that start where no header can be aligned', {
  write: (extent, position: number, length: number) => {
    const { bytes } = extent.write(position, length);
    return position < 8 ? new Window(bytes, 0) : new Window(bytes.subarray(position - 4), position - 4);
  },
});

finds('windows that are too short', {
  write: (extent, position: number, length: number) =>
    new Window(extent.write(position, length).bytes.subarray(0, Math.max(position + length - 8, 8)), 0),
});

finds('a flush that changes the next bytes', {
  flush: (extent, from: number, to: number) => {
    if (to < extent.length) extent.write(to, 8).bytes.fill(0, to, to + 8);
    extent.flush(from, to);
  },
});

finds('a flush that loses the last bytes', {
  flush: (extent, from: number, to: number) => {
    extent.write(to - 8, 8).bytes.fill(0, to - 8, to);
    extent.flush(from, to);
  },
});

finds('a release that leaves the extent usable', { release: () => undefined });

test('the suite finds a medium whose old views reach the next owner', async () => {
  const failures = await failuresOf((size) => new SharedMedium(size));
  assert.ok(failures.some((name) => name.includes('released extent do not show')));
  assert.ok(failures.some((name) => name.includes('closed medium can be touched')));
});

test('the suite finds a medium that forgets', async () => {
  const failures = await failuresOf(
    (size) => new MemoryMedium(size),
    (closed) => new MemoryMedium(closed.size),
  );
  assert.ok(failures.some((name) => name.includes('what was drained is there')));
});

test('the suite finds a medium that only says that it grows', async () => {
  const failures = await failuresOf((size) => new StuntedMedium(size));
  assert.ok(failures.some((name) => name.includes('what it grows by is there')));
});

test('the suite finds a medium that grows beyond its own limit', async () => {
  const failures = await failuresOf((size) => new BoundlessMedium(size));
  assert.deepEqual(failures, ['m: more than there is room for is refused, and nothing has changed']);
});

/** It stays as it is. */
class StuntedMedium extends MemoryMedium {
  override grow(): void {}
}

/** It has a limit, and does not keep it. */
class BoundlessMedium extends MemoryMedium {
  override get sizeMax(): number {
    return 2 ** 26;
  }

  override grow(_from: number, to: number): void {
    this.#extra = Math.max(this.#extra, to);
  }

  override get size(): number {
    return Math.max(super.size, this.#extra);
  }

  #extra = 0;
}

/** One buffer for everything, for ever. */
class SharedMedium extends MemoryMedium {
  readonly #bytes: Uint8Array;

  constructor(size: number) {
    super(size);
    this.#bytes = new Uint8Array(size);
  }

  override open(offset: number, length: number): Extent {
    const window = new Window(this.#bytes.subarray(offset, offset + length), 0);
    const nothing = (): void => {};
    return {
      length,
      read: () => window,
      write: () => window,
      flush: nothing,
      rewind: nothing,
      release: nothing,
    };
  }
}
