import { checkedStructure, newStructure, withChecksum } from './checked.js';
import { STATE, STATE_CLEAN, STATE_MAGIC } from './layout.js';
import { getU64, setU64 } from './words.js';

/** What a stream has to know of its past when it is opened. */
export interface StreamState {
  /** Of two whole copies, the one with the greater number counts. */
  sequence: number;
  /** No timestamp at or above this was ever given out. */
  limit: number;
  /** Entries up to this timestamp lie below their regions' marks. */
  checkpoint: number;
  /** The newest timestamp committed at the checkpoint. */
  newest: number;
  /** True if every region ends at its mark. */
  clean: boolean;
  /** Bytes of the stream, where it has grown: more than the header says. Else 0. */
  size: number;
}

/** The state's 64 bytes, checksummed from the stream's seed; good until the next structure is made or read. */
export function encodeState(state: StreamState, seed: number): Uint8Array {
  const structure = newStructure(STATE.size);
  const { words } = structure;
  words[STATE.magic / 4] = STATE_MAGIC;
  setU64(words, STATE.sequence / 4, state.sequence);
  setU64(words, STATE.limit / 4, state.limit);
  setU64(words, STATE.checkpoint / 4, state.checkpoint);
  setU64(words, STATE.newest / 4, state.newest);
  words[STATE.flags / 4] = state.clean ? STATE_CLEAN : 0;
  setU64(words, STATE.streamSize / 4, state.size);
  return withChecksum(structure, STATE.checksum, seed);
}

/** Reads 64 bytes; undefined if they are no whole state of this stream. */
export function decodeState(source: Uint8Array, seed: number): StreamState | undefined {
  const structure = checkedStructure(source, STATE.size, STATE.checksum, seed);
  if (structure?.words[STATE.magic / 4] !== STATE_MAGIC) return undefined;
  const { words } = structure;
  return {
    sequence: getU64(words, STATE.sequence / 4),
    limit: getU64(words, STATE.limit / 4),
    checkpoint: getU64(words, STATE.checkpoint / 4),
    newest: getU64(words, STATE.newest / 4),
    clean: ((words[STATE.flags / 4] as number) & STATE_CLEAN) !== 0,
    size: getU64(words, STATE.streamSize / 4),
  };
}
