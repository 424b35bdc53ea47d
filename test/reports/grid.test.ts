/** The grid as plain tables, which is what there is without scripts. */
import test from 'ava';
import type { ReportedTrial } from '../../reports/input.ts';
import { scoreColumns } from '../../reports/metrics.ts';
import { modelOf } from '../../reports/model.ts';
import { gridSection } from '../../reports/page/grid.ts';
import { synthetic } from './_synthetic.ts';

/** The tables' cells as texts: of headers their words, of others the trials in them by label. */
function tables(trials: readonly ReportedTrial[]): { title: string; rows: string[][] }[] {
  const input = { ...synthetic({ allFine: true }), trials };
  const { html } = gridSection({
    input,
    model: modelOf(input),
    pictures: { trials: new Map(), sources: new Map() },
    columns: scoreColumns(input),
  });
  const labels = new Map(trials.map(({ id, label }) => [id, label]));
  return html
    .split('class="grid-view"')
    .slice(1)
    .map((part) => ({
      title: /<h3>(.*?)<\/h3>/.exec(part)?.[1] ?? '',
      rows: part
        .split('<tr>')
        .slice(1)
        .map((row) =>
          [...row.matchAll(/<t([hd])[^>]*>(.*?)<\/t\1>/gs)].map(([, kind, cell]) =>
            kind === 'h'
              ? cell!
                  .replace(/<span.*?<\/span>/gs, '')
                  .replace(/<[^>]*>/g, ' ')
                  .trim()
                  .replace(/\s+/g, ' ')
              : [...cell!.matchAll(/data-trial="([^"]*)"/g)].map(([, id]) => labels.get(id!)).join(' & '),
          ),
        ),
    }));
}

const plain = { optimizers: ['lbfgs'], variants: ['gram', 'patches', 'fused'], allFine: true } as const;

test('pairs down, variants across', (t) => {
  const [only, ...others] = tables(synthetic({ ...plain, styles: ['swirls'] }).trials);
  t.deepEqual(others, []);
  t.deepEqual(only, {
    title: '',
    rows: [
      ['', 'gram', 'patches', 'fused'],
      [
        'hillside swirls',
        'hillside×swirls gram lbfgs',
        'hillside×swirls patches lbfgs',
        'hillside×swirls fused lbfgs',
      ],
      [
        'harbour swirls',
        'harbour×swirls gram lbfgs',
        'harbour×swirls patches lbfgs',
        'harbour×swirls fused lbfgs',
      ],
    ],
  });
});

test('weights that variants sweep each for themselves are rows of one table, under the pairs', (t) => {
  // Of each variant but the last, seeds become two weights; its last has one trial.
  const trials = synthetic({ ...plain, styles: ['swirls'], seeds: [0, 1] }).trials.flatMap((trial) => {
    const { variant, seed, swept } = trial.config;
    if (variant === 'fused' && seed === 1) return [];
    const { seed: _, ...others } = swept;
    const own = variant === 'fused' ? {} : { [`losses.${variant}.weight`]: [40, 5][seed] };
    const label = `${trial.names.content} ${variant} ${Object.values(own)[0] ?? ''}`.trim();
    return [{ ...trial, label, config: { ...trial.config, swept: { ...others, ...own } } }];
  });
  const [only, ...others] = tables(trials);
  t.deepEqual(others, []);
  t.deepEqual(only, {
    title: '',
    rows: [
      ['', 'hillside swirls', 'harbour swirls'],
      ['gram gram.weight 5', 'hillside gram 5', 'harbour gram 5'],
      ['gram gram.weight 40', 'hillside gram 40', 'harbour gram 40'],
      ['patches patches.weight 5', 'hillside patches 5', 'harbour patches 5'],
      ['patches patches.weight 40', 'hillside patches 40', 'harbour patches 40'],
      ['fused', 'hillside fused', 'harbour fused'],
    ],
  });
});

test('what all variants share makes a table for each value', (t) => {
  const found = tables(synthetic({ ...plain, optimizers: ['lbfgs', 'adam'] }).trials);
  t.deepEqual(
    found.map(({ title, rows }) => [title, rows.length]),
    [
      ['optimiser: lbfgs', 5],
      ['optimiser: adam', 5],
    ],
  );
});
