import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Codec, jsonCodec } from '../../src/index.js';
import { msgpackCodec } from '../../src/msgpack.js';
import { fails } from '../helpers/errors.js';
import { memoryStream, temporaryDirectory } from '../helpers/media.js';

const PLAIN = { text: 'grüße', number: 1.5, list: [1, null, true], nested: { empty: {} } };

test('values come back through both codecs', async (t) => {
  const region = await memoryStream(t).allocate('64KiB');
  const bytes = { date: new Date(1e12), bytes: new Uint8Array([1, 2, 3]), long: 'x'.repeat(1000) };
  region.appendSync(jsonCodec().encode(PLAIN));
  region.appendSync(msgpackCodec().encode({ ...PLAIN, ...bytes }));
  const [json, msgpack] = region;
  assert.deepEqual(json?.decode(jsonCodec()), PLAIN);
  assert.deepEqual(msgpack?.decode(msgpackCodec()), { ...PLAIN, ...bytes });
});

test('a decoded value keeps nothing of the medium', async (t) => {
  const region = await memoryStream(t).allocate('64KiB');
  const codec = msgpackCodec<Uint8Array>();
  const value = region.appendSync(codec.encode(new Uint8Array([1, 2, 3]))).decode(codec);
  await region.clear();
  region.appendSync(new Uint8Array(100).fill(9));
  assert.deepEqual(value, new Uint8Array([1, 2, 3]));
});

test('memory that threads share can be decoded', () => {
  const bytes = msgpackCodec().encode({ long: 'x'.repeat(1000) }) as Uint8Array;
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  assert.deepEqual(msgpackCodec().decode(shared), { long: 'x'.repeat(1000) });
  const json = new Uint8Array(new SharedArrayBuffer(2)).fill(0x31);
  assert.equal(jsonCodec().decode(json), 11);
});

test('msgpack takes the options of its package', () => {
  const codec = msgpackCodec<bigint>({ encode: { useBigInt64: true }, decode: { useBigInt64: true } });
  assert.equal(codec.decode(codec.encode(2n ** 60n) as Uint8Array), 2n ** 60n);
});

test('what is no entry of the codec is named', async (t) => {
  const region = await memoryStream(t).allocate('64KiB');
  const entry = region.appendSync(Buffer.from([0xc1]));
  fails('VARVE_MISMATCH', () => entry.decode(jsonCodec()));
  fails('VARVE_MISMATCH', () => entry.decode(msgpackCodec()));
  const throwing: Codec<never> = {
    name: 'odd',
    encode: () => '',
    decode() {
      throw 'a string';
    },
  };
  assert.throws(() => entry.decode(throwing), {
    code: 'VARVE_MISMATCH',
    message: /entry 1 as odd: a string/,
  });
  await region.clear();
  fails('VARVE_REGION_FREED', () => entry.decode(jsonCodec()));
  const freeing: Codec<number> = {
    name: 'freeing',
    encode: () => '',
    decode() {
      region.freeSync();
      return 1;
    },
  };
  const late = region.appendSync('late');
  fails('VARVE_REGION_FREED', () => late.decode(freeing));
});

test('JSON has no form for some values', () => {
  for (const value of [undefined, () => {}, Symbol('s')])
    fails('VARVE_ARGUMENT', () => jsonCodec().encode(value));
});

test('without its package msgpack can be loaded, and says what is missing when it is used', async (t) => {
  const elsewhere = temporaryDirectory(t);
  cpSync(fileURLToPath(new URL('../../src/', import.meta.url)), elsewhere, { recursive: true });
  cpSync(fileURLToPath(new URL('../../../package.json', import.meta.url)), join(elsewhere, 'package.json'));
  const alone = await import(pathToFileURL(join(elsewhere, 'msgpack.js')).href);
  assert.throws(() => alone.msgpackCodec(), {
    code: 'VARVE_NOT_FOUND',
    message: /npm install @msgpack\/msgpack/,
  });
});
