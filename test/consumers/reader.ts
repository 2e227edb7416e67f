/** A process that reads a stream beside its writer, or has it alone, and does what it is asked for: `reader.js <path> <ledger> read|write`. */
import { openSync, writeSync } from 'node:fs';
import { type Consumer, type Entry, Stream, VarveError } from '../../src/index.js';
import type { Answer, Asked } from './processes.js';
import { take } from './reading.js';

const stream = await Stream.open(process.argv[2] ?? '', { readOnly: process.argv[4] === 'read' });
const log = await stream.log('orders');
const consumers = new Map<string, Consumer>();
let last: Entry | undefined;

function consumer(name: string): Consumer {
  const found = consumers.get(name);
  if (found === undefined) throw new Error(`${name} is not open`);
  return found;
}

/** Until the process is killed: writes down what it sees, and what is acknowledged. What is written survives it. */
async function run(name: string): Promise<void> {
  const ledger = openSync(process.argv[3] ?? '', 'a');
  for await (const entry of consumer(name)) {
    writeSync(ledger, `saw ${entry.text()}\n`);
    await consumer(name).ack(entry);
    writeSync(ledger, `acked ${entry.text()}\n`);
    process.send?.('acked');
  }
}

async function perform({ act, name, options, count }: Asked): Promise<unknown> {
  switch (act) {
    case 'open':
      consumers.set(name, await log.consumer(name, options));
      return consumer(name).position;
    case 'take': {
      const taken = await take(consumer(name), count ?? 1);
      last = taken.at(-1);
      return taken.map((entry) => entry.text());
    }
    case 'ack':
      if (last !== undefined) await consumer(name).ack(last);
      return consumer(name).position;
    case 'seek':
      await consumer(name).seek('first');
      return consumer(name).lag;
    case 'close':
      return consumer(name).close();
    case 'remove':
      return log.removeConsumer(name);
    case 'run':
      return run(name);
  }
}

process.on('message', (asked: Asked) => {
  perform(asked).then(
    (value) => process.send?.({ value } satisfies Answer),
    (error: unknown) => {
      const code = error instanceof VarveError ? error.code : String(error);
      process.send?.({ code } satisfies Answer);
    },
  );
});
process.once('disconnect', () => process.exit());
process.send?.({ value: 'ready' });
