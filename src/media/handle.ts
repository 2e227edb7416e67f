import type { MappingKind } from './mapped-extent.js';

/** A file that is open in another thread. */
export interface FileHandle {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly sizeMax: number;
  readonly readOnly: boolean;
  readonly isDevice: boolean;
  /** Which file it is, whatever the path leads to by now. */
  readonly dev: number;
  readonly ino: number;
  /** A descriptor of the other thread: of the open file that has the lock, or of any if it is read-only. */
  readonly fd: number;
}

/** By what another thread of the process opens a medium that one has open. It can be cloned. */
export type MediumHandle =
  | { readonly kind: 'memory'; readonly memory: SharedArrayBuffer }
  | { readonly kind: 'file'; readonly file: FileHandle }
  | {
      readonly kind: 'pmem' | 'page-cache';
      readonly file: FileHandle;
      readonly mappingKind: MappingKind;
      readonly flushesLines: boolean;
    };
