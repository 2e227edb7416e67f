/** CRC-32C (Castagnoli), the register without any inversion, so that sums can be continued and started at a seed. */
const POLYNOMIAL = 0x82f63b78;
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let register = byte;
    for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? POLYNOMIAL : 0);
    tables[byte] = register;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256] as number;
    tables[i] = (before >>> 8) ^ (tables[before & 255] as number);
  }
  return tables;
}

/**
 * Continues a checksum over bytes.
 *
 * @param register what the bytes before gave, or the seed
 * @returns the register, an unsigned 32-bit number
 */
export function crc32c(register: number, bytes: Uint8Array): number {
  let crc = register;
  for (let i = 0; i < bytes.length; i++) {
    crc = (crc >>> 8) ^ (TABLES[(crc ^ (bytes[i] as number)) & 255] as number);
  }
  return crc >>> 0;
}

/** Continues a checksum over one 32-bit word. */
export function crc32cWord(register: number, word: number): number {
  const x = register ^ word;
  return (
    ((TABLES[768 + (x & 255)] as number) ^
      (TABLES[512 + ((x >>> 8) & 255)] as number) ^
      (TABLES[256 + ((x >>> 16) & 255)] as number) ^
      (TABLES[x >>> 24] as number)) >>>
    0
  );
}

/**
 * Continues a checksum over `length` bytes that begin at a word, eight at a time.
 *
 * @param words memory that holds the bytes, and whole words up to the next multiple of four
 * @param word index of the first word
 * @param length bytes
 */
export function crc32cAligned(register: number, words: Uint32Array, word: number, length: number): number {
  let crc = register;
  const pairs = word + 2 * Math.floor(length / 8);
  let i = word;
  for (; i < pairs; i += 2) {
    const x = crc ^ (words[i] as number);
    const y = words[i + 1] as number;
    crc =
      (TABLES[1792 + (x & 255)] as number) ^
      (TABLES[1536 + ((x >>> 8) & 255)] as number) ^
      (TABLES[1280 + ((x >>> 16) & 255)] as number) ^
      (TABLES[1024 + (x >>> 24)] as number) ^
      (TABLES[768 + (y & 255)] as number) ^
      (TABLES[512 + ((y >>> 8) & 255)] as number) ^
      (TABLES[256 + ((y >>> 16) & 255)] as number) ^
      (TABLES[y >>> 24] as number);
  }
  return crc32cTail(crc, words, i, length % 8);
}

function crc32cTail(register: number, words: Uint32Array, word: number, rest: number): number {
  let crc = register;
  for (let i = 0; i < rest; i++) {
    const byte = (words[word + (i >>> 2)] as number) >>> (8 * (i & 3));
    crc = (crc >>> 8) ^ (TABLES[(crc ^ byte) & 255] as number);
  }
  return crc >>> 0;
}
