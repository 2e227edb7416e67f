import { unseen, type Watcher } from './seams.js';

const PAGE = 4096;

/** A file as the program sees it, and as it is on the disk. */
interface Sheet {
  seen: Buffer;
  durable: Buffer;
  /** Pages that were written to since the last sync, maybe with what they held. */
  readonly written: Set<number>;
}

/**
 * What a disk would hold after a power cut. A sync writes the pages that were written to since the last one. One that failed has
 * not, and they are taken for written all the same: so it is with the page cache of Linux, which is why a sync may never be repeated.
 */
export class DiskModel implements Watcher {
  readonly #sheets = new Map<bigint, Sheet>();
  readonly #mappings = new WeakMap<ArrayBufferLike, { inode: bigint; offset: number }>();

  synced(fd: number, succeeds: boolean): void {
    const stat = unseen.fstatSync(fd, { bigint: true });
    if (!stat.isFile()) return;
    const sheet = this.#sheet(stat.ino);
    const now = contentOf(fd, Number(stat.size));
    const durable = Buffer.alloc(now.length);
    sheet.durable.copy(durable);
    if (succeeds) copyWritten(now, sheet, durable);
    sheet.seen = now;
    sheet.durable = durable;
    sheet.written.clear();
  }

  wrote(fd: number, at: number, length: number): void {
    const { written } = this.#sheet(unseen.fstatSync(fd, { bigint: true }).ino);
    for (let page = Math.floor(at / PAGE); page * PAGE < at + length; page += 1) written.add(page);
  }

  mapped(memory: ArrayBuffer, fd: number, offset: number): void {
    this.#mappings.set(memory, { inode: unseen.fstatSync(fd, { bigint: true }).ino, offset });
  }

  touched(memory: ArrayBufferLike, at: number): void {
    const place = this.#mappings.get(memory);
    if (place !== undefined) this.#sheet(place.inode).written.add(Math.floor((place.offset + at) / PAGE));
  }

  /** The whole file is durable as it is. */
  begin(path: string): void {
    const content = unseen.readFileSync(path);
    const { ino } = unseen.statSync(path, { bigint: true });
    this.#sheets.set(ino, { seen: content, durable: content, written: new Set() });
  }

  /** What is durable of the file; undefined if it was never synced. */
  durable(path: string): Buffer | undefined {
    return this.#sheets.get(unseen.statSync(path, { bigint: true }).ino)?.durable;
  }

  #sheet(inode: bigint): Sheet {
    const sheet = this.#sheets.get(inode) ?? {
      seen: Buffer.alloc(0),
      durable: Buffer.alloc(0),
      written: new Set(),
    };
    this.#sheets.set(inode, sheet);
    return sheet;
  }
}

function contentOf(fd: number, size: number): Buffer {
  const content = Buffer.alloc(size);
  unseen.readSync(fd, content, 0, size, 0);
  return content;
}

/** Stores into a mapping are seen by what they changed. */
function copyWritten(now: Buffer, { seen, written }: Sheet, target: Buffer): void {
  for (let at = 0; at < now.length; at += PAGE) {
    const page = now.subarray(at, at + PAGE);
    const isWritten = written.has(at / PAGE) || !page.equals(seen.subarray(at, at + PAGE));
    if (isWritten) page.copy(target, at);
  }
}
