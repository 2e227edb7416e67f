import { Stream } from '../src/index.js';
import type { Acknowledgement } from './acknowledgement.js';
import type { Plan } from './plan.js';

/** What was found after reopening. */
export interface Finding {
  entries: number;
  reopenMs: number;
}

/**
 * Opens the stream as after any crash and holds it against the plan and against what was acknowledged.
 *
 * @throws Error at the first entry that is missing, other than planned, or more than planned
 */
export async function prove(path: string, plan: Plan, acknowledged: Acknowledgement[]): Promise<Finding> {
  const started = performance.now();
  const stream = await Stream.open(path, { mode: 'open' });
  const reopenMs = performance.now() - started;
  try {
    for (const one of acknowledged) proveAcknowledged(stream, plan, one);
    return { entries: proveOrder(stream, plan), reopenMs };
  } finally {
    await stream.close();
  }
}

function proveAcknowledged(stream: Stream, plan: Plan, { index, region, timestamp }: Acknowledgement): void {
  const entry = stream.region(region)?.get(timestamp);
  if (entry === undefined) throw new Error(`Timestamp ${timestamp} was acknowledged and is gone`);
  const planned = plan.entries[index]?.bytes;
  if (planned?.equals(entry.data) !== true)
    throw new Error(`Timestamp ${timestamp} holds other bytes than were appended`);
}

/** Every region must hold the beginning of what was planned for it: nothing left out, nothing twice. */
function proveOrder(stream: Stream, plan: Plan): number {
  const cursors = new Map(Array.from(stream.regions(), (region) => [region.name, region.cursor()]));
  const ended = new Set<string>();
  let count = 0;
  for (const { region, bytes } of plan.entries) {
    if (ended.has(region)) continue;
    const cursor = cursors.get(region);
    if (cursor === undefined) throw new Error(`The region ${region} is gone`);
    if (!cursor.next()) {
      ended.add(region);
      continue;
    }
    count += 1;
    if (!bytes.equals(cursor.data))
      throw new Error(`Timestamp ${cursor.timestamp} is not the one planned there`);
  }
  for (const [name, cursor] of cursors) {
    if (cursor.next()) throw new Error(`The region ${name} holds more than was appended to it`);
  }
  return count;
}
