/** What was done, for the figures. */
export interface Tally {
  readonly sequences: number;
  readonly points: number;
  /** Images of crash points, each held against what may be found there. */
  readonly images: number;
  /** So many of them differ from all others of their sequences' family, and were opened. */
  readonly distinct: number;
  /** Images of crashes in recoveries and after kills. */
  readonly furtherImages: number;
}

export const NO_TALLY: Tally = { sequences: 0, points: 0, images: 0, distinct: 0, furtherImages: 0 };

export function addTally(one: Tally, other: Tally): Tally {
  return {
    sequences: one.sequences + other.sequences,
    points: one.points + other.points,
    images: one.images + other.images,
    distinct: one.distinct + other.distinct,
    furtherImages: one.furtherImages + other.furtherImages,
  };
}
