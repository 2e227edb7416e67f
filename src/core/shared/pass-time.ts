/**
 * Lets time go by between two looks at what another thread is about to store, some third of a nanosecond a turn: who looks takes the cache line
 * from that thread.
 */
export function passTime(turns: number): void {
  for (let turn = 0; turn < turns; turn++);
}
