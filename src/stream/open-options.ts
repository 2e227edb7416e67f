import { rangeError, typeError, VarveError } from '../base/errors.js';
import { parseSize } from '../base/sizes.js';
import type { OpenRequest } from '../core/open.js';
import { isBlockSize } from '../core/soundness.js';
import { BLOCK_SIZE_MAX, BLOCK_SIZE_MIN } from '../format/layout.js';
import type { Medium } from '../media/medium.js';
import { openMedium } from '../media/open.js';
import { assertOptions, flagOption, oneOf, signalOption } from './options.js';

const MODES = ['open-or-create', 'open', 'create'] as const;
const MEDIA = ['auto', 'pmem', 'page-cache', 'file'] as const;

/** What a stream is opened on: a path, a file: URL, or a medium. */
export type Target = string | URL | Medium;

/** How far long work has come. */
export interface Progress {
  /** What is being done: 'recovery', 'check'. */
  phase: string;
  /** Bytes. */
  done: number;
  /** Bytes, at most. */
  total: number;
}

/** How to open what is there. */
export interface OpenOptions {
  /** How a path is opened. 'auto', the default, picks by what the file and the platform can do. */
  medium?: 'auto' | 'pmem' | 'page-cache' | 'file';
  /** Called during long recoveries. */
  onProgress?: (progress: Progress) => void;
  /** Aborting it ends the opening, also in the middle of a long recovery; it then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** How to open or create a stream. */
export interface StreamOptions extends OpenOptions {
  /** Bytes, or a string such as '64MiB'. Needed to create; on an existing stream left out, or equal to what it was created with or has now. */
  size?: number | string;
  /**
   * Bytes, or a string such as '1GiB', up to which the stream may grow while it is open: where `allocate` finds no room, the file becomes
   * longer. Left out, it does not grow. A stream that is larger already stays as it is. Read-only it says nothing.
   */
  maxSize?: number | string;
  /** Default 'open-or-create'. */
  mode?: 'open-or-create' | 'open' | 'create';
  /** Any number of readers, in this and other processes, beside one writer. Default false. */
  readOnly?: boolean;
  /** What regions are aligned to: a power of two from 64 on. Default 4096. On an existing stream left out, or equal. */
  blockSize?: number;
}

/** Options that were checked. */
export interface CheckedRequest extends OpenRequest {
  medium: 'auto' | 'pmem' | 'page-cache' | 'file';
  signal: AbortSignal | undefined;
}

/** Checks everything that can be checked before anything is touched. */
export function checkedRequest(options: StreamOptions | undefined): CheckedRequest {
  assertOptions(options);
  const { size, maxSize, blockSize, onProgress } = options ?? {};
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw typeError(`Cannot use ${typeof onProgress} as onProgress: it must be a function`);
  }
  const request: CheckedRequest = {
    maxSize: maxSize === undefined ? undefined : parseSize(maxSize, 'the maxSize of a stream'),
    size: size === undefined ? undefined : parseSize(size, 'the size of a stream'),
    blockSize: blockSize === undefined ? undefined : checkedBlockSize(blockSize),
    mode: options?.mode === undefined ? 'open-or-create' : oneOf(options.mode, MODES, 'mode'),
    readOnly: flagOption(options?.readOnly, 'readOnly'),
    medium: options?.medium === undefined ? 'auto' : oneOf(options.medium, MEDIA, 'medium'),
    onProgress: onProgress ?? (() => {}),
    signal: signalOption(options?.signal),
  };
  if (request.readOnly && request.mode === 'create')
    throw typeError('Cannot create a stream read-only: leave one of the two out');
  assertGrows(request);
  return request.readOnly ? { ...request, maxSize: undefined } : request;
}

function assertGrows({ size, maxSize }: CheckedRequest): void {
  if (size === undefined || maxSize === undefined || size <= maxSize) return;
  throw rangeError(
    `Cannot use ${maxSize} as the maxSize of a stream of ${size} bytes: it must not be smaller; leave it out for a stream that does not grow`,
  );
}

/**
 * The medium behind a target. A path is locked unless it is only read; a medium object serves one stream at a time, whatever
 * that stream does with it.
 */
export function targetMedium(target: Target, request: CheckedRequest): Medium {
  if (typeof target === 'string' || target instanceof URL) return openMedium(target, request);
  if (typeof target !== 'object' || target === null || typeof target.drainSync !== 'function') {
    throw typeError(`Cannot open ${String(target)}: it must be a path, a file: URL or a medium`);
  }
  if (target.readOnly && !request.readOnly) {
    throw new VarveError(
      'VARVE_READ_ONLY',
      'Cannot open this medium for writing as it is read-only: use readOnly: true',
    );
  }
  target.lock();
  return target;
}

function checkedBlockSize(blockSize: unknown): number {
  if (typeof blockSize !== 'number')
    throw typeError(`Cannot use ${String(blockSize)} as blockSize: it must be a number`);
  if (!isBlockSize(blockSize)) {
    throw rangeError(
      `Cannot use ${blockSize} as blockSize: it must be a power of two from ${BLOCK_SIZE_MIN} to ${BLOCK_SIZE_MAX}`,
    );
  }
  return blockSize;
}
