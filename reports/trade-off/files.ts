/** The trade-off as files: lines of Markdown, a LaTeX table, CSV and JSON. */
import { type CsvRow, toCsv } from '../../src/platform/csv.ts';
import type { ReportInput } from '../input.ts';
import { escapeLatex, slug } from '../words/latex.ts';
import { table, text } from '../words/markdown-text.ts';
import { type TradeOff, trainedHere } from './numbers.ts';
import { firstSpread, withShare } from './pay-off.ts';
import {
  type Cell,
  classNames,
  type LabeledRow,
  payOffNote,
  payOffRows,
  secondsNote,
  sectionTitle,
  sentences,
  tableRows,
} from './words.ts';

/** A section of the summary. */
export function tradeOffLines(tradeOff: TradeOff | undefined): string[] {
  if (tradeOff === undefined) return [];
  const { ways, level } = tradeOff;
  const payOffs = payOffRows(tradeOff);
  const cell = ({ main, beside }: Cell) =>
    text(beside === undefined ? main : beside.startsWith('[') ? `${main} ${beside}` : `${main} (${beside})`);
  const line = ({ label, better, cells }: LabeledRow) => [
    `${text(label)}${better === undefined ? '' : better === 'higher' ? ' ↑' : ' ↓'}`,
    ...cells.map(cell),
  ];
  return [
    `## ${sectionTitle}`,
    '',
    ...sentences(tradeOff).flatMap((sentence) => [text(sentence), '']),
    `Means over ${ways[0]!.pairs} pairs with their ${Math.round(100 * level)} % intervals; ↑ higher is better, ↓ lower is better. ${secondsNote}`,
    '',
    ...table([['', ...ways.map(({ name }) => text(name))], ...tableRows(tradeOff).map(line)]),
    '',
    ...(payOffs.rows.length === 0
      ? []
      : [
          '### After how many pictures a training has paid off',
          '',
          text(payOffNote),
          '',
          ...table([
            ['Pictures of', ...payOffs.against.map((name) => text(`against ${name}`))],
            ...payOffs.rows.map(line),
          ]),
          '',
        ]),
  ];
}

/** A `table` environment (packages booktabs and amsmath), the pay-offs below the other rows. */
export function tradeOffLatex(tradeOff: TradeOff, input: ReportInput): string {
  const { ways, level } = tradeOff;
  const payOffs = payOffRows(tradeOff);
  const line = ({ label, better, cells }: LabeledRow) => {
    const arrow = better === undefined ? '' : `~$\\${better === 'higher' ? 'uparrow' : 'downarrow'}$`;
    const all = [`\\raggedright\\hangindent1em ${tex(label)}${arrow}`, ...cells.map(texCell)];
    return `    ${all.join(' & ')} \\\\\\addlinespace[3pt]`;
  };
  const across = payOffs.rows.map((row) => ({
    ...row,
    label: `Training of ${row.label} paid off after (pictures)`,
    cells: ways.map(({ name }) => row.cells[payOffs.against.indexOf(name)] ?? { main: '' }),
  }));
  const remarks = sentences(tradeOff).map((sentence) => `% ${sentence.replaceAll('\n', ' ')}`);
  return `${[
    `% Needs \\usepackage{booktabs} and \\usepackage{amsmath}. Made by: ${input.command.replaceAll('\n', ' ')}`,
    ...remarks,
    '\\begin{table}',
    '  \\centering\\small\\setlength{\\tabcolsep}{4pt}',
    '  \\def\\cell#1#2{\\begin{tabular}[t]{@{}c@{}}#1\\\\{\\scriptsize #2}\\end{tabular}}',
    `  \\caption{${tex(input.title ?? input.name)}: costs and quality, means over ${ways[0]!.pairs} pairs with ${Math.round(100 * level)}\\,\\% intervals. ${tex(secondsNote)}}`,
    `  \\label{tab:${slug(input.name)}-trade-off}`,
    `  \\begin{tabular}{p{0.26\\linewidth}${'c'.repeat(ways.length)}}`,
    '    \\toprule',
    `    & ${ways.map(({ name }) => tex(name)).join(' & ')} \\\\`,
    '    \\midrule',
    ...tableRows(tradeOff).map(line),
    ...(across.length === 0 ? [] : ['    \\midrule', ...across.map(line)]),
    '    \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
  ].join('\n')}\n`;
}

function texCell({ main, beside }: Cell): string {
  return beside === undefined ? tex(main) : `\\cell{${tex(main)}}{${tex(beside)}}`;
}

function tex(words: string): string {
  const powers = words.replace(/ × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g, (_, digits: string) => `e${plainDigits(digits)}`);
  return escapeLatex(powers).replaceAll('\u202f', '\\,').replaceAll('…', '\\dots{}');
}

function plainDigits(digits: string): string {
  return [...digits].map((char) => (char === '⁻' ? '-' : '⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(char))).join('');
}

/** One line for each way; what is unknown or does not compare is left empty. */
export function tradeOffCsv(tradeOff: TradeOff): string {
  const { ways, payOffs, metrics, people, level } = tradeOff;
  const slower = ways.filter((_, k) => payOffs.some(({ slow }) => slow === k));
  return toCsv(
    ways.map((way, i): CsvRow => {
      const { seconds, network, styles } = way;
      const training = trainedHere(way);
      const quality = metrics.map(({ id }) => {
        const found = way.quality.get(id);
        return bounded(id, found?.estimate, found?.method === 'alike' ? undefined : found);
      });
      const paid = slower.map((slow) => {
        const found = payOffs.find((one) => one.fast === i && ways[one.slow] === slow);
        return paidColumns(`pictures to pay off against ${slow.name}`, found?.outcome);
      });
      return {
        way: way.name,
        class: classNames[way.class],
        pairs: way.pairs,
        ...bounded('seconds a picture', seconds?.estimate, seconds?.method === 'alike' ? undefined : seconds),
        'trials timed beside others': way.shared,
        'where timed': way.timedOn.join('; '),
        [`seconds with training over ${firstSpread}`]:
          seconds && withShare(seconds.estimate, training?.seconds ?? 0, firstSpread),
        training: network?.training.kind ?? 'none',
        'networks trained': training?.networks,
        'seconds of training, a network': training?.seconds,
        'seconds of training, a style':
          training && typeof styles === 'number' ? training.seconds / styles : undefined,
        'training timed beside others': training?.shared,
        'where trained': training?.machines.join('; '),
        'training steps': training?.steps,
        'training crops': training?.pictures,
        'training files': training?.files,
        'styles a network': styles,
        parameters: network?.parameters[0],
        'most parameters': network?.parameters[1],
        'file bytes': network?.bytes[0],
        'most file bytes': network?.bytes[1],
        'peak memory': way.memory,
        ...Object.assign({}, ...quality),
        ...(people && bounded(`people, ${people.question}`, way.people?.value, way.people)),
        ...Object.assign({}, ...paid),
        level,
      };
    }),
  );
}

/** A column with its interval's two. */
function bounded(
  column: string,
  value: number | undefined,
  interval: { readonly low: number; readonly high: number } | undefined,
): CsvRow {
  return { [column]: value, [`${column} low`]: interval?.low, [`${column} high`]: interval?.high };
}

function paidColumns(column: string, outcome: TradeOff['payOffs'][number]['outcome'] | undefined): CsvRow {
  if (outcome === undefined || 'refused' in outcome) return bounded(column, undefined, undefined);
  if (outcome.kind === 'after') return bounded(column, outcome.pictures, outcome);
  return { ...bounded(column, 0, undefined), ...(outcome.kind === 'never' && { [column]: 'never' }) };
}

/** Everything with full digits; `null` where an interval has no end. */
export function tradeOffJson(tradeOff: TradeOff): string {
  const { ways, payOffs, metrics, people, leftOut, level } = tradeOff;
  const written = {
    level,
    pairsLeftOut: leftOut,
    metrics: metrics.map(({ id, label, better, unit }) => ({ id, label, better, unit })),
    ...(people && { people }),
    ways: ways.map(({ trials, quality, seconds, ...way }) => ({
      ...way,
      className: classNames[way.class],
      trials: trials.map(({ id }) => id),
      ...(seconds && { seconds }),
      quality: Object.fromEntries(quality),
    })),
    payOffs: payOffs.map(({ fast, slow, outcome }) => ({
      way: ways[fast]!.name,
      against: ways[slow]!.name,
      ...('refused' in outcome ? outcome : { ...outcome }),
    })),
  };
  return `${JSON.stringify(written, undefined, 2)}\n`;
}
