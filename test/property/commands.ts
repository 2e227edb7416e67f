import assert from 'node:assert/strict';
import fc from 'fast-check';
import { pattern } from '../helpers/bytes.js';
import { fails, isFailure } from '../helpers/errors.js';
import { compare, compareAfterCrash, type Model, type ModelRegion, type Real } from '../helpers/model.js';

type Command = fc.AsyncCommand<Model, Real>;

/** A command that always may run, and after which real and model must look the same. */
function command(text: string, run: (model: Model, real: Real) => Promise<void> | void): Command {
  return {
    check: () => true,
    run: async (model, real) => {
      await run(model, real);
      compare(model, real);
    },
    toString: () => text,
  };
}

/** A command on one of the regions there are, if there is one. */
function onRegion(
  text: string,
  pick: number,
  run: (region: ModelRegion, model: Model, real: Real) => Promise<void> | void,
): Command {
  const one = (model: Readonly<Model>): ModelRegion | undefined =>
    model.regions[pick % Math.max(1, model.regions.length)];
  return {
    check: (model) => one(model) !== undefined,
    run: async (model, real) => {
      await run(one(model) as ModelRegion, model, real);
      compare(model, real);
    },
    toString: () => `${text} in region #${pick}`,
  };
}

function allocate(size: number, named: boolean, sync: boolean): Command {
  return command(`allocate ${size}`, async (model, real) => {
    const { stream } = real;
    const options = named ? { name: `name ${model.regions.length} ${model.committed} ${size}` } : {};
    if (named && stream.region(options.name ?? '') !== undefined) return;
    if (size > stream.available) {
      fails('VARVE_FULL', () => stream.allocateSync(size, options));
      return;
    }
    const region = sync ? stream.allocateSync(size, options) : await stream.allocate(size, options);
    assert.ok(region.size >= size && region.size < size + stream.blockSize);
    assert.equal(region.available, region.size - 16);
    model.regions.push({ id: region.id, name: options.name, size: region.size, entries: [], queue: [] });
  });
}

/** Regions with open slots are left alone: what freeing them means is not part of the contract. */
function isQuiet(region: ModelRegion): boolean {
  return region.queue.length === 0;
}

function free(pick: number): Command {
  return onRegion('free', pick, async (region, model, real) => {
    if (!isQuiet(region)) return;
    await real.region(region).free();
    model.regions = model.regions.filter((other) => other !== region);
  });
}

function clear(pick: number): Command {
  return onRegion('clear', pick, async (region, _model, real) => {
    if (!isQuiet(region)) return;
    await real.region(region).clear();
    region.entries = [];
    assert.equal(real.region(region).available, region.size - 16);
  });
}

/** How an append is made. Blocking ones throw VARVE_BUSY behind an open slot. */
type Way = 'sync' | 'sync committed' | 'async' | 'async committed' | 'vector' | 'async vector';

function append(pick: number, size: number | 'exact', seed: number, way: Way): Command {
  return onRegion(`append ${size} (${way})`, pick, (region, model, real) => {
    const target = real.region(region);
    const bytes = pattern(size === 'exact' ? target.available : size, seed);
    const parts = [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)];
    const until = way.endsWith('committed') ? 'committed' : 'persisted';
    const make = (): unknown => {
      if (way === 'vector') return target.appendvSync(parts, { until });
      if (way.startsWith('sync')) return target.appendSync(bytes, { until });
      return way === 'async vector' ? target.appendv(parts, { until }) : target.append(bytes, { until });
    };
    const blocking = way === 'vector' || way.startsWith('sync');
    if (blocking && !isQuiet(region)) {
      fails('VARVE_BUSY|VARVE_FULL', make);
      return undefined;
    }
    return attempt(make, region, bytes, model, real);
  });
}

/** Appends if it fits; if not, it must have been larger than what was said to fit. */
async function attempt(
  make: () => unknown,
  region: ModelRegion,
  bytes: Uint8Array,
  model: Model,
  real: Real,
): Promise<void> {
  const { available } = real.region(region);
  const mustFit = bytes.byteLength > 0 && bytes.byteLength <= available;
  const mustNot = bytes.byteLength > available;
  // Nothing tells whether an empty entry fits where no byte does, and behind an open slot one cannot wait to be told.
  if (!(mustFit || mustNot || isQuiet(region))) return;
  try {
    const made = make();
    if (!(made instanceof Promise)) await made;
    else if (mustNot) await made;
    else if (isQuiet(region)) await made;
    else real.pending.push(made);
  } catch (error) {
    assert.ok(isFailure(error, ['VARVE_FULL']) && !mustFit, String(error));
    return;
  }
  assert.ok(!mustNot, `${bytes.byteLength} bytes were taken where ${available} fit`);
  model.reserve(region, 'published', bytes);
}

function reserve(pick: number, size: number): Command {
  return onRegion(`reserve ${size}`, pick, (region, model, real) => {
    const target = real.region(region);
    if (size > target.available) {
      fails('VARVE_FULL', () => target.reserve(size));
      return;
    }
    if (target.available === 0) return;
    const slot = target.reserve(size);
    assert.equal(slot.data.byteLength, size);
    real.slots.push({ region, slot, reserved: model.reserve(region, 'open', new Uint8Array(size)) });
  });
}

function settleSlot(pick: number, size: number, seed: number, cancel: boolean): Command {
  return command(`${cancel ? 'cancel' : 'publish'} slot #${pick}`, async (model, real) => {
    const [open] = real.slots.splice(pick % Math.max(1, real.slots.length), 1);
    if (open === undefined) return;
    const { slot, reserved, region } = open;
    if (cancel) {
      slot.cancel();
      reserved.state = 'cancelled';
    } else {
      const bytes = pattern(Math.min(size, reserved.bytes.byteLength), seed);
      slot.data.set(bytes);
      reserved.bytes = bytes;
      reserved.state = 'published';
      const published = slot.publish(bytes.byteLength);
      if (region.queue[0] === reserved) await published;
      else real.pending.push(published);
    }
    model.settle(region);
  });
}

/** Appends to the regions in turns; what does not fit leaves everything as it was. */
function transaction(picks: readonly number[], size: number, until: 'committed' | 'persisted'): Command {
  return command(`transaction over ${picks} of ${size} bytes until ${until}`, async (model, real) => {
    const { stream } = real;
    const regions = picks.flatMap((pick) => model.regions[pick % Math.max(1, model.regions.length)] ?? []);
    // Nothing tells whether an empty entry fits where no byte does.
    if (regions.some((region) => !isQuiet(region) || real.region(region).available === 0)) return;
    const parts = regions.map((region, i) => ({ region, bytes: pattern(size + i, i) }));
    const room = new Map<ModelRegion, number>();
    for (const { region, bytes } of parts) {
      const left = room.get(region) ?? real.region(region).available + 16;
      room.set(region, left - 16 - Math.ceil(bytes.length / 8) * 8);
    }
    const fits = [...room.values()].every((left) => left >= 0);
    const transact = () =>
      stream.transaction(
        (tx) => {
          for (const { region, bytes } of parts) tx.append(real.region(region), bytes);
        },
        { until },
      );
    if (!fits) {
      await assert.rejects(transact(), (error) => isFailure(error, ['VARVE_FULL']));
      return;
    }
    await transact();
    model.transact(parts);
  });
}

function persist(sync: boolean): Command {
  return command('persist', async (model, real) => {
    if (sync) real.stream.persistSync();
    else await real.stream.persist();
    assert.equal(real.stream.persisted, model.committed);
  });
}

const reopen: Command = command('reopen', async (model, real) => {
  await real.reopen();
  model.cancelAll();
});

const checkStream: Command = command('check', async (_model, real) => {
  assert.deepEqual((await real.stream.check()).problems, []);
});

const crash: Command = command('crash', compareAfterCrash);

function read(pick: number, from: number): Command {
  return onRegion(`read from ${from}`, pick, (region, _model, real) => {
    const target = real.region(region);
    const stamps = region.entries.map((entry) => entry.timestamp);
    const seen = (options: { from?: number; reverse?: boolean }): number[] =>
      Array.from(target.entries(options), (entry) => entry.timestamp);
    assert.deepEqual(
      seen({ from }),
      stamps.filter((t) => t >= from),
    );
    assert.deepEqual(seen({ reverse: true }), stamps.toReversed());
    assert.deepEqual(seen({ from, reverse: true }), stamps.filter((t) => t <= from).toReversed());
    assert.equal(
      target.get(from)?.timestamp,
      stamps.find((t) => t === from),
    );
  });
}

const pick = fc.nat(7);
const regionSize = fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 40_000 }));
const entrySize = fc.oneof(
  { weight: 6, arbitrary: fc.nat(100) },
  { weight: 2, arbitrary: fc.nat(5000) },
  { weight: 1, arbitrary: fc.nat(50_000) },
);
const way = fc.constantFrom<Way>(
  'sync',
  'sync committed',
  'async',
  'async committed',
  'vector',
  'async vector',
);

/** Sequences of everything that may be done to a stream. */
export const commands = fc.commands(
  [
    fc.tuple(regionSize, fc.boolean(), fc.boolean()).map((args) => allocate(...args)),
    pick.map(free),
    pick.map(clear),
    fc.tuple(pick, entrySize, fc.nat(), way).map((args) => append(...args)),
    fc.tuple(pick, entrySize, fc.nat(), way).map((args) => append(...args)),
    fc.tuple(pick, fc.constant('exact' as const), fc.nat(), way).map((args) => append(...args)),
    fc.tuple(pick, entrySize).map((args) => reserve(...args)),
    fc.tuple(fc.nat(5), entrySize, fc.nat(), fc.boolean()).map((args) => settleSlot(...args)),
    fc.tuple(fc.nat(5), entrySize, fc.nat(), fc.constant(false)).map((args) => settleSlot(...args)),
    fc
      .tuple(
        fc.array(pick, { minLength: 1, maxLength: 4 }),
        entrySize,
        fc.constantFrom('committed' as const, 'persisted' as const),
      )
      .map((args) => transaction(...args)),
    fc.boolean().map(persist),
    fc.constant(reopen),
    fc.constant(checkStream),
    fc.constant(crash),
    fc.tuple(pick, fc.integer({ min: 1, max: 60 })).map((args) => read(...args)),
  ],
  { maxCommands: 60, size: 'max' },
);
