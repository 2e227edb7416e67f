import type { Role } from '../lib/record.js';

/** Colours of the lines and bars, in a light and a dark page; each can be told from its neighbours without seeing red or green. */
const COLOURS: readonly (readonly [light: string, dark: string])[] = [
  ['#0062a8', '#58b0f5'],
  ['#d35400', '#ff9d57'],
  ['#00856b', '#3ddbb3'],
  ['#a63d88', '#f08fd3'],
  ['#8a6d00', '#e8c840'],
  ['#5b4fc4', '#a9a0ff'],
  ['#7a4a21', '#cf9b6b'],
  ['#b3202e', '#ff7d86'],
];
const FLOOR = COLOURS.length;

const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-size: 15px; font-weight: 600 }
.small { font-size: 11px; fill: #57606a }
.page { fill: #ffffff }
.grid { stroke: #d0d7de; stroke-width: 1 }
.line { fill: none; stroke-width: 2 }
.spread { stroke-width: 1; opacity: .55 }
.floor { stroke-dasharray: 6 4 }
${[...COLOURS, ['#6e7781', '#9198a1']].map(([light], i) => `.f${i} { fill: ${light} } .s${i} { stroke: ${light} }`).join('\n')}
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.small { fill: #9198a1 }
.page { fill: #0d1117 }
.grid { stroke: #30363d }
${[...COLOURS, ['#6e7781', '#9198a1']].map(([, dark], i) => `.f${i} { fill: ${dark} } .s${i} { stroke: ${dark} }`).join('\n')}
}
`;

/** A series' number as it is drawn: its colour, and the shape of its points. */
export interface Paint {
  readonly colour: number;
  readonly shape: number;
  readonly dashed: boolean;
}

/** How each series is drawn: floors are grey and dashed, all others have colours in their order. */
export function paints(roles: readonly Role[]): readonly Paint[] {
  let next = 0;
  return roles.map((role, index) => {
    const dashed = role === 'floor';
    return { colour: dashed ? FLOOR : next++ % COLOURS.length, shape: index, dashed };
  });
}

/** A whole picture. */
export function picture(width: number, height: number, title: string, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    text(16, 24, title, 'title'),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

export function text(x: number, y: number, words: string, style = '', anchor = 'start'): string {
  return `<text x="${round(x)}" y="${round(y)}" class="${style}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${style}"/>`;
}

export function rectangle(x: number, y: number, width: number, height: number, style: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" class="${style}"/>`;
}

/** A point of a series: a disk, a square, a diamond or a triangle. */
export function mark(x: number, y: number, { colour, shape }: Paint): string {
  const style = `f${colour}`;
  const corners = [
    [
      [-4, -4],
      [4, -4],
      [4, 4],
      [-4, 4],
    ],
    [
      [0, -5],
      [5, 0],
      [0, 5],
      [-5, 0],
    ],
    [
      [0, -5],
      [5, 4],
      [-5, 4],
    ],
  ][(shape % 4) - 1];
  if (corners === undefined) return `<circle cx="${round(x)}" cy="${round(y)}" r="4" class="${style}"/>`;
  const points = corners.map(([dx = 0, dy = 0]) => `${round(x + dx)},${round(y + dy)}`).join(' ');
  return `<polygon points="${points}" class="${style}"/>`;
}

/** What the series are called, in as many rows as they need; how high they are altogether. */
export function legend(
  x: number,
  y: number,
  width: number,
  series: readonly { readonly name: string; readonly paint: Paint }[],
): { readonly parts: readonly string[]; readonly height: number } {
  const parts: string[] = [];
  let [left, top] = [x, y];
  for (const { name, paint } of series) {
    const wide = 30 + widthOf(name);
    if (left > x && left + wide > x + width) [left, top] = [x, top + ROW];
    parts.push(mark(left + 6, top - 4, paint), text(left + 16, top, name, 'small'));
    left += wide;
  }
  return { parts, height: top - y + ROW };
}

const ROW = 18;

/** How wide a text of the small font is, roughly. */
export function widthOf(words: string): number {
  return 6.1 * words.length;
}

/** Tenths are more than enough for a screen. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(words: string): string {
  return words.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
