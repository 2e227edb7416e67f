import { type Counted, type Counts, MEASURES, type Measure } from './counts.js';

/** On what counts came to be. */
export interface Origin {
  readonly platform: string;
  readonly node: string;
  readonly processor: string;
  /** What the addon found there: it decides what code runs. */
  readonly addon: string;
}

/** Counts that are kept. */
export interface Baseline {
  readonly date: string;
  readonly origin: Origin;
  readonly works: Counted;
}

type Verdict = 'same' | 'worse' | 'better' | 'new' | 'missing' | 'not comparable';

/** One count beside the one that is kept. */
export interface Finding {
  readonly work: string;
  readonly measure: string;
  readonly verdict: Verdict;
  readonly kept: number | undefined;
  readonly now: number | undefined;
}

/**
 * Holds counts against those that are kept.
 *
 * @param left names of counts that could not be made here: they are missed by nobody
 */
export function compare(
  kept: Baseline,
  now: Counted,
  origin: Origin,
  left: ReadonlySet<string>,
): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [work, counts] of Object.entries(now)) {
    for (const measure of namesOf(kept.works[work], counts)) {
      if (counts[measure] === undefined && left.has(measure)) continue;
      findings.push(judge(work, measure, kept.works[work], counts[measure], likeness(kept, origin)));
    }
  }
  return findings;
}

/** True if something got worse, or is not counted any more. */
export function isBad({ verdict }: Finding): boolean {
  return verdict === 'worse' || verdict === 'missing';
}

function namesOf(kept: Counts | undefined, now: Counts): readonly string[] {
  return Object.keys(MEASURES).filter((name) => kept?.[name] !== undefined || now[name] !== undefined);
}

function likeness({ origin }: Baseline, here: Origin): Readonly<Record<Measure['likeness'], boolean>> {
  const platform = origin.platform === here.platform;
  const node = platform && origin.node === here.node && origin.addon === here.addon;
  return { platform, node, machine: node && origin.processor === here.processor };
}

function judge(
  work: string,
  measure: string,
  keptCounts: Counts | undefined,
  now: number | undefined,
  alike: Readonly<Record<Measure['likeness'], boolean>>,
): Finding {
  const { part, slack, likeness: needed, against = measure } = MEASURES[measure] as Measure;
  const kept = keptCounts?.[measure];
  const most = (keptCounts?.[against] ?? 0) * (1 + part) + slack;
  const verdict = (): Verdict => {
    if (kept === undefined) return 'new';
    if (now === undefined) return 'missing';
    if (!alike[needed]) return 'not comparable';
    if (now > most) return 'worse';
    return now < kept * (1 - part) - slack ? 'better' : 'same';
  };
  return { work, measure, verdict: verdict(), kept, now };
}
