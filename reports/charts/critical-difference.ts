/** Mean ranks over pairs, and what the pairwise tests do not tell apart. */
import type { TopLevelSpec } from 'vega-lite';
import type { Analysis, Comparison, Finding } from '../../metrics/statistics/analysis/analyze.ts';
import { criticalDifference } from '../../metrics/statistics/friedman.ts';
import { number } from '../../src/platform/format.ts';
import { comparedOf, factorName, pValue } from '../words/sentences.ts';
import { type Chart, fileName, type Panel, type Row, unique } from './chart.ts';
import { ink, palette } from './theme.ts';

/**
 * The chart of the declared metric, or of the first of content and of style; undefined below three treatments. Its bars
 * are the same decisions that the tables and sentences tell: Demšar's diagram (2006), but for its Nemenyi test, whose
 * verdict on two treatments depends on all others (Benavoli, Corani & Mangili, JMLR 17, 2016).
 * @param linksOf - where each treatment's mark leads
 */
export function criticalDifferences(
  { comparisons, level }: Analysis,
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
    note: `Mean rank over content/style pairs; 1 is best. A bar at the right joins, by the dots on it, treatments of which the paired tests (Wilcoxon, adjusted after Holm and with Friedman’s test) tell no two apart at the ${Math.round(100 * (1 - level))} % level: the same decisions as in the tables. A mark leads to the picture whose score is nearest to the treatment’s mean.`,
    panels: unique(
      shown.map((finding) => panelOf(finding, comparison, level, linksOf(finding.id, comparison.factor))),
    ),
    legend: [],
  };
}

function panelOf(
  finding: Finding,
  { pairs }: Comparison,
  level: number,
  links: ReadonlyMap<string, string>,
): Panel {
  const { treatments, overall } = comparedOf(finding)!;
  const { meanRanks, groups = [], p, method } = overall!;
  const count = treatments.length;
  const blocks = (finding.pairs ?? pairs).length;
  const order = [...treatments.keys()].sort((a, b) => meanRanks[a]! - meanRanks[b]!);
  const names = order.map((i) => treatments[i]!.name);
  const dots = order.map((i): Row => {
    const { name } = treatments[i]!;
    const href = links.get(name);
    return { treatment: name, rank: meanRanks[i]!, ...(href !== undefined && { href }) };
  });
  const place = (g: number) => count + 0.35 + 0.2 * g;
  // A bar may pass a treatment that is not of its group: only dots are members.
  const members = groups.flatMap((group, g) =>
    group.map((i): Row => ({ x: place(g), treatment: treatments[i]!.name })),
  );
  const bars = groups.map((group, g): Row => {
    const rows = group.map((i) => order.indexOf(i));
    return { x: place(g), from: names[Math.min(...rows)]!, to: names[Math.max(...rows)]! };
  });
  const y = {
    type: 'nominal' as const,
    title: null,
    scale: { domain: names },
    axis: { grid: false, ticks: false, labelPadding: 8, labelColor: ink, labelLimit: 220 },
  };
  const x = {
    type: 'quantitative' as const,
    title: 'mean rank, better ←',
    scale: { domain: [1, place(groups.length)], nice: false, zero: false },
    axis: { grid: true, values: Array.from({ length: count }, (_, i) => i + 1), format: 'd' },
  };
  const spec = {
    height: 26 * count,
    layer: [
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
        mark: { type: 'rule', strokeWidth: 3, strokeCap: 'round', color: ink },
        encoding: { y: { field: 'from', ...y }, y2: { field: 'to' }, x: { field: 'x', ...x } },
      },
      {
        data: { values: members as Row[] },
        mark: { type: 'point', filled: true, size: 50, color: ink, opacity: 1 },
        encoding: { y: { field: 'treatment', ...y }, x: { field: 'x', ...x } },
      },
    ],
  } as TopLevelSpec;
  const joined = groups.map((group) => group.map((i) => treatments[i]!.name).join(', '));
  return {
    name: fileName('critical-difference', finding.label),
    title: finding.label,
    subtitle: `${blocks} pairs · Friedman${method === 'exact' ? ', exact' : ''}: ${pValue(p)}`,
    description: `Mean ranks, best first: ${order.map((i) => `${treatments[i]!.name} ${number(meanRanks[i]!)}`).join(', ')}. ${overall!.groups === undefined ? 'They are too many for bars' : `Not told apart: ${joined.length === 0 ? 'none' : joined.join('; ')}`}.`,
    spec,
    rows: dots.map(({ href: _, ...row }) => ({
      ...row,
      'not told apart from': groups
        .filter((group) => group.some((i) => treatments[i]!.name === row.treatment))
        .flatMap((group) => group.map((i) => treatments[i]!.name))
        .filter((name, i, all) => name !== row.treatment && all.indexOf(name) === i)
        .join(', '),
      'critical difference (Nemenyi)': criticalDifference(count, blocks, 1 - level),
      metric: finding.id,
    })),
  };
}
