import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Stream, type StreamOptions } from '../../src/index.js';
import { isFailure } from './errors.js';
import { temporaryDirectory } from './media.js';

/** What a reader can learn of a stream: its regions with all their entries. */
export type Content = readonly string[];

/** Everything in an open stream, one line a fact. */
export function contentOf(stream: Stream): Content {
  const facts: string[] = [];
  for (const region of stream.regions()) {
    facts.push(`region ${region.id} ${region.name ?? ''} ${region.size}`);
    for (const entry of region)
      facts.push(`${region.id} ${entry.timestamp} ${Buffer.from(entry.data).toString('base64')}`);
  }
  return facts;
}

/** What opening and reading a file led to: its content, or the code of the error. */
export type Outcome = { readonly content: Content } | { readonly code: string; readonly message: string };

/** Codes with which a damaged file may be refused. */
const DAMAGE = ['VARVE_CORRUPT', 'VARVE_NOT_A_STREAM'];

/** The image of a stream in a file of its own, to be damaged, looked at and mended over and over. */
export class Image {
  readonly path: string;
  readonly good: Buffer;

  constructor(t: TestContext, good: Buffer) {
    this.path = join(temporaryDirectory(t), 'image');
    this.good = good;
    writeFileSync(this.path, good);
  }

  /** Runs `look` while the bytes at `offset` are these ones. */
  with<T>(offset: number, bytes: Uint8Array, look: () => T): T {
    this.#change((fd) => writeSync(fd, bytes, 0, bytes.byteLength, offset));
    try {
      return look();
    } finally {
      this.#mend();
    }
  }

  /** Runs `look` while one bit is the other way round. */
  withFlipped<T>(offset: number, bit: number, look: () => T): T {
    return this.with(offset, Uint8Array.of((this.good[offset] ?? 0) ^ (1 << bit)), look);
  }

  /** Runs `look` while the file ends at `length`. */
  withLength<T>(length: number, look: () => T): T {
    this.#change((fd) => ftruncateSync(fd, length));
    try {
      return look();
    } finally {
      this.#mend();
    }
  }

  /** Whatever was done to the file, also by a stream that was opened for writing: it is as it was made. */
  #mend(): void {
    this.#change((fd) => {
      writeSync(fd, this.good, 0, this.good.byteLength, 0);
      ftruncateSync(fd, this.good.byteLength);
    });
  }

  #change(change: (fd: number) => void): void {
    const fd = openSync(this.path, 'r+');
    try {
      change(fd);
    } finally {
      closeSync(fd);
    }
  }

  /** Opens and reads everything. An error that is no error of varve is thrown on. */
  outcome(options: StreamOptions = { readOnly: true }, allowed: readonly string[] = DAMAGE): Outcome {
    return outcomeOf(() => readWhole(this.path, { medium: 'file', ...options }), allowed);
  }

  /** True while the file is as it was made. */
  get intact(): boolean {
    return readFileSync(this.path).equals(this.good);
  }
}

function readWhole(path: string, options: StreamOptions): Content {
  const stream = Stream.openSync(path, options);
  try {
    return contentOf(stream);
  } finally {
    stream.closeSync();
  }
}

function outcomeOf(read: () => Content, allowed: readonly string[]): Outcome {
  try {
    return { content: read() };
  } catch (error) {
    if (!isFailure(error, allowed)) throw error;
    return { code: (error as { code: string }).code, message: (error as Error).message };
  }
}
