import assert from 'node:assert/strict';
import { test } from 'node:test';
import { barChart } from '../../bench/page/bar-chart.js';
import { lineChart } from '../../bench/page/line-chart.js';
import { scaleOf } from '../../bench/page/scale.js';
import { line } from './records.js';

/** Attributes of all elements of one name. */
function elements(svg: string, name: string): Readonly<Record<string, string>>[] {
  return Array.from(svg.matchAll(new RegExp(`<${name} ([^>]*)>`, 'g')), ([, text = '']) =>
    Object.fromEntries(
      Array.from(text.matchAll(/([\w-]+)="([^"]*)"/g), ([, key = '', value = '']) => [key, value]),
    ),
  );
}

test('a logarithmic scale puts decades at equal distances, and ticks where they stand', () => {
  const scale = scaleOf({ label: '', scale: 'log' }, [3, 30, 3000]);
  assert.ok(Math.abs(scale.at(30) - scale.at(3) - (scale.at(300) - scale.at(30))) < 1e-9);
  assert.deepEqual(scale.ticks, [10, 100, 1000]);
  assert.deepEqual(scaleOf({ label: '', scale: 'log' }, [3, 30]).ticks, [2, 5, 10, 20, 50]);
  assert.deepEqual(scaleOf({ label: '', scale: 'log', format: 'bytes' }, [8, 64]).ticks, [8, 16, 32, 64]);
  for (const value of [3, 30, 3000, ...scale.ticks])
    assert.ok(scale.at(value) >= 0 && scale.at(value) <= 1, `${value}`);
});

test('a linear scale begins at nothing and ends above the greatest', () => {
  const scale = scaleOf({ label: '', scale: 'linear' }, [12, 97]);
  assert.equal(scale.at(0), 0);
  assert.equal(scale.ticks.at(-1), 100);
});

test('a scale has room for a single value, and for none', () => {
  const one = scaleOf({ label: '', scale: 'log' }, [10]);
  assert.ok(one.at(10) >= 0 && one.at(10) <= 1);
  assert.deepEqual(scaleOf({ label: '', scale: 'log', format: 'bytes' }, [8]).ticks, [8, 16]);
  assert.deepEqual(scaleOf({ label: '', scale: 'log' }, [0]).ticks, []);
});

test('a line chart rises where its points do, says what it shows, and escapes it', () => {
  const svg = lineChart([
    line('first', [
      { x: 10, y: 100 },
      { x: 1000, y: 10_000, low: 5000, high: 20_000 },
    ]),
    line('second & last', [{ x: 100, y: 1000 }]),
  ]);
  // The first stands in the legend.
  const [, from, to] = elements(svg, 'circle').map(({ cx, cy }) => ({ x: Number(cx), y: Number(cy) }));
  assert.ok(from && to && from.x < to.x && from.y > to.y);
  assert.equal(elements(svg, 'path').length, 2);
  assert.ok(svg.includes('second &#38; last') && svg.includes('Cost &#60;grows&#62;'));
  assert.ok(svg.includes('10 µs') && svg.includes('1 k'));
  assert.ok(svg.includes('prefers-color-scheme: dark'));
});

test('a point that has no place on a logarithmic axis is left out', () => {
  const svg = lineChart([
    line('a', [
      { x: 1, y: 0 },
      { x: 10, y: 5 },
    ]),
  ]);
  assert.ok(!svg.includes('NaN') && !svg.includes('Infinity'));
});

test('bars are as long as their values, those not measured are not drawn', () => {
  const bar = (series: string, value: number | undefined) => ({ series, role: 'peer' as const, value });
  const svg = barChart('Bars', 'time', 'ns', [
    { name: '64 B', bars: [bar('a', 10), bar('b', 1000), bar('c', undefined)] },
    { name: '1 KiB', bars: [bar('a', 100)] },
  ]);
  const [a = 0, b = 0, next = 0] = elements(svg, 'rect')
    .slice(1)
    .map(({ width }) => Number(width));
  assert.equal(elements(svg, 'rect').length, 1 + 3);
  assert.ok(0 < a && a < next && next < b);
  assert.ok(svg.includes('1.00 µs') && svg.includes('10.0 ns') && !svg.includes('NaN'));
});
