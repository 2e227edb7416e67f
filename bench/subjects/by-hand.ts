import fs from 'node:fs';
import { join } from 'node:path';
import zlib from 'node:zlib';
import type { Subject } from './subject.js';

/** CRC-32 of zlib; younger than the oldest Node that this project knows, hence not in its types. */
const { crc32 } = zlib as unknown as { crc32?: (data: Uint8Array) => number };
const HEADER = 8;

/** node:fs as one would use it by hand: a growing file, a header of length and CRC for each entry, one write and one fdatasync for a group. */
export const subject: Subject = {
  async open(directory) {
    if (crc32 === undefined) throw new Error('this Node has no zlib.crc32');
    const fd = fs.openSync(join(directory, 'log'), 'a+');
    let buffer = new Uint8Array();
    const write = (data: Uint8Array, count: number): void => {
      const stride = HEADER + data.length;
      if (buffer.length !== stride * count) buffer = new Uint8Array(stride * count);
      const view = new DataView(buffer.buffer);
      for (let at = 0; at < buffer.length; at += stride) {
        view.setUint32(at, data.length, true);
        view.setUint32(at + 4, crc32(data), true);
        buffer.set(data, at + HEADER);
      }
      fs.writeSync(fd, buffer);
    };
    return {
      append(data) {
        write(data, 1);
        fs.fdatasyncSync(fd);
      },
      async appendMany(data, inFlight, groups) {
        for (let i = 0; i < groups; i++) {
          write(data, inFlight);
          fs.fdatasyncSync(fd);
        }
      },
      async appendBuffered(data, count) {
        for (let i = 0; i < count; i++) write(data, 1);
      },
      async fill(data, count) {
        for (let i = 0; i < count; i += 1000) write(data, Math.min(1000, count - i));
        fs.fdatasyncSync(fd);
      },
      async close() {
        fs.closeSync(fd);
      },
    };
  },
};
