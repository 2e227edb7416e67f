import { PowerCuts } from './power-cuts.js';
import type { Tools } from './tools.js';

/** When to end. */
export interface Limits {
  readonly cuts: number;
  /** As `Date.now()` tells it. */
  readonly until?: number;
}

/**
 * Cuts the power of a machine that writes, again and again, and compares in the end once more. Then, to show that it would have shown:
 * the same with syncs that do nothing.
 *
 * @returns what was done
 * @throws Error at a finding; its message tells how to see it again, and where the machine's disks are
 */
export async function cutAgainAndAgain(
  tools: Tools,
  seed: number,
  { cuts, until = Number.POSITIVE_INFINITY }: Limits,
): Promise<Record<string, number>> {
  const machine = new PowerCuts(tools, seed);
  try {
    do await machine.cut();
    while ((machine.tally['cuts'] ?? 0) < cuts && Date.now() < until);
    await machine.look();
  } catch (cause) {
    throw new Error(
      `power cut ${machine.tally['cuts']} with seed ${seed}: ${cause instanceof Error ? cause.message : cause}\n` +
        `The machine's disks are kept in ${machine.directory}. The moment of a cut depends on this machine's mood; to try the same again:\n` +
        `npm run test:vm -- --seed ${seed} --cuts ${cuts}`,
      { cause },
    );
  }
  const tally = { ...machine.tally };
  try {
    return { ...tally, lossesWithoutSyncs: await lossesWithoutSyncs(machine) };
  } finally {
    machine.remove();
  }
}

/** Writes without syncs, cuts, and looks: the streams on disks must have lost something. Returns how many have. */
async function lossesWithoutSyncs(machine: PowerCuts): Promise<number> {
  await machine.cutWithoutSyncs();
  const lost = await machine.losses();
  if (!lost.includes('disk-file') || !lost.includes('disk-mapped')) {
    throw new Error(
      `without syncs only these streams have lost something: ${lost}. So these cuts prove nothing`,
    );
  }
  return lost.length;
}
