import { VarveError } from '../base/errors.js';
import { type CheckReport, check } from '../core/check.js';
import { take } from '../core/steps.js';
import type { StreamCore } from '../core/stream-core.js';
import type { Progress } from './open-options.js';

/** How to check a stream. */
export interface CheckOptions {
  /** Called as the check goes on. */
  onProgress?: (progress: Progress) => void;
  /** Aborting it ends the check, which then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What is checked, where it has to be opened first. */
interface Checkable {
  check(options: CheckOptions): Promise<CheckReport>;
  close(): Promise<void>;
}

/** Checks what `open` opens. Damage that keeps it from being opened is in the report, too. */
export async function checkTarget(
  open: () => Promise<Checkable>,
  options: CheckOptions,
): Promise<CheckReport> {
  let stream: Checkable;
  try {
    stream = await open();
  } catch (error) {
    if (error instanceof VarveError && error.code === 'VARVE_CORRUPT') return reportOf(error);
    throw error;
  }
  try {
    return await stream.check(options);
  } finally {
    await stream.close();
  }
}

/** Checks a stream whose entries are all sealed. */
export function checkCore(core: StreamCore, { onProgress, signal }: CheckOptions): Promise<CheckReport> {
  const steps = check(core, (done, total) => onProgress?.({ phase: 'check', done, total }));
  return take(steps, core.medium, signal);
}

function reportOf({ code, message, offset }: VarveError): CheckReport {
  const problem = { code, region: undefined, offset, timestamp: undefined, message };
  return { ok: false, regions: 0, entries: 0, bytes: 0, problems: [problem] };
}
