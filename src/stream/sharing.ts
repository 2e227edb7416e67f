import { typeError, VarveError } from '../base/errors.js';
import { attachCore, type CoreHandle, shareCore } from '../core/shared/share.js';
import type { StreamCore } from '../core/stream-core.js';

/**
 * What `stream.share()` returns and `Stream.attach` takes. It can be posted to any number of workers of the same process, as often as wanted;
 * what is in it is varve's own business.
 */
export interface StreamHandle {
  /** @internal */
  readonly varve: 'stream';
  /** @internal The process in which it is good. */
  readonly process: number;
  /** @internal */
  readonly core: CoreHandle;
}

/** The handle of a stream that is open in this thread. */
export function shareStream(core: StreamCore): StreamHandle {
  core.assertOpen();
  return { varve: 'stream', process: process.pid, core: shareCore(core) };
}

/** Opens the stream that a handle stands for. */
export function attachStream(handle: unknown): StreamCore {
  assertHandle(handle);
  if (handle.process !== process.pid) {
    throw new VarveError(
      'VARVE_ARGUMENT',
      `Cannot attach to a stream of another process (${handle.process}): open its path with readOnly: true instead`,
    );
  }
  return attachCore(handle.core);
}

function assertHandle(handle: unknown): asserts handle is StreamHandle {
  const given = handle as Partial<StreamHandle> | null | undefined;
  const whole = typeof given === 'object' && given?.varve === 'stream' && typeof given.core === 'object';
  const shared = whole && given.core?.board instanceof SharedArrayBuffer;
  if (shared && typeof given.process === 'number') return;
  throw typeError(
    'Cannot attach to a stream by this value: pass what share() of an open stream returned, as postMessage delivers it',
  );
}
