/** Long enough to cost nothing. Milliseconds. */
const SELDOM = 2 ** 30;

/**
 * Resolves when the word at `at` is woken, has another value than `value`, or after `patience` milliseconds. Until then it keeps its thread
 * alive, which `Atomics.waitAsync` does not: a thread with nothing else to do would end in the midst of an append.
 */
export async function awaitWord(
  words: Int32Array,
  at: number,
  value: number,
  patience: number,
): Promise<void> {
  const { value: woken } = Atomics.waitAsync(words, at, value, patience);
  if (typeof woken === 'string') return;
  const timer = setInterval(() => {}, SELDOM);
  try {
    await woken;
  } finally {
    clearInterval(timer);
  }
}
