import { closeSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { makeFileSystem } from './tools.js';

/** Where Linux looks for the description of persistent memory that files may be mapped from. */
const INFO_OFFSET = 4096;
const INFO_SIZE = 4096;
/** The file system begins here. */
const DATA_OFFSET = 2 * 2 ** 20;
const MODE_RAM = 1;

/** What is left of an NVDIMM for its file system. */
export function roomOf(bytes: number): number {
  return bytes - DATA_OFFSET;
}

/**
 * Makes the image of an NVDIMM that holds a file system for DAX.
 *
 * @param bytes its size, a multiple of 2 MiB
 */
export function makeNvdimm(path: string, bytes: number, type: 'ext4' | 'xfs'): void {
  const inner = `${path}.fs`;
  writeFileSync(inner, '');
  truncateSync(inner, roomOf(bytes));
  makeFileSystem(type, inner);
  writeFileSync(path, '');
  truncateSync(path, bytes);
  const fd = openSync(path, 'r+');
  writeSync(fd, infoBlock(bytes), 0, INFO_SIZE, INFO_OFFSET);
  copySparsely(readFileSync(inner), fd);
  closeSync(fd);
  rmSync(inner);
}

function copySparsely(bytes: Buffer, fd: number): void {
  const zeroes = Buffer.alloc(INFO_SIZE);
  for (let at = 0; at < bytes.length; at += INFO_SIZE) {
    const page = bytes.subarray(at, at + INFO_SIZE);
    if (!page.equals(zeroes)) writeSync(fd, page, 0, INFO_SIZE, DATA_OFFSET + at);
  }
}

/** As the kernel's struct nd_pfn_sb: a file system with pages described in ordinary memory. */
function infoBlock(bytes: number): Buffer {
  const info = Buffer.alloc(INFO_SIZE);
  info.write('NVDIMM_PFN_INFO\0', 0, 'latin1');
  // The uuid: any that is not zero.
  info.fill(0x11, 16, 32);
  info.writeUInt16LE(1, 52);
  info.writeUInt16LE(4, 54);
  info.writeBigUInt64LE(BigInt(DATA_OFFSET), 56);
  info.writeBigUInt64LE(BigInt(roomOf(bytes) / 4096), 64);
  info.writeUInt32LE(MODE_RAM, 72);
  info.writeUInt32LE(DATA_OFFSET, 84);
  info.writeUInt32LE(4096, 88);
  info.writeUInt16LE(64, 92);
  info.writeBigUInt64LE(fletcher64(info), INFO_SIZE - 8);
  return info;
}

function fletcher64(bytes: Buffer): bigint {
  let low = 0;
  let high = 0n;
  for (let at = 0; at < bytes.length; at += 4) {
    low = (low + bytes.readUInt32LE(at)) >>> 0;
    high += BigInt(low);
  }
  return ((high << 32n) | BigInt(low)) & 0xffff_ffff_ffff_ffffn;
}
