/** A round of what work in JavaScript is timed beside. */
export type Floor = () => void;

const BYTES = 2 ** 22;
const STRIDE = 80;

/** Copies `operations` times 64 bytes behind a header into memory: no work on a log is less. */
export function floorOf(operations: number): Floor {
  const bytes = new Uint8Array(BYTES);
  const words = new Uint32Array(bytes.buffer);
  const data = new Uint8Array(64).fill(7);
  let at = 0;
  return () => {
    for (let i = 0; i < operations; i += 1) {
      if (at + STRIDE > BYTES) at = 0;
      const word = at >>> 2;
      words[word] = 64;
      words[word + 1] = i;
      words[word + 2] = i;
      words[word + 3] = i;
      bytes.set(data, at + 16);
      at += STRIDE;
    }
  };
}
