import type { Comparison } from '../lib/record.js';
import { digits } from './format.js';
import { table } from './markdown.js';
import { matches } from './pattern.js';
import { ratioOf } from './tables.js';
import type { Verdict } from './targets.js';

/**
 * Why varve is behind, by the key of the row, or by the key and the name of the one that is ahead with ` / ` between; `*` stands for
 * anything. The first that fits counts. Kept in bench/reasons.json, by hand.
 */
export type Reasons = Readonly<Record<string, string>>;

/** A row in which another library is ahead, or a target is not met. */
interface Loss {
  readonly row: Comparison;
  readonly other: string;
  readonly ratio: string;
}

const UNKNOWN = '**no reason is written down yet**';

/** Everything in which varve is behind, with the reason. */
export function lossesOf(
  rows: readonly Comparison[],
  verdicts: readonly Verdict[],
  reasons: Reasons,
): string {
  const ahead = rows.flatMap((row) =>
    row.others
      .filter(({ role, ratio }) => role === 'peer' && ratio.median > 1)
      .map((other) => ({ row, other: other.name, ratio: ratioOf(other), clearly: other.ratio.low > 1 })),
  );
  const byPeers: readonly Loss[] = ahead.filter(({ clearly }) => clearly);
  const even = ahead.length - byPeers.length;
  const byTargets = verdicts.flatMap(({ target, cases }) =>
    cases
      .filter(({ met }) => !met)
      .map(
        ({ row, other, figure }): Loss => ({
          row,
          other: other ?? 'target',
          ratio: `${figure}, aim ${digits(target.most)}`,
        }),
      ),
  );
  const seen = new Set(byPeers.map(({ row, other }) => `${row.key} / ${other}`));
  const all = [...byPeers, ...byTargets.filter(({ row, other }) => !seen.has(`${row.key} / ${other}`))];
  const remark =
    even === 0
      ? ''
      : `\n\nRows not listed, in which the median is above 1 and a quarter of the rounds below, so that nobody is ahead: ${even}.`;
  if (all.length === 0) return `Nothing that was measured.${remark}`;
  const list = table(
    ['work', 'against', 'ratio', 'why'],
    all.map((loss) => [
      `${loss.row.table}: ${loss.row.row}`,
      loss.other,
      loss.ratio,
      reasonFor(loss, reasons) ?? UNKNOWN,
    ]),
  );
  return `${list}${remark}`;
}

function reasonFor({ row, other }: Loss, reasons: Reasons): string | undefined {
  const fits = ([pattern]: readonly [string, string]) =>
    matches(pattern, row.key) || matches(pattern, `${row.key} / ${other}`);
  return Object.entries(reasons).find(fits)?.[1];
}
