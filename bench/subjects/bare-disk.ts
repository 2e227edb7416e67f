import fs from 'node:fs';
import { join } from 'node:path';
import { loadAddon } from '../../src/base/native-loader.js';
import { strideOf } from '../lib/floors.js';
import type { Subject } from './subject.js';

const MIB = 2 ** 20;
const SIZE = 256 * MIB;

/**
 * The least: as many bytes as varve stores, one write and one fdatasync for a group. Settings: `written`, over blocks that were written
 * before, and `allocated`, over blocks that were only allocated, each once.
 */
export const subject: Subject = {
  async open(directory, setting) {
    const fresh = setting === 'allocated';
    let fd = newFile(directory, fresh);
    let position = 0;
    const write = (bytes: Uint8Array): void => {
      fs.writeSync(fd, bytes, 0, bytes.length, position);
      fs.fdatasyncSync(fd);
      position += bytes.length;
    };
    return {
      append(data) {
        write(entries(data, 1));
      },
      async appendMany(data, inFlight, groups) {
        const group = entries(data, inFlight);
        for (let i = 0; i < groups; i++) write(group);
      },
      async renew(bytes) {
        if (!fresh) position = 0;
        if (position + bytes <= SIZE) return;
        fs.closeSync(fd);
        fd = newFile(directory, fresh);
        position = 0;
      },
      async close() {
        fs.closeSync(fd);
      },
    };
  },
};

let kept = new Uint8Array();

/** The bytes of so many entries; made once for rounds of one kind. */
function entries(data: Uint8Array, count: number): Uint8Array {
  const bytes = strideOf(data.length) * count;
  if (kept.length !== bytes) kept = new Uint8Array(bytes).fill(7);
  return kept;
}

/** A file without a name: nothing is left of it, however the process ends. */
function newFile(directory: string, fresh: boolean): number {
  const path = join(directory, 'bare');
  const fd = fs.openSync(path, 'wx+');
  fs.unlinkSync(path);
  if (fresh) loadAddon()?.allocate(fd, 0, SIZE);
  else for (let at = 0; at < SIZE; at += MIB) fs.writeSync(fd, new Uint8Array(MIB), 0, MIB, at);
  fs.fsyncSync(fd);
  return fd;
}
