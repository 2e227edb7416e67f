import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockStream, EndlessStream, MemoryBlocks } from '../../src/blocks/index.js';
import { VarveError } from '../../src/index.js';
import { seededRandom } from '../../src/testing/random.js';
import { pattern } from '../helpers/bytes.js';
import { fails } from '../helpers/errors.js';
import { blocksOf, FickleAllocator, imageOf } from './blocks.js';
import { History } from './history.js';

const SHIFT = 7;
const SIZE = 2 ** SHIFT;

/** A stream that was closed, and what it holds. */
function closed(): { image: Uint8Array; history: History } {
  const history = new History();
  const blocks = new MemoryBlocks(24, SHIFT);
  const stream = BlockStream.createSync(blocks);
  for (const size of [10, 200, 64, 1, 130, 300]) {
    stream.append(history.next(size));
    stream.syncSync();
  }
  const image = imageOf(blocks);
  stream.closeSync();
  history.synced = history.end;
  image.set(imageOf(blocks));
  return { image, history };
}

/** What is on the blocks is read exactly, or there is an error that tells the place. */
function exactOrTold(
  image: Uint8Array,
  history: History,
  what: string,
  ends = [history.end],
): 'exact' | 'told' {
  try {
    const stream = BlockStream.loadSync(blocksOf(image, SHIFT));
    assert.ok(ends.includes(stream.end), `${what}: bytes are missing without a word`);
    history.assertReads(stream);
    stream.verifySync();
    return 'exact';
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
    const codes = ['VARVE_CORRUPT', 'VARVE_NOT_A_STREAM'];
    assert.ok(codes.includes(error.code), `${what}: ${error.message}`);
    if (error.code === 'VARVE_CORRUPT') assert.ok(error.offset !== undefined, what);
    return 'told';
  }
}

test('any bit that is flipped in a stream that was closed is told, or changes nothing', () => {
  const { image, history } = closed();
  let told = 0;
  for (let at = 0; at < image.length; at++) {
    const flipped = image.slice();
    flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
    if (exactOrTold(flipped, history, `bit ${at % 8} of byte ${at}`) === 'told') told++;
  }
  assert.ok(told > history.end, `${told} of them`);
});

test('blocks that are zeroed, swapped or put back to what they were are told', () => {
  const { image, history } = closed();
  const count = image.length / SIZE;
  for (let one = 0; one < count; one++) {
    const zeroed = image.slice();
    zeroed.fill(0, one * SIZE, (one + 1) * SIZE);
    exactOrTold(zeroed, history, `block ${one} zeroed`);
    for (let other = one + 1; other < count; other++) {
      const swapped = image.slice();
      swapped.copyWithin(one * SIZE, other * SIZE, (other + 1) * SIZE);
      swapped.set(image.subarray(one * SIZE, (one + 1) * SIZE), other * SIZE);
      exactOrTold(swapped, history, `blocks ${one} and ${other} swapped`);
    }
  }
});

test('blocks of the last sync that changed places are told, although nothing certifies it', () => {
  const blocks = new MemoryBlocks(24, SHIFT);
  const stream = BlockStream.createSync(blocks);
  stream.append(pattern(1000, 1));
  stream.syncSync();
  const image = imageOf(blocks);
  for (let one = 1; one < 16; one++) {
    for (let other = one + 1; other <= 16; other++) {
      const swapped = image.slice();
      swapped.copyWithin(one * SIZE, other * SIZE, (other + 1) * SIZE);
      swapped.set(image.subarray(one * SIZE, (one + 1) * SIZE), other * SIZE);
      fails('VARVE_CORRUPT', () => BlockStream.loadSync(blocksOf(swapped, SHIFT)));
    }
  }
});

test('blocks of an earlier block stream are never taken for those of a later one', () => {
  const blocks = new MemoryBlocks(24, SHIFT);
  const earlier = BlockStream.createSync(blocks);
  earlier.append(pattern(1000, 1));
  earlier.closeSync();
  const later = BlockStream.createSync(blocks);
  later.append('new');
  later.closeSync();
  const again = BlockStream.loadSync(blocks);
  assert.equal(Buffer.from(again.read(0, again.end)).toString(), 'new');
});

test('a part of an endless stream that is missing, or damaged, is told', () => {
  const allocator = new FickleAllocator();
  const options = { blockCount: 5, blockShift: SHIFT };
  const stream = EndlessStream.loadSync(allocator, options);
  for (let i = 0; i < 8; i++) {
    stream.append(pattern(150, i));
    stream.syncSync();
  }
  stream.closeSync();
  const whole = [...allocator.all];
  for (let k = 0; k < whole.length; k++) {
    allocator.all.splice(0, allocator.all.length, ...whole.toSpliced(k, 1));
    // The first one may have been given back, and the last one may never have been.
    if (k > 0 && k < whole.length - 1)
      fails('VARVE_CORRUPT', () => EndlessStream.loadSync(allocator, options));
    else EndlessStream.loadSync(allocator, options);
    const zero = new Uint8Array(SIZE);
    const kept = new Uint8Array(SIZE);
    allocator.all.splice(0, allocator.all.length, ...whole);
    for (const number of [0, 1]) {
      whole[k]?.loadFrom(number, [kept]);
      whole[k]?.storeAt(number, [zero]);
      fails('VARVE_CORRUPT', () => EndlessStream.loadSync(allocator, options).verifySync());
      whole[k]?.storeAt(number, [kept]);
    }
  }
});

test('a part of a sync that is missing is told if another part of it was given back', () => {
  const allocator = new FickleAllocator();
  const options = { blockCount: 5, blockShift: SHIFT };
  const stream = EndlessStream.loadSync(allocator, options);
  stream.append(pattern(1000, 1));
  stream.syncSync();
  stream.advance(300);
  stream.shrinkSync();
  allocator.all.at(-1)?.storeAt(1, [new Uint8Array(SIZE)]);
  fails('VARVE_CORRUPT', () => EndlessStream.loadSync(allocator, options));
});

test('a first sync that was torn leaves an empty stream, at the position where it was to begin', () => {
  const blocks = new MemoryBlocks(24, SHIFT);
  const stream = BlockStream.createSync(blocks, 77);
  stream.append(pattern(300, 1));
  stream.syncSync();
  blocks.storeAt(2, [new Uint8Array(SIZE)]);
  const again = BlockStream.loadSync(blocks);
  assert.deepEqual([again.offset, again.end], [77, 77]);
  again.append('x');
  again.closeSync();
  assert.equal(BlockStream.loadSync(blocks).end, 78);
});

test('blocks of another kind, size or number are refused', () => {
  const alone = new MemoryBlocks(24, SHIFT);
  BlockStream.createSync(alone).closeSync();
  fails('VARVE_MISMATCH', () => BlockStream.loadSync(blocksOf(imageOf(alone), SHIFT + 1)));
  fails('VARVE_CORRUPT', () => BlockStream.loadSync(blocksOf(imageOf(alone).slice(0, 10 * SIZE), SHIFT)));
  fails('VARVE_NOT_A_STREAM', () => BlockStream.loadSync(new MemoryBlocks(24, SHIFT)));
  const chained = new FickleAllocator();
  EndlessStream.loadSync(chained, { blockCount: 5, blockShift: SHIFT }).growSync();
  const [part] = chained.all;
  if (part === undefined) throw new Error('nothing was allocated');
  fails('VARVE_MISMATCH', () => BlockStream.loadSync(part));
});

test('random bytes are told, or look like a crash in the last sync, and never do anything else', () => {
  const { image, history } = closed();
  // With the last sync and what certifies it spoilt, both, nobody can tell.
  const ends = [history.end, history.end - 300];
  const random = seededRandom(7);
  for (let i = 0; i < 400; i++) {
    const spoilt = image.slice();
    for (let k = random(6); k >= 0; k--) {
      const at = random(spoilt.length);
      const length = Math.min(1 + random(200), spoilt.length - at);
      for (let j = at; j < at + length; j++) spoilt[j] = random(256);
    }
    exactOrTold(spoilt, history, `round ${i}`, ends);
  }
});
