import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stream } from '../../src/index.js';
import type { Parts } from './machine.js';
import { makeNvdimm, roomOf } from './nvdimm.js';
import { makeFileSystem } from './tools.js';

/** Where a stream lies in the virtual machine. */
export interface Berth {
  readonly name: string;
  readonly path: string;
  readonly medium: 'auto' | 'page-cache' | 'file';
  /** What `stream.medium.kind` must be. */
  readonly kind: 'pmem' | 'page-cache' | 'file';
  readonly size: number;
}

/** A file system in the virtual machine. */
export interface Mount {
  /** How the names of such devices begin. */
  readonly kind: 'pmem' | 'vd';
  /** The size of the device. */
  readonly bytes: number;
  readonly mountedAt: string;
  readonly type: 'ext4' | 'xfs';
  readonly options: string;
}

/** What the program in the machine is told to do. */
export interface GuestOrder {
  readonly run: number;
  readonly seed: number;
  readonly mounts: readonly Mount[];
  readonly berths: readonly Berth[];
  /** The names of the streams that are read first. */
  readonly looks: readonly string[];
  readonly writes: boolean;
  /** For the proof that it would show. */
  readonly withoutSyncs: boolean;
}

const MIB = 2 ** 20;
const SIZE = 4 * MIB;

/** Two NVDIMMs with file systems in DAX mode, a disk with a file system, a disk with nothing but a stream. */
export const BERTHS: readonly Berth[] = [
  { name: 'dax-ext4', path: '/dax-ext4/stream', medium: 'auto', kind: 'pmem', size: SIZE },
  { name: 'dax-xfs', path: '/dax-xfs/stream', medium: 'auto', kind: 'pmem', size: SIZE },
  { name: 'disk-mapped', path: '/disk/mapped', medium: 'page-cache', kind: 'page-cache', size: SIZE },
  { name: 'disk-file', path: '/disk/file', medium: 'file', kind: 'file', size: SIZE },
  { name: 'raw-disk', path: '/dev/vdb', medium: 'file', kind: 'file', size: SIZE },
];

const EXT4_BYTES = 64 * MIB;
/** mkfs.xfs refuses less than 300 MiB. */
const XFS_BYTES = 320 * MIB;
const DISK_BYTES = 80 * MIB;

export const MOUNTS: readonly Mount[] = [
  { kind: 'pmem', bytes: roomOf(EXT4_BYTES), mountedAt: '/dax-ext4', type: 'ext4', options: 'dax=always' },
  { kind: 'pmem', bytes: roomOf(XFS_BYTES), mountedAt: '/dax-xfs', type: 'xfs', options: 'dax=always' },
  { kind: 'vd', bytes: DISK_BYTES, mountedAt: '/disk', type: 'ext4', options: 'rw' },
];

/** Makes the images in a directory. They are sparse. */
export function layOut(directory: string): Pick<Parts, 'nvdimms' | 'disks'> {
  const nvdimm = (type: 'ext4' | 'xfs', bytes: number): { path: string; bytes: number } => {
    const path = join(directory, `nvdimm-${type}`);
    makeNvdimm(path, bytes, type);
    return { path, bytes };
  };
  const nvdimms = [nvdimm('ext4', EXT4_BYTES), nvdimm('xfs', XFS_BYTES)];
  const disk = join(directory, 'disk');
  writeFileSync(disk, '');
  truncateSync(disk, DISK_BYTES);
  makeFileSystem('ext4', disk);
  const raw = join(directory, 'raw');
  // A device that is cut off in the midst of being given a stream has to be wiped before it can be given one again.
  Stream.openSync(raw, { size: SIZE, medium: 'file' }).closeSync();
  return { nvdimms, disks: [disk, raw].flatMap(diskArguments) };
}

/** What QEMU has been given survives it; what the guest's kernel has kept to itself does not. */
function diskArguments(path: string, index: number): string[] {
  return [
    '-drive',
    `file=${path},format=raw,if=none,id=disk${index},cache=writeback`,
    '-device',
    `virtio-blk-pci,drive=disk${index}`,
  ];
}
