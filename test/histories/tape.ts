import { openSync, writeFileSync, writeSync } from 'node:fs';

/** Words of a record. */
export const RECORD = 12;

/** What a record is about: its first word. */
export const Kind = {
  none: 0,
  append: 1,
  pass: 2,
  seen: 3,
  sample: 4,
  persist: 5,
  change: 6,
  open: 7,
  close: 8,
} as const;

/** Nanoseconds of the monotonic clock; exact for the first hundred days after the machine's start. */
export function now(): number {
  return Number(process.hrtime.bigint());
}

/**
 * What one thread did, as records of twelve numbers. A record is begun before the call that it is about and completed after it, so that a
 * thread or process that is ended in between leaves a record that says so.
 */
export class Tape {
  readonly #words: Float64Array;
  readonly #fd: number;
  #used = 0;
  #saved = 0;

  /**
   * @param words where records are kept: for a thread, shared with one that outlives it
   * @param path a file that gets every record at once, for what is going to be killed
   */
  constructor(words: Float64Array, path?: string) {
    this.#words = words;
    this.#fd = path === undefined ? -1 : openSync(path, 'w');
  }

  /** True once there is hardly any room left: time to stop. */
  get full(): boolean {
    return this.#used > this.#words.length - 4096 * RECORD;
  }

  /** Adds a record; returns where it is. Records of what was seen reach the file together with the end of their reading. */
  add(kind: number, ...fields: readonly number[]): number {
    const at = this.#used;
    if (at + RECORD > this.#words.length) throw new Error('the tape is full');
    this.#words.set(fields, at + 1);
    this.#words[at] = kind;
    this.#used += RECORD;
    if (kind !== Kind.seen) this.#save(at);
    return at;
  }

  /** The call that a record is about is done: `code` is what came of it, the other fields are counted from the record's first word. */
  end(at: number, code: number, fields: Readonly<Record<number, number>> = {}): void {
    this.set(at, { ...fields, 2: fields[2] ?? now() });
    // Last, so that a thread that is ended here leaves a record that has not ended.
    this.set(at, { 3: code });
  }

  /** Sets fields of a record. */
  set(at: number, fields: Readonly<Record<number, number>>): void {
    for (const [field, value] of Object.entries(fields)) this.#words[at + Number(field)] = value;
    this.#save(at);
  }

  /** Writes a tape that has no file into one; also one that another thread has kept. */
  saveAs(path: string): void {
    let used = 0;
    while (used < this.#words.length && this.#words[used] !== Kind.none) used += RECORD;
    const { buffer, byteOffset } = this.#words;
    writeFileSync(path, new Uint8Array(buffer, byteOffset, used * 8));
  }

  /** Writes what the file has not got yet, and this record anew. */
  #save(at: number): void {
    if (this.#fd < 0) return;
    if (at < this.#saved) this.#write(at, at + RECORD);
    this.#write(this.#saved, this.#used);
    this.#saved = this.#used;
  }

  #write(from: number, to: number): void {
    const { buffer, byteOffset } = this.#words;
    if (to > from)
      writeSync(
        this.#fd,
        new Uint8Array(buffer, byteOffset + from * 8, (to - from) * 8),
        0,
        (to - from) * 8,
        from * 8,
      );
  }
}
