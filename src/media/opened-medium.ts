import { statFd } from './descriptor.js';
import { type LivePlace, livePlace } from './live-file.js';
import { isLocked } from './lock.js';
import type { OpenedFile } from './opened-file.js';

/** What all media of an open file or block device have in common: whatever the file itself knows or does. */
export abstract class OpenedMedium {
  readonly volatile = false;
  readonly retains = true;
  protected readonly file: OpenedFile;

  /** @param file open, and locked unless it is read-only; the medium closes it */
  constructor(file: OpenedFile) {
    this.file = file;
  }

  get size(): number {
    return this.file.size;
  }

  get sizeMax(): number | undefined {
    return this.readOnly ? undefined : this.file.sizeMax;
  }

  /** The next data sync makes the file's length durable, too. */
  grow(from: number, to: number): void {
    this.file.grow(from, to);
  }

  keepUp(size: number): void {
    this.file.keepUp(size);
  }

  glimpse(offset: number, bytes: Uint8Array): void {
    this.file.read(bytes, offset);
  }

  get readOnly(): boolean {
    return this.file.readOnly;
  }

  get isNew(): boolean {
    return this.file.isNew;
  }

  get path(): string {
    return this.file.path;
  }

  get failed(): Error | undefined {
    return this.file.failed;
  }

  publish(): void {
    this.file.publish();
  }

  /** As `close`, but other threads keep the lock. */
  leave(): void {
    this.file.lend();
    this.close();
  }

  abstract close(): void;

  /** Does nothing: the file was locked when it was opened. */
  lock(): void {}

  isWritten(): boolean {
    return isLocked(this.file.fd);
  }

  live(identity: Uint8Array): LivePlace | undefined {
    try {
      return livePlace(identity, statFd(this.file.path, this.file.fd));
    } catch {
      return undefined;
    }
  }
}
