// What came of the mutants, as tables and lists.

const COLUMNS = ['mutants', 'caught', 'equivalent', 'survivors'];

/**
 * A table by file and what survived.
 *
 * @param {{ mutant: object, outcome: 'caught' | 'equivalent' | 'survivor' | 'invalid', note: string }[]} results
 */
export function reportOf(results) {
  const rows = new Map();
  for (const { mutant, outcome } of results) {
    if (outcome === 'invalid') continue;
    for (const name of [mutant.file, 'all']) {
      const row = rows.get(name) ?? { mutants: 0, caught: 0, equivalent: 0, survivors: 0 };
      rows.set(name, row);
      row.mutants++;
      row[outcome === 'survivor' ? 'survivors' : outcome]++;
    }
  }
  const all = rows.get('all');
  rows.delete('all');
  const sorted = [...rows].sort(([one], [other]) => (one < other ? -1 : 1));
  const lines = [...sorted, ...(all === undefined ? [] : [['all', all]])].map(
    ([name, row]) => `| ${name} | ${COLUMNS.map((column) => row[column]).join(' | ')} |`,
  );
  const survivors = results.filter(({ outcome }) => outcome === 'survivor');
  return [
    `| file | ${COLUMNS.join(' | ')} |`,
    `|---|${COLUMNS.map(() => '---:|').join('')}`,
    ...lines,
    ...(survivors.length === 0 ? [] : ['', 'Survivors:']),
    ...survivors.map(({ mutant, note }) => `  ${mutant.key}${note === '' ? '' : ` (${note})`}`),
  ].join('\n');
}
