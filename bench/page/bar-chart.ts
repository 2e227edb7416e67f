import type { Role, Unit } from '../lib/record.js';
import { quantity, tick } from './format.js';
import { scaleOf } from './scale.js';
import { legend, line, type Paint, paints, picture, rectangle, text, widthOf } from './svg.js';

/** What a bar stands for; `value` is undefined where nothing was measured. */
export interface Bar {
  readonly series: string;
  readonly role: Role;
  readonly value: number | undefined;
}

/** Bars that stand together under one name. */
export interface BarGroup {
  readonly name: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 760;
const RIGHT = 84;
const BAR = 13;
const GAP = 14;

/** Horizontal bars on a logarithmic scale, each with its value behind it: shorter is better. */
export function barChart(title: string, axis: string, unit: Unit, groups: readonly BarGroup[]): string {
  const left = 24 + Math.max(...groups.map(({ name }) => widthOf(name)));
  const series = seriesOf(groups);
  const painted = paints(series.map(({ role }) => role));
  const names = series.map(({ name }, i) => ({ name, paint: { ...(painted[i] as Paint), shape: 1 } }));
  const named = legend(16, 48, WIDTH - 32, names);
  const values = groups.flatMap(({ bars }) => bars.flatMap(({ value }) => value ?? []));
  // A bar of the least value needs some length too.
  const scale = scaleOf({ label: '', scale: 'log' }, [...values, Math.min(...values) / 2]);
  const place = (value: number) => left + scale.at(value) * (WIDTH - left - RIGHT);
  const parts: string[] = [];
  const top = 48 + named.height;
  let y = top;
  for (const { name, bars } of groups) {
    const shown = bars.filter(({ value }) => value !== undefined);
    parts.push(text(left - 8, y + (shown.length * BAR) / 2 + 4, name, 'small', 'end'));
    for (const { series: owner, value = 0 } of shown) {
      const colour = painted[series.findIndex((one) => one.name === owner)]?.colour ?? 0;
      parts.push(rectangle(left, y, place(value) - left, BAR - 2, `f${colour}`));
      parts.push(text(place(value) + 5, y + BAR - 3, quantity(value, unit), 'small'));
      y += BAR;
    }
    y += GAP;
  }
  const grid = scale.ticks.flatMap((value) => [
    line(place(value), top - 4, place(value), y - GAP + 4, 'grid'),
    text(place(value), y + 8, tick(value, unit === 'ns' ? 'time' : 'count'), 'small', 'middle'),
  ]);
  const label = text((left + WIDTH - RIGHT) / 2, y + 32, axis, '', 'middle');
  return picture(WIDTH, y + 44, title, [...named.parts, ...grid, ...parts, label]);
}

function seriesOf(groups: readonly BarGroup[]): readonly { readonly name: string; readonly role: Role }[] {
  const roles = new Map<string, Role>();
  for (const { bars } of groups) for (const { series, role } of bars) roles.set(series, role);
  return [...roles].map(([name, role]) => ({ name, role }));
}
