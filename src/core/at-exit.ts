const actions = new Set<() => void>();
let listening = false;

/** Has `action` called when the process ends by itself: what was committed is not lost for want of a few milliseconds. */
export function atExit(action: () => void): void {
  actions.add(action);
  if (listening) return;
  listening = true;
  process.on('exit', runAll);
}

/** One that fails does not keep the others from being done. */
function runAll(): void {
  const failures: unknown[] = [];
  for (const action of actions) {
    try {
      action();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** Takes it back. */
export function notAtExit(action: () => void): void {
  actions.delete(action);
}
