import { PLAUSIBLE } from './plausible.js';
import type { Fault } from './seams.js';

/** Every fault that a run of these calls can meet: each call, with each trouble of its own, once and for good. */
export function allFaults(calls: readonly string[]): Fault[] {
  return calls.flatMap((call, index) =>
    (PLAUSIBLE[call] ?? []).flatMap((trouble) =>
      [false, true].map((lasting) => ({ at: index + 1, trouble, lasting })),
    ),
  );
}

/** Of those, one for each call: its troubles take turns, and so do once and for good. Of memory, every fourth call. */
export function someFaults(calls: readonly string[]): Fault[] {
  const counts = new Map<string, number>();
  return calls.flatMap((call, index) => {
    const count = counts.get(call) ?? 0;
    counts.set(call, count + 1);
    const troubles = PLAUSIBLE[call] ?? [];
    const trouble = troubles[count % troubles.length];
    const left = call.startsWith('memory.') && count % 4 !== 0;
    const lasting = Math.floor(count / troubles.length) % 2 === 0;
    return trouble === undefined || left ? [] : [{ at: index + 1, trouble, lasting }];
  });
}

/** A fault in words, for people and for `npm run soak`. */
export function nameOf({ at, trouble, lasting }: Fault): string {
  return `${trouble} ${lasting ? 'from call' : 'at call'} ${at}${lasting ? ' on' : ''}`;
}
