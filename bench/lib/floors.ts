import fs from 'node:fs';
import { join } from 'node:path';
import { loadAddon } from '../../src/base/native-loader.js';

/** Bytes before the payload of an entry. */
const HEADER = 16;

/** Bytes that an entry takes in its region. */
export function strideOf(size: number): number {
  return HEADER + size + (-size & 7);
}

/** Words of a new mapped file of `bytes` in `directory`, which is gone from there at once; undefined where there is no addon. */
export function mappedWords(directory: string, bytes: number): Uint32Array | undefined {
  const addon = loadAddon();
  if (addon === undefined) return undefined;
  const fd = newFile(directory, 'floor');
  addon.allocate(fd, 0, bytes);
  const { memory } = addon.map(fd, 0, bytes, 'shared', false);
  fs.closeSync(fd);
  return new Uint32Array(memory);
}

/** A file without a name: nothing is left of it, however the process ends. */
function newFile(directory: string, name: string): number {
  const path = join(directory, `${name}-${process.pid}`);
  const fd = fs.openSync(path, 'wx+');
  fs.unlinkSync(path);
  return fd;
}
