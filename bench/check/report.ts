import { type Finding, isBad } from './compare.js';
import { MEASURES } from './counts.js';

/** The findings as a table: all of them, or those that are not as they were kept. */
export function tableOf(findings: readonly Finding[], all: boolean): readonly string[] {
  const rows = findings.filter(({ verdict }) => all || verdict !== 'same').map(rowOf);
  if (rows.length === 0) return [];
  return [`${'kept'.padStart(12)}${'now'.padStart(12)}${'change'.padStart(9)}`, ...rows];
}

/** One sentence for everything that is not as it was. */
export function summaryOf(findings: readonly Finding[]): readonly string[] {
  const of = (verdict: Finding['verdict']) => findings.filter((finding) => finding.verdict === verdict);
  const bad = findings.filter(isBad);
  const lines = bad.map((finding) => `WORSE: ${nameOf(finding)}: ${changeOf(finding)}`);
  const better = of('better').map((finding) => `better: ${nameOf(finding)}: ${changeOf(finding)}`);
  const others = of('not comparable').length;
  if (others > 0)
    better.push(`${others} counts were not compared: they were kept on another machine or Node`);
  if (of('new').length > 0) better.push(`${of('new').length} counts are kept nowhere yet`);
  const verdict =
    bad.length > 0
      ? `${bad.length} of ${findings.length} counts are worse than kept`
      : `none of ${findings.length} counts is worse than kept`;
  return [...lines, ...better, `check: ${verdict}`];
}

function rowOf(finding: Finding): string {
  const { kept, now, verdict } = finding;
  const mark = isBad(finding) ? '  WORSE' : verdict === 'same' ? '' : `  ${verdict}`;
  const figures = [shown(finding, kept), shown(finding, now)].map((figure) => figure.padStart(12)).join('');
  return `${figures}${changed(finding).padStart(9)}  ${nameOf(finding)}${mark}`;
}

function nameOf({ work, measure }: Finding): string {
  return `${work}: ${MEASURES[measure]?.title}`;
}

function changeOf(finding: Finding): string {
  const { kept, now, verdict } = finding;
  if (verdict === 'missing') return `${shown(finding, kept)} were kept, and nothing was counted`;
  const change = changed(finding);
  return `${shown(finding, now)} instead of ${shown(finding, kept)}${change === '' ? '' : ` (${change})`}`;
}

function changed({ kept, now }: Finding): string {
  if (kept === undefined || now === undefined || kept === 0 || kept === now) return '';
  if (now > 10 * kept) return `${Math.round(now / kept)} times`;
  const percent = (now / kept - 1) * 100;
  return Math.abs(percent) < 0.05 ? '' : `${percent > 0 ? '+' : ''}${percent.toFixed(1)} %`;
}

function shown({ measure }: Finding, value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(MEASURES[measure]?.decimals);
}
