import { rangeError, typeError } from '../base/errors.js';
import { parseSize, roundUp } from '../base/sizes.js';
import { isHidden } from '../core/log/names.js';
import type { RegionLog } from '../core/region-log.js';
import { allocate } from '../core/regions.js';
import type { Steps } from '../core/steps.js';
import type { StreamCore } from '../core/stream-core.js';
import { NAME_MAX, REGION_MAX } from '../format/layout.js';
import { assertOptions } from './options.js';

/** How to allocate a region. */
export interface AllocateOptions {
  /** Unique in the stream, 1 to 255 bytes of UTF-8. */
  name?: string;
}

/** The steps that allocate what a user has asked for. */
export function allocation(
  core: StreamCore,
  size: number | string,
  options: AllocateOptions | undefined,
): Steps<RegionLog> {
  assertOptions(options);
  const bytes = roundUp(parseSize(size, 'the size of a region'), core.prefix.header.blockSize);
  if (bytes === 0 || bytes > REGION_MAX) {
    throw rangeError(`Cannot allocate a region of ${size}: it must be from 1 byte to ${REGION_MAX} bytes`);
  }
  assertName(options?.name);
  core.assertWritable();
  return allocate(core, bytes, options?.name);
}

function assertName(name: unknown): void {
  if (name === undefined) return;
  if (typeof name !== 'string')
    throw typeError(`Cannot name a region by ${typeof name}: its name must be a string`);
  if (Buffer.from(name).toString() !== name) {
    throw rangeError(
      `Cannot use the name ${JSON.stringify(name)} for a region: a half of a surrogate pair is no character`,
    );
  }
  if (isHidden(name)) {
    throw rangeError(
      `Cannot use the name ${JSON.stringify(name)} for a region: names that begin with NUL are those of parts of logs`,
    );
  }
  const bytes = Buffer.byteLength(name);
  if (bytes < 1 || bytes > NAME_MAX) {
    throw rangeError(
      `Cannot use a name of ${bytes} bytes for a region: it must have 1 to ${NAME_MAX} bytes of UTF-8`,
    );
  }
}
