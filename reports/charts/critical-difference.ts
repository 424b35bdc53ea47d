/** Mean ranks over pairs, and what they do not tell apart (Demšar 2006). */
import type { TopLevelSpec } from 'vega-lite';
import type { Analysis, Comparison, Finding } from '../../metrics/statistics/analysis/analyse.ts';
import { number } from '../format.ts';
import { comparedOf, factorName, probability } from '../words/sentences.ts';
import { type Chart, fileName, type Panel, type Row, unique } from './chart.ts';
import { faint, ink, palette } from './theme.ts';

/**
 * The chart of the declared metric, or of the first of content and of style; undefined below three treatments.
 * @param linksOf - where each treatment's mark leads
 */
export function criticalDifferences(
  { comparisons }: Analysis,
  linksOf: (metric: string, factor: string) => ReadonlyMap<string, string> = () => new Map(),
): Chart | undefined {
  const [comparison] = comparisons;
  if (comparison === undefined) return undefined;
  const ranked = comparison.findings.filter((finding) => comparedOf(finding)?.overall !== undefined);
  const primary = ranked.filter(({ role }) => role === 'primary');
  const firsts = (['content', 'style'] as const).flatMap(
    (purpose) => ranked.find((finding) => finding.purpose === purpose) ?? [],
  );
  const shown = primary.length > 0 ? primary : firsts;
  if (shown.length === 0) return undefined;
  return {
    name: 'critical-difference',
    title: `Ranks of ${factorName(comparison.factor)}`,
    note: 'Mean rank over content/style pairs; 1 is best. A bar at the right joins what Nemenyi’s test cannot tell apart at the 5 % level: mean ranks nearer to each other than the critical difference, whose length is drawn on top. A mark leads to the picture whose score is nearest to the treatment’s mean.',
    panels: unique(
      shown.map((finding) => panelOf(finding, comparison, linksOf(finding.id, comparison.factor))),
    ),
    legend: [],
  };
}

const scaleRow = 'critical difference';

function panelOf(finding: Finding, { pairs }: Comparison, links: ReadonlyMap<string, string>): Panel {
  const { treatments, overall } = comparedOf(finding)!;
  const { meanRanks, criticalDifference, groups, p } = overall!;
  const count = treatments.length;
  const order = [...treatments.keys()].sort((a, b) => meanRanks[a]! - meanRanks[b]!);
  const names = order.map((i) => treatments[i]!.name);
  const dots = order.map((i): Row => {
    const { name } = treatments[i]!;
    const href = links.get(name);
    return { treatment: name, rank: meanRanks[i]!, ...(href !== undefined && { href }) };
  });
  // Groups follow each other in the order of ranks, so that each is a stretch of rows.
  const bars = groups.flatMap((group, g): Row[] => {
    const rows = group.map((i) => order.indexOf(i));
    const x = count + 0.35 + 0.2 * g;
    return [{ x, from: names[Math.min(...rows)]!, to: names[Math.max(...rows)]! }];
  });
  const y = {
    type: 'nominal' as const,
    title: null,
    scale: { domain: [scaleRow, ...names] },
    axis: { grid: false, ticks: false, labelPadding: 8, labelColor: ink, labelLimit: 220 },
  };
  const right = count + 0.35 + 0.2 * groups.length;
  const x = {
    type: 'quantitative' as const,
    title: 'mean rank, better ←',
    scale: {
      domain: [Math.min(1, right), Math.max(right, 1 + criticalDifference)],
      nice: false,
      zero: false,
    },
    axis: { grid: true, values: Array.from({ length: count }, (_, i) => i + 1), format: 'd' },
  };
  const spec = {
    height: 26 * (count + 1),
    layer: [
      {
        data: { values: [{ treatment: scaleRow, from: 1, to: 1 + criticalDifference }] },
        mark: { type: 'rule', strokeWidth: 3, color: faint },
        encoding: { y: { field: 'treatment', ...y }, x: { field: 'from', ...x }, x2: { field: 'to' } },
      },
      {
        data: { values: dots as Row[] },
        mark: { type: 'point', filled: true, size: 70, color: palette[0], opacity: 1 },
        encoding: {
          y: { field: 'treatment', ...y },
          x: { field: 'rank', ...x },
          ...(links.size > 0 ? { href: { field: 'href', type: 'nominal' } } : {}),
        },
      },
      {
        data: { values: bars as Row[] },
        mark: { type: 'rule', strokeWidth: 4, strokeCap: 'round', color: ink },
        encoding: { y: { field: 'from', ...y }, y2: { field: 'to' }, x: { field: 'x', ...x } },
      },
    ],
  } as TopLevelSpec;
  const joined = groups.map((group) => group.map((i) => treatments[i]!.name).join(', '));
  return {
    name: fileName('critical-difference', finding.label),
    title: finding.label,
    subtitle: `${(finding.pairs ?? pairs).length} pairs · Friedman p = ${probability(p)}`.replace('= <', '<'),
    description: `Mean ranks, best first: ${order.map((i) => `${treatments[i]!.name} ${number(meanRanks[i]!)}`).join(', ')}. Critical difference ${number(criticalDifference)}. Not told apart: ${joined.length === 0 ? 'none' : joined.join('; ')}.`,
    spec,
    rows: dots.map(({ href: _, ...row }) => ({
      ...row,
      'critical difference': criticalDifference,
      metric: finding.id,
    })),
  };
}
