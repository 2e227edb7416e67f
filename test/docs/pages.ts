import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The project's root, seen from build/test/docs. */
const ROOT = new URL('../../../', import.meta.url);

/** The path of a file of the project, from its root. */
export function pathInProject(name: string): string {
  return fileURLToPath(new URL(name, ROOT));
}

/** A page of the documentation, as text. */
export function page(name: string): string {
  return readFileSync(pathInProject(name), 'utf8');
}

/** The lines under a heading, up to the next one of any level. Code blocks are not looked into for headings. */
export function section(text: string, heading: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '').startsWith(heading));
  if (start < 0) throw new Error(`There is no heading '${heading}'`);
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line));
  return lines.slice(start, length < 0 ? undefined : start + 1 + length).join('\n');
}

/** The code blocks of a page that have an HTML comment right before them, by what the comment says. */
export function markedBlocks(text: string): { mark: string; code: string }[] {
  const found = text.matchAll(/<!-- ([^\n]*?) -->\n+```[^\n]*\n([\s\S]*?)```/g);
  return Array.from(found, ([, mark = '', code = '']) => ({ mark, code }));
}

/** The rows of the first table of a text, without its head: the cells of each, trimmed. */
export function tableRows(text: string): string[][] {
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}
