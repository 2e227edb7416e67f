import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Journal } from '../../src/core/log/journal.js';
import type { Change } from '../../src/core/log/journal-state.js';
import { type CrashPoint, SimulatedMedium } from '../../src/testing/index.js';
import { closeCore, coreOn, OPTIONS, told } from './journal-support.js';

const SIZE = 768;
const IMAGES = { exhaustive: 0, samples: 1, seed: 7 };

/** A point in time, and what was known by then. */
interface Moment {
  readonly point: CrashPoint;
  /** How many changes were acknowledged, of those begun. */
  readonly acknowledged: number;
  readonly begun: number;
}

/** The changes of a story: positions mostly, so that the journal is switched again and again. */
function changeNumber(i: number): Change {
  if (i === 0) return { kind: 'consumer', name: 'a', position: 0, protect: true };
  if (i % 10 === 5) return { kind: 'first', first: i };
  return { kind: 'position', id: 1, position: i, revision: i };
}

/** Tells a story, and what a crash at each drain would leave of it. */
class Story {
  readonly moments: Moment[] = [];
  /** What the journal says after so many changes. */
  readonly told: string[] = [];
  readonly #medium: SimulatedMedium;
  #acknowledged = -1;
  #begun = -1;

  constructor(medium: SimulatedMedium) {
    this.#medium = medium;
    closeCore(coreOn(medium));
    medium.onDrain = () => this.#note();
  }

  run(changes: number): void {
    const core = coreOn(this.#medium);
    this.#begun = 0;
    const journal = Journal.createSync(core, 'log', SIZE, OPTIONS);
    this.#acknowledged = 0;
    this.told.push(told(journal.state));
    for (let i = 0; i < changes; i++) {
      this.#begun++;
      journal.changeSync(() => changeNumber(i));
      this.#acknowledged++;
      this.told.push(told(journal.state));
      this.#note();
    }
    assert.ok(journal.state.generation > 3, 'it was switched again and again');
    closeCore(core);
  }

  #note(): void {
    const point = this.#medium.crashPoint();
    this.moments.push({ point, acknowledged: this.#acknowledged, begun: this.#begun });
  }
}

/** What the journal on an image says; 'nothing' if there is none. It is brought to an end, and goes on. */
function goesOn(image: Uint8Array): string {
  const medium = SimulatedMedium.fromImage(image);
  const core = coreOn(medium);
  const found = Journal.find(core, 'log');
  const before = found === undefined ? 'nothing' : told(found.state);
  const consumers = [...(found?.state.consumers.values() ?? [])];
  const journal = found ?? Journal.createSync(core, 'log', SIZE, OPTIONS);
  for (let first = 1000; first < 1012; first++) journal.changeSync(() => ({ kind: 'first', first }));
  closeCore(core);
  const again = coreOn(medium);
  const { state } = Journal.find(again, 'log') ?? assert.fail('it is gone');
  assert.deepEqual([state.first, [...state.consumers.values()]], [1011, consumers]);
  closeCore(again);
  return before;
}

test('after a crash at any moment a journal says all that was acknowledged, and nothing out of order', () => {
  const story = new Story(new SimulatedMedium('32KiB'));
  story.run(45);
  let images = 0;
  for (const [number, { point, acknowledged, begun }] of story.moments.entries()) {
    if (number % 5 > 0) continue;
    for (const image of point.images(IMAGES)) {
      const found = goesOn(image);
      images++;
      const reached = found === 'nothing' ? -1 : story.told.indexOf(found);
      assert.ok(found === 'nothing' || reached >= 0, `it says what nobody has said: ${found}`);
      assert.ok(reached >= acknowledged && reached <= begun, `${reached} is not in ${acknowledged}…${begun}`);
    }
  }
  assert.ok(images > 100, `${images} images are no search`);
});
