import assert from 'node:assert/strict';
import type { Stream } from '../../src/index.js';

/** What was asked for in one region, and what was promised of it. */
interface RegionAccount {
  /** 'maybe' while nobody knows whether a change was made that failed. */
  there: 'yes' | 'no' | 'maybe';
  /** By number: what may stand in it. */
  readonly tried: Map<number, Uint8Array>;
  /** By timestamp: what must. */
  readonly promised: Map<number, number>;
}

/** What a workload asked of a stream, and what the stream acknowledged. */
export class Account {
  #regions = new Map<string, RegionAccount>();
  #last = 0;
  /** How many acknowledgements were given that still count. */
  get promises(): number {
    return [...this.#regions.values()].reduce((sum, { promised }) => sum + promised.size, 0);
  }

  /** The same promises, for a copy of the stream. */
  clone(): Account {
    const copy = new Account();
    copy.#last = this.#last;
    for (const [name, { there, tried, promised }] of this.#regions) {
      copy.#regions.set(name, { there, tried: new Map(tried), promised: new Map(promised) });
    }
    return copy;
  }

  allocating(name: string): void {
    this.#regions.set(name, { there: 'maybe', tried: new Map(), promised: new Map() });
  }

  allocated(name: string): void {
    this.#of(name).there = 'yes';
  }

  /** From now on its entries may be gone. */
  clearing(name: string): void {
    this.#of(name).promised.clear();
  }

  cleared(name: string): void {
    this.#of(name).tried.clear();
  }

  freeing(name: string): void {
    this.clearing(name);
    this.#of(name).there = 'maybe';
  }

  freed(name: string): void {
    this.#of(name).there = 'no';
  }

  /** Bytes to append to the region, which may be found there from now on. */
  trying(name: string, size: number): Uint8Array {
    this.#last += 1;
    return this.#try(name, this.#last, size);
  }

  #try(name: string, number: number, size: number): Uint8Array {
    const bytes = bytesOf(name, number, size);
    this.#of(name).tried.set(number, bytes);
    return bytes;
  }

  /**
   * Takes over what another process says of itself, in one line: `allocating <region>`, `trying <region> <number> <size>`,
   * `promised <region> <number> <timestamp>`, and so on, as the methods are called.
   */
  note(line: string): void {
    const [word = '', name = '', number = '', fact = ''] = line.split(' ');
    if (word === 'allocating') this.allocating(name);
    else if (word === 'allocated') this.allocated(name);
    else if (word === 'clearing') this.clearing(name);
    else if (word === 'cleared') this.cleared(name);
    else if (word === 'freeing') this.freeing(name);
    else if (word === 'freed') this.freed(name);
    else if (word === 'trying') this.#try(name, Number(number), Number(fact));
    else if (word === 'promised') this.#of(name).promised.set(Number(fact), Number(number));
  }

  /** They were acknowledged as persisted. */
  promised(name: string, timestamp: number, bytes: Uint8Array): void {
    assert.ok(timestamp > 0);
    this.#of(name).promised.set(timestamp, numberOf(bytes));
  }

  /** The stream holds all that was promised, and nothing that was never asked for. */
  verify(stream: Stream): void {
    for (const region of stream.regions()) {
      const name = region.name ?? '';
      const account = this.#of(name);
      assert.notEqual(account.there, 'no', `region ${name} was freed`);
      const missing = new Map(account.promised);
      let before = 0;
      for (const entry of region) {
        assert.ok(entry.timestamp > before, `${entry.timestamp} comes after ${before} in ${name}`);
        before = entry.timestamp;
        verifyBytes(account, entry.copy(), entry.timestamp);
        missing.delete(entry.timestamp);
      }
      assert.deepEqual([...missing.keys()], [], `acknowledged and not there in ${name}`);
    }
    for (const [name, { there }] of this.#regions) {
      if (there === 'yes') assert.ok(stream.region(name), `region ${name} was acknowledged and is not there`);
    }
  }

  #of(name: string): RegionAccount {
    const account = this.#regions.get(name);
    assert.ok(account !== undefined, `nobody asked for a region '${name}'`);
    return account;
  }
}

/** Bytes that begin with their number. Node's own memory: what a test takes for itself is not to fail. */
export function bytesOf(name: string, number: number, size: number): Buffer {
  const bytes = Buffer.alloc(size, `entry ${number} of region ${name}, `);
  bytes.writeUInt32BE(number);
  return bytes;
}

function numberOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
}

function verifyBytes({ tried, promised }: RegionAccount, bytes: Uint8Array, timestamp: number): void {
  const number = numberOf(bytes);
  const wanted = tried.get(number);
  assert.ok(wanted !== undefined, `timestamp ${timestamp} holds what was never appended there`);
  assert.ok(Buffer.compare(bytes, wanted) === 0, `bytes of timestamp ${timestamp}`);
  assert.equal(promised.get(timestamp) ?? number, number, `who has timestamp ${timestamp}`);
}
