import assert from 'node:assert/strict';
import type { Stream } from '../../src/index.js';
import { type Who, whoIs } from './payload.js';

/** One entry as it was found. */
export interface Found extends Who {
  readonly timestamp: number;
}

/** What was found in a stream, region by region. */
export type Survey = readonly { readonly region: string; readonly entries: readonly Found[] }[];

/** Reads all that is in a stream. Throws if an entry is not whole, or the ways of reading do not agree. */
export function surveyOf(stream: Stream): Survey {
  const survey = Array.from(stream.regions(), (region) => ({
    region: region.name ?? `${region.id}`,
    entries: Array.from(region, ({ timestamp, data }) => ({ timestamp, ...whoIs(data) })),
  }));
  const merged = Array.from(stream.entries(), ({ timestamp }) => timestamp);
  const single = survey.flatMap(({ entries }) => entries.map(({ timestamp }) => timestamp));
  assert.deepEqual(
    merged,
    single.sort((a, b) => a - b),
    'the regions and the stream do not have the same',
  );
  return survey;
}

/** A survey as lines of text, for where the reader is in another machine. */
export function linesOf(survey: Survey): string[] {
  return survey.flatMap(({ region, entries }) => [
    `region ${region}`,
    ...entries.map(({ timestamp, run, number }) => `found ${timestamp} ${run} ${number}`),
  ]);
}

/** The survey that `linesOf` made lines of. */
export function surveyFrom(lines: readonly string[]): Survey {
  const survey: { region: string; entries: Found[] }[] = [];
  for (const line of lines) {
    const [word, first = '', second, third] = line.split(' ');
    if (word === 'region') survey.push({ region: first, entries: [] });
    else
      survey.at(-1)?.entries.push({ timestamp: Number(first), run: Number(second), number: Number(third) });
  }
  return survey;
}
