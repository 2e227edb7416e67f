import { SimulatedMedium } from '../../src/testing/index.js';

/** A medium whose syncs wait for a gate: it tells a write that is done from one that is only on its way. */
export class GatedMedium extends SimulatedMedium {
  drains = 0;
  /** What the next syncs fail with. */
  failing: Error | undefined;
  #shut: Promise<void> | undefined;
  #open = () => {};

  constructor() {
    super('1MiB', { slow: true });
  }

  shut(): void {
    this.#shut = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  unlock(): void {
    this.#shut = undefined;
    this.#open();
  }

  override async drain(): Promise<void> {
    await this.#shut;
    if (this.failing !== undefined) throw this.failing;
    this.drains += 1;
    await super.drain();
  }
}
