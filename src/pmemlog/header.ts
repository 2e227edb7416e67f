import { builtin } from '../base/builtins.js';
import { setU64 } from '../format/words.js';
import {
  ALIGNMENT_HIGH,
  ALIGNMENT_LOW,
  CLASS_AND_ORDER,
  INCOMPATIBLE,
  KNOWN_INCOMPATIBLE,
  MACHINE,
  POOL,
  POOL_MAJOR,
  SIGNATURE,
} from './layout.js';

const UUID = 16;
/** The header check of bad blocks, which the C library sets in pools that it makes. */
const CHECKS_BAD_BLOCKS = 1;

/** What is wrong with a header. */
export interface HeaderProblem {
  /** 'foreign': it is no pool at all. 'unknown': one that only others can use. 'damaged': its bytes contradict each other. */
  readonly kind: 'foreign' | 'unknown' | 'damaged';
  readonly what: string;
  readonly offset: number;
}

/** A new pool's header: one file, for this kind of processor, with no shutdown to worry about. */
export function newHeader(): Uint8Array {
  const header = new Uint8Array(POOL.size);
  const words = new Uint32Array(header.buffer);
  header.set(SIGNATURE, POOL.signature);
  words[POOL.major / 4] = POOL_MAJOR;
  words[POOL.compatible / 4] = CHECKS_BAD_BLOCKS;
  words[POOL.incompatible / 4] = KNOWN_INCOMPATIBLE;
  header.set(builtin('node:crypto').randomBytes(UUID), POOL.poolSetUuid);
  const own = builtin('node:crypto').randomBytes(UUID);
  for (let i = 0; i < POOL.uuidCount; i++) header.set(own, POOL.uuids + i * UUID);
  setU64(words, POOL.created / 4, Math.floor(Date.now() / 1000));
  words[POOL.alignment / 4] = ALIGNMENT_LOW;
  words[POOL.alignment / 4 + 1] = ALIGNMENT_HIGH;
  const view = new DataView(header.buffer);
  view.setUint16(POOL.architecture, CLASS_AND_ORDER, true);
  view.setUint16(POOL.architecture + 6, MACHINE, true);
  const [low, high] = headerChecksum(words);
  words[POOL.checksum / 4] = low;
  words[POOL.checksum / 4 + 1] = high;
  return header;
}

/** What keeps the pool with this header, its first page, from being used; undefined if nothing does. */
export function problemOf(header: Uint8Array): HeaderProblem | undefined {
  const words = new Uint32Array(header.slice().buffer);
  const view = new DataView(words.buffer);
  if (SIGNATURE.some((byte, i) => header[POOL.signature + i] !== byte)) {
    return problem('foreign', 'it does not begin as a pool of libpmemlog', POOL.signature);
  }
  const major = words[POOL.major / 4] as number;
  if (major !== POOL_MAJOR) return problem('unknown', `its format has version ${major}`, POOL.major);
  if (!sumsUp(words, headerChecksum(words), POOL.checksum)) {
    return problem('damaged', 'the checksum of its header is wrong', POOL.checksum);
  }
  const incompatible = words[POOL.incompatible / 4] as number;
  const unknown = incompatible & ~KNOWN_INCOMPATIBLE;
  if (unknown !== 0)
    return problem('unknown', `it uses features (${unknown}) that must be known`, POOL.incompatible);
  const machine = view.getUint16(POOL.architecture + 6, true);
  const isOurs = view.getUint16(POOL.architecture, true) === CLASS_AND_ORDER && machine === MACHINE;
  if (!isOurs)
    return problem('unknown', `it was made for another kind of machine (${machine})`, POOL.architecture);
  return shutdownProblem(words, incompatible) ?? setProblem(header);
}

function shutdownProblem(words: Uint32Array, incompatible: number): HeaderProblem | undefined {
  const from = POOL.shutdownState / 4;
  const state = words.slice(from, POOL.checksum / 4);
  const isKept = (incompatible & INCOMPATIBLE.shutdownState) !== 0;
  const isRight = isKept ? sumsUp(state, fletcher64(state, 14, 16), 56) : state.every((word) => word === 0);
  return isRight ? undefined : problem('damaged', 'its shutdown state is wrong', POOL.shutdownState);
}

/** In a single file all links point to itself. */
function setProblem(header: Uint8Array): HeaderProblem | undefined {
  const uuids = Array.from({ length: POOL.uuidCount }, (_, i) =>
    Buffer.from(header.subarray(POOL.uuids + i * UUID, POOL.uuids + (i + 1) * UUID)).toString('hex'),
  );
  return new Set(uuids).size === 1
    ? undefined
    : problem('unknown', 'it is one of several files of a set, or a replica', POOL.uuids);
}

function sumsUp(words: Uint32Array, [low, high]: readonly [number, number], at: number): boolean {
  return words[at / 4] === low && words[at / 4 + 1] === high;
}

function headerChecksum(words: Uint32Array): readonly [low: number, high: number] {
  const covers2K = ((words[POOL.incompatible / 4] as number) & INCOMPATIBLE.checksumOf2K) !== 0;
  return covers2K
    ? fletcher64(words, POOL.uncovered / 4, words.length)
    : fletcher64(words, POOL.checksum / 4, POOL.checksum / 4 + 2);
}

/** Fletcher's sum over 32-bit words, of which those in [from, to) count as zero. */
function fletcher64(words: Uint32Array, from: number, to: number): readonly [low: number, high: number] {
  let low = 0;
  let high = 0;
  for (let i = 0; i < words.length; i++) {
    if (i < from || i >= to) low = (low + (words[i] as number)) >>> 0;
    high = (high + low) >>> 0;
  }
  return [low, high];
}

function problem(kind: HeaderProblem['kind'], what: string, offset: number): HeaderProblem {
  return { kind, what, offset };
}
