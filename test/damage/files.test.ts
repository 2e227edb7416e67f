import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stream } from '../../src/index.js';
import { type FilePlace, onEveryFile, temporaryDirectory } from '../helpers/media.js';
import { type Damage, flip } from './damages.js';
import { look, open, type Seen } from './observation.js';
import { generatedReferences } from './references.js';

/*
 * The other tests of damage look at bytes in memory; these hold that a file behaves the same, whatever medium it is opened on.
 */

const REFERENCES = generatedReferences();

/** What a reader and a writer say of it, in a form that can be compared. */
function summary(seen: Seen): unknown {
  return seen.regions.map(({ id, name, reading }) => {
    return [id, name, reading.entries.map(({ timestamp }) => timestamp), reading.told?.offset];
  });
}

/** Opens a file on the medium of the place. */
function lookAt(path: string, place: FilePlace, readOnly: boolean): unknown {
  let stream: Stream;
  try {
    stream = Stream.openSync(path, { medium: place.kind as 'file', mode: 'open', readOnly });
  } catch (error) {
    return (error as { code: string }).code;
  }
  try {
    return summary(look(stream));
  } finally {
    stream.closeSync();
  }
}

/** The same for the bytes in memory. */
function lookIn(bytes: Uint8Array, readOnly: boolean): unknown {
  const opening = open(bytes, readOnly);
  if (!('stream' in opening)) return opening.told.code;
  try {
    return summary(look(opening.stream));
  } finally {
    opening.stream.closeSync();
  }
}

function damaged(image: Buffer, { parts }: Damage): Buffer {
  const bytes = Buffer.from(image);
  for (const { at, bytes: part } of parts) bytes.set(part, at);
  return bytes;
}

onEveryFile('a damaged file is told of as the same bytes in memory are', (t, place) => {
  const path = join(temporaryDirectory(t), 'damaged');
  for (const { name, image } of REFERENCES) {
    for (let bit = 77; bit < image.length * 8; bit += 26_003) {
      const bytes = damaged(image, flip(image, bit));
      for (const readOnly of [true, false]) {
        writeFileSync(path, bytes);
        const expected = lookIn(Buffer.from(bytes), readOnly);
        assert.deepEqual(lookAt(path, place, readOnly), expected, `${name}, bit ${bit}`);
      }
    }
  }
});

onEveryFile('a file that was cut short is told, and stays as it is', (t, place) => {
  const path = join(temporaryDirectory(t), 'cut');
  for (const { name, image } of REFERENCES) {
    for (let length = 0; length < image.length; length += 3511) {
      writeFileSync(path, image);
      truncateSync(path, length);
      const left = readFileSync(path);
      for (const readOnly of [true, false]) {
        const code = length < 8 ? 'VARVE_NOT_A_STREAM' : 'VARVE_CORRUPT';
        assert.equal(lookAt(path, place, readOnly), code, `${name}, cut to ${length}`);
        assert.ok(readFileSync(path).equals(left));
      }
    }
  }
});

onEveryFile('a file that grew opens, with exactly what was there', (t, place) => {
  const path = join(temporaryDirectory(t), 'grown');
  for (const { name, image } of REFERENCES) {
    const expected = lookIn(Buffer.from(image), true);
    for (const more of [1, 511, 100_000]) {
      writeFileSync(path, image);
      appendFileSync(path, Buffer.alloc(more, 0xa5));
      for (const readOnly of [true, false]) {
        assert.deepEqual(lookAt(path, place, readOnly), expected, `${name}, ${more} more`);
      }
    }
  }
});

onEveryFile(
  'a salvage of a file gets what is whole, behind damage and in front of a cut',
  async (t, place) => {
    const path = join(temporaryDirectory(t), 'salvage');
    for (const { name, image, regions, closed } of REFERENCES) {
      const [largest] = [...regions].sort((a, b) => b.entries.length - a.entries.length);
      const victim = largest?.entries[1];
      if (largest === undefined || victim === undefined) continue;
      writeFileSync(path, damaged(image, flip(image, 8 * (victim.at + 4))));
      const salvage = await Stream.salvage(path, { medium: place.kind as 'file' });
      const [missing, ...others] = salvage.missing.filter(({ what }) => what === 'entries');
      assert.deepEqual([missing?.region, others], [largest.id, []], name);
      assert.equal(missing?.ranges[0]?.from, victim.at - largest.offset);
      assert.equal(missing.entries, closed ? 1 : missing.entries);
      const rescued = Array.from(salvage.entries(), ({ timestamp, data }) => [timestamp, Buffer.from(data)]);
      const all = regions.flatMap(({ entries }) => entries);
      const due = all.filter((entry) => entry !== victim).sort((a, b) => a.timestamp - b.timestamp);
      assert.deepEqual(
        rescued,
        due.map(({ timestamp, data }) => [timestamp, data]),
        name,
      );
      await salvage.close();
      assert.ok(salvage.closed);

      truncateSync(path, largest.entries[1]?.at);
      const rest = await Stream.salvage(path, { medium: place.kind as 'file' });
      assert.ok(
        rest.missing.some(({ what, to }) => what === 'end' && to === image.length),
        name,
      );
      assert.ok(
        Array.from(rest.entries()).some(({ timestamp }) => timestamp === largest.entries[0]?.timestamp),
      );
      await rest.close();
    }
  },
);
