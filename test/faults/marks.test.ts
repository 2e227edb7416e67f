import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PAGE, RECORD, STATE } from '../../src/format/layout.js';
import { isFailure } from '../helpers/errors.js';
import { onEveryFile } from '../helpers/media.js';

/** Longer than a stream has to be left alone before it makes a checkpoint. */
const REST_MS = 2600;

/** Bytes of `from` in the place of those of `to`. */
function graft(to: Buffer, from: Buffer, at: number, length: number): void {
  from.copy(to, at, at, at + length);
}

onEveryFile(
  'a crash in the midst of a checkpoint: the newer mark vouches for what lies below it',
  async (_t, place) => {
    const stream = await place.open();
    const region = await stream.allocate('16KiB');
    for (const text of ['one', 'two', 'three']) region.appendSync(text);
    const before = readFileSync(place.path);
    await sleep(REST_MS);
    const after = readFileSync(place.path);
    await stream.close();

    // The first copies of the marks were written, the state was not.
    const cut = Buffer.from(after);
    for (const page of [0, PAGE]) graft(cut, before, page + STATE.at, STATE.size);
    graft(cut, before, PAGE + 2048, 16 * RECORD.size);
    assert.notDeepEqual(cut, after, 'there was a checkpoint');
    assert.notDeepEqual(cut, before, 'there was a checkpoint');

    writeFileSync(place.path, cut);
    const whole = await place.open();
    assert.deepEqual(
      [...whole.entries()].map((entry) => entry.text()),
      ['one', 'two', 'three'],
    );
    await whole.close();

    const at = cut.indexOf('three');
    cut[at] = (cut[at] ?? 0) ^ 1;
    writeFileSync(place.path, cut);
    await assert.rejects(place.open(), (error) => isFailure(error, ['VARVE_CORRUPT']));
    const served = await place.open({ readOnly: true });
    const texts: string[] = [];
    assert.throws(
      () => {
        for (const entry of served.entries()) texts.push(entry.text());
      },
      { code: 'VARVE_CORRUPT' },
    );
    assert.deepEqual(texts, ['one', 'two']);
    await served.close();
  },
);
