import type { Line, Point } from '../lib/record.js';
import { tick } from './format.js';
import { type Scale, scaleOf } from './scale.js';
import { legend, line, mark, type Paint, paints, picture, round, text } from './svg.js';

const WIDTH = 760;
const LEFT = 76;
const RIGHT = 24;
const PLOT = 300;

/** Draws lines that share their axes, which are those of the first one. Points without a place on a logarithmic axis are left out. */
export function lineChart(lines: readonly Line[]): string {
  const [first] = lines;
  if (first === undefined) throw new Error('a chart needs a line');
  const all = lines.flatMap(({ points }) => points);
  const x = scaleOf(
    first.x,
    all.map((point) => point.x),
  );
  const y = scaleOf(
    first.y,
    all.flatMap((point) => [point.y, point.low ?? point.y, point.high ?? point.y]),
  );
  const painted = paints(lines.map(({ role }) => role));
  const names = lines.map(({ series }, i) => ({ name: series, paint: painted[i] as Paint }));
  const named = legend(LEFT, 48, WIDTH - LEFT - RIGHT, names);
  const top = 48 + named.height;
  const place: Place = {
    x: (value) => LEFT + x.at(value) * (WIDTH - LEFT - RIGHT),
    y: (value) => top + (1 - y.at(value)) * PLOT,
    has: ({ x: across, y: up }) =>
      (first.x.scale !== 'log' || across > 0) && (first.y.scale !== 'log' || up > 0),
  };
  return picture(WIDTH, top + PLOT + 56, first.title, [
    ...named.parts,
    ...grid(first, x, y, place, top),
    ...lines.flatMap(({ points }, i) => drawn(points, place, painted[i] as Paint)),
  ]);
}

interface Place {
  x(value: number): number;
  y(value: number): number;
  has(point: Point): boolean;
}

function grid(axes: Line, x: Scale, y: Scale, place: Place, top: number): string[] {
  const bottom = top + PLOT;
  return [
    ...y.ticks.flatMap((value) => [
      line(LEFT, place.y(value), WIDTH - RIGHT, place.y(value), 'grid'),
      text(LEFT - 8, place.y(value) + 4, tick(value, axes.y.format), 'small', 'end'),
    ]),
    ...x.ticks.flatMap((value) => [
      line(place.x(value), top, place.x(value), bottom, 'grid'),
      text(place.x(value), bottom + 18, tick(value, axes.x.format), 'small', 'middle'),
    ]),
    text((LEFT + WIDTH - RIGHT) / 2, bottom + 42, axes.x.label, '', 'middle'),
    `<g transform="translate(16 ${round((top + bottom) / 2)}) rotate(-90)">${text(0, 0, axes.y.label, '', 'middle')}</g>`,
  ];
}

function drawn(points: readonly Point[], place: Place, paint: Paint): string[] {
  const shown = points.filter(place.has).toSorted((a, b) => a.x - b.x);
  const path = shown.map(
    (point, i) => `${i === 0 ? 'M' : 'L'}${round(place.x(point.x))} ${round(place.y(point.y))}`,
  );
  return [
    `<path class="line s${paint.colour}${paint.dashed ? ' floor' : ''}" d="${path.join('')}"/>`,
    ...shown.flatMap((point) => {
      const { x, y, low = y, high = y } = point;
      const spread = line(place.x(x), place.y(low), place.x(x), place.y(high), `spread s${paint.colour}`);
      return [low === high ? '' : spread, mark(place.x(x), place.y(y), paint)];
    }),
  ].filter((part) => part !== '');
}
