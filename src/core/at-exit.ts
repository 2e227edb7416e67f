const actions = new Set<() => void>();
let listening = false;

/** Has `action` called when the process ends by itself: what was committed is not lost for want of a few milliseconds. */
export function atExit(action: () => void): void {
  actions.add(action);
  if (listening) return;
  listening = true;
  process.on('exit', () => {
    for (const each of actions) each();
  });
}

/** Takes it back. */
export function notAtExit(action: () => void): void {
  actions.delete(action);
}
