import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { inflateSync } from 'node:zlib';
import test from 'ava';
import sharp from 'sharp';
import { figureChoice, figureModel } from '../../../reports/figure/choice.ts';
import { cutOf, figureLayout, paperFigure } from '../../../reports/figure/layout.ts';
import { outlinesOf } from '../../../reports/figure/outlines.ts';
import { labelMatrix, pdfOf } from '../../../reports/figure/pdf.ts';
import { type FigureOptions, writeFigure } from '../../../reports/figure/write.ts';
import { modelOf } from '../../../reports/model.ts';
import { synthetic } from '../_synthetic.ts';

const small = { size: 24, evaluations: 5, variants: ['gram', 'patches', 'fused'], allFine: true } as const;

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'neckar-figure-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function shown(request: FigureOptions) {
  const input = synthetic(small);
  return paperFigure(figureModel(input, modelOf(input)), figureChoice(input, request));
}

test('rows and columns are those named, in the order named, with content and style before them', (t) => {
  const figure = shown({
    rows: 'pair=Harbour x hatching,hillside×swirls',
    columns: 'variant=fused,gram',
    at: ['optimiser=adam'],
  });
  t.deepEqual(figure.columns, ['content', 'style', 'fused', 'gram']);
  t.deepEqual(
    figure.rows.map(({ label }) => label),
    ['harbour × hatching', 'hillside × swirls'],
  );
  t.false(figure.rowLabels, 'a pair is seen');
  const input = synthetic(small);
  for (const { label, cells } of figure.rows) {
    t.deepEqual(
      cells.map((cell) => cell?.kind),
      ['content', 'style', 'trial', 'trial'],
    );
    for (const [c, variant] of [
      [2, 'fused'],
      [3, 'gram'],
    ] as const) {
      const trial = input.trials.find(({ id }) => id === cells[c]!.id)!;
      t.is(`${trial.names.content} × ${trial.names.style}`, label);
      t.is(trial.config.variant, variant);
      t.is(trial.config.optimizer.name, 'adam');
    }
  }
});

test('sources that go with the columns stand above them, one that is the same in all stands before', (t) => {
  const figure = shown({ rows: 'variant', columns: 'style', at: ['content=harbour', 'optimizer=lbfgs'] });
  t.deepEqual(figure.columns, ['content', 'swirls', 'hatching']);
  t.deepEqual(
    figure.rows.map(({ label }) => label),
    ['style', 'gram', 'patches', 'fused'],
  );
  t.deepEqual(
    figure.rows[0]!.cells.map((cell) => cell?.kind),
    [undefined, 'style', 'style'],
  );
  t.true(figure.rowLabels);
  t.deepEqual(shown({ rows: 'variant', columns: 'style', sources: false }).columns, ['swirls', 'hatching']);
});

test('an axis that is asked for takes the place of the report’s own', (t) => {
  const figure = shown({ rows: 'variant=fused' });
  t.is(figure.rows.length - figure.rows.findIndex(({ label }) => label === 'fused'), 1);
});

test('what there is not is said with what there is', (t) => {
  const refused = (request: FigureOptions, message: RegExp) =>
    t.throws(() => shown(request), { name: 'NeckarError', message }, JSON.stringify(request));
  refused(
    { rows: 'varient' },
    /no axis "varient".*variant.*There are: pair, content, style, variant, optimizer/,
  );
  refused({ columns: 'variant=gram,pathces' }, /no value "pathces".*patches/);
  refused({ rows: 'pair', columns: 'style' }, /say the same twice/);
  refused({ at: ['optimizer'] }, /names no value: write optimizer=lbfgs/);
  refused({ at: ['optimizer=lbfgs,adam'] }, /several values/);
});

test('places: equal widths, no overlap, rows as high as their pictures', (t) => {
  const figure = shown({ columns: 'variant' });
  const aspects = [0.5, 1, 1.5, 2];
  const layout = figureLayout(figure, 500, 8, aspects);
  const last = layout.pictures.at(-1)!;
  t.true(Math.abs(last.x + last.width - 500) < 1e-9, 'as wide as was asked for');
  t.true(Math.abs(last.y + last.height - layout.height) < 1e-9);
  for (const one of layout.pictures) {
    t.is(one.width, layout.cell);
    t.true(Math.abs(one.height / one.width - aspects[one.row]!) < 1e-12);
    for (const other of layout.pictures) {
      if (one === other) continue;
      const apart =
        one.x + one.width < other.x ||
        other.x + other.width < one.x ||
        one.y + one.height < other.y ||
        other.y + other.height < one.y;
      t.true(apart);
    }
  }
});

test('a cut is the middle, as large as it can be, of the shape asked for', (t) => {
  t.deepEqual(cutOf(200, 100, 1), { left: 50, top: 0, width: 100, height: 100 });
  t.deepEqual(cutOf(100, 200, 1), { left: 0, top: 50, width: 100, height: 100 });
  t.deepEqual(cutOf(100, 200, 2), { left: 0, top: 0, width: 100, height: 200 });
  t.deepEqual(cutOf(96, 63, 63 / 96), { left: 0, top: 0, width: 96, height: 63 });
});

test('labels are outlines, of scripts that the font has, and as TeX writes them', (t) => {
  const outlines = outlinesOf(['gram', 'ΔE & 50 %', 'мозаика', ' ', '<b>']);
  for (const [label, { d, width }] of outlines) {
    if (label.trim() === '') continue;
    t.regex(d, /^M -?\d+ -?\d+ /, label);
    t.true(width > 0.4 && width < label.length, label);
  }
  t.is(outlines.get(' ')!.d, '');
  t.is(outlines.get('ΔE & 50 %')!.tex, '$\\Delta$E \\& 50 \\%');
});

test('a PDF’s table of objects points at them, its pictures hold their samples', (t) => {
  const bytes = pdfOf({
    width: 100,
    height: 50,
    pictures: [
      {
        x: 10,
        y: 5,
        width: 30,
        height: 20,
        image: { width: 1, height: 1, filter: 'DCTDecode', bytes: Uint8Array.of(1, 200, 255) },
      },
    ],
    labels: [
      { d: 'M 0 0 Q 300 600 600 0 Z', matrix: labelMatrix({ x: 50, y: 10, turned: false }, 1, 8, 50) },
    ],
  });
  const text = Buffer.from(bytes).toString('latin1');
  const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)![1]);
  t.is(text.slice(start, start + 4), 'xref');
  const entries = [...text.slice(start).matchAll(/^(\d{10}) 00000 n $/gm)];
  t.is(entries.length, 5);
  for (const [i, [, offset]] of entries.entries())
    t.true(text.slice(Number(offset)).startsWith(`${i + 1} 0 obj\n`), String(i));
  t.regex(text, /q 30 0 0 20 10 25 cm \/I0 Do Q/, 'from the bottom left');
  // A quadratic curve as the cubic one that is the same (its points two thirds on the way).
  t.regex(text, /0 0 m 200 400 400 400 600 0 c h f/);
  for (const [, length, body] of text.matchAll(/\/Length (\d+) >>\nstream\n([\s\S]*?)\nendstream/g))
    t.is(body!.length, Number(length));
});

test('the files: PNG at its size, PDF with every pixel, LaTeX with its pictures', async (t) => {
  await inFolder(async (folder) => {
    const input = synthetic(small);
    const { files, missing } = await writeFigure(input, folder, {
      rows: 'pair=hillside×swirls,harbour×hatching',
      columns: 'variant=gram,fused',
      width: 84,
      name: 'teaser',
      command: 'neckar figure synthetic',
    });
    t.deepEqual(missing, []);
    t.deepEqual(
      files.map((file) => file.slice(folder.length + 1)).sort(),
      [
        'teaser.pdf',
        'teaser.png',
        'teaser.tex',
        ...[1, 2].flatMap((r) =>
          ['1-content', '2-style', '3', '4'].map((c) => join('teaser', `${r}-${c}.png`)),
        ),
      ].sort(),
    );
    const png = sharp(join(folder, 'teaser.png'));
    const { width, density } = await png.metadata();
    t.is(width, Math.round((84 / 25.4) * 300));
    t.is(density, 300);
    const trial = input.trials.find(
      ({ names, config }) =>
        names.content === 'harbour' &&
        names.style === 'hatching' &&
        config.variant === 'fused' &&
        config.optimizer.name === 'lbfgs',
    )!;
    const truth = await sharp(await input.picture(trial.id, trial.result!.images.final))
      .raw()
      .toBuffer();
    const cut = await sharp(join(folder, 'teaser', '2-4.png'))
      .raw()
      .toBuffer();
    t.deepEqual(cut, truth, 'the result as it is');
    const pdf = await readFile(join(folder, 'teaser.pdf'));
    const streams = [...pdf.toString('latin1').matchAll(/FlateDecode \/Length (\d+) >>\nstream\n/g)];
    t.is(streams.length, 8);
    const last = streams.at(-1)!;
    const at = last.index + last[0].length;
    t.deepEqual(inflateSync(pdf.subarray(at, at + Number(last[1]))), truth, 'all of its pixels');
    const tex = await readFile(join(folder, 'teaser.tex'), 'utf8');
    for (const [, path] of tex.matchAll(/\\includegraphics\[[^\]]*\]\{([^}]*)\}/g))
      t.true(files.includes(join(folder, path!)), path);
    t.is(tex.split('\\begin{').length, tex.split('\\end{').length);
    for (const line of tex.split('\n').filter((one) => one.includes(' & ')))
      t.is(line.split(' & ').length, 4);
    t.regex(tex, /\\small content & \\small style & \\small gram & \\small fused \\\\/);

    // The same again replaces nothing that differs; what somebody changed is not lost.
    await t.notThrowsAsync(writeFigure(input, folder, { ...again, command: 'neckar figure synthetic' }));
    await writeFile(join(folder, 'teaser.tex'), `${tex}% mine\n`);
    await t.throwsAsync(writeFigure(input, folder, { ...again, command: 'neckar figure synthetic' }), {
      name: 'NeckarError',
      message: /teaser\.tex is there already and is different: .*--name.*--force/,
    });
    t.regex(await readFile(join(folder, 'teaser.tex'), 'utf8'), /% mine/);
    await writeFigure(input, folder, { ...again, command: 'neckar figure synthetic', force: true });
    t.notRegex(await readFile(join(folder, 'teaser.tex'), 'utf8'), /% mine/);
  });
});

const again = {
  rows: 'pair=hillside×swirls,harbour×hatching',
  columns: 'variant=gram,fused',
  width: 84,
  name: 'teaser',
};

test('a picture that is not there leaves its place empty and is told of', async (t) => {
  await inFolder(async (folder) => {
    const input = synthetic({ ...small, allFine: false });
    const lost = input.trials.find(({ result }) => result === undefined)!;
    const { missing } = await writeFigure(input, folder, {
      rows: 'pair',
      columns: 'variant',
      at: [`optimizer=${lost.config.optimizer.name}`],
    });
    t.deepEqual(missing, [
      `There is no picture of ${lost.names.content} × ${lost.names.style} by ${lost.config.variant}: its place stays empty.`,
    ]);
    await t.throwsAsync(writeFigure(input, folder, { name: '../figure' }), { message: /cannot be named/ });
    await t.throwsAsync(writeFigure(input, folder, { width: 3 }), {
      message: /3 mm wide: expected 20 to 2000/,
    });
    t.is(basename(folder).startsWith('neckar-figure-'), true);
  });
});
