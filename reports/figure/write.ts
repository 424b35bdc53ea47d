/** A figure for a paper as files: PNG, PDF, and LaTeX with its pictures. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { messageOf, NeckarError } from '../../src/errors.ts';
import { makeFolders } from '../../src/platform/folders.ts';
import { writeFileAtomically } from '../../src/platform/write.ts';
import type { ReportedTrial, ReportInput } from '../input.ts';
import { modelOf } from '../model.ts';
import { escapeLatex } from '../words/latex.ts';
import { type FigureRequest, figureChoice, figureModel, fixedText } from './choice.ts';
import { figureLatex } from './latex.ts';
import {
  cutOf,
  type FigureLayout,
  type FigurePicture,
  figureLayout,
  labelSize,
  type Outline,
  type PaperFigure,
  paperFigure,
} from './layout.ts';
import { outlinesOf } from './outlines.ts';
import { labelMatrix, type PdfImage, pdfOf } from './pdf.ts';

export interface FigureOptions extends FigureRequest {
  /** Of the files; default `figure`. */
  readonly name?: string;
  /** On paper, in millimetres; default 174, two columns of most journals. */
  readonly width?: number;
  /** Replace files of that name which are there and different. Default: refuse. */
  readonly force?: boolean;
  /** The command that makes it again, for the LaTeX file's comment. */
  readonly command?: string;
}

const pointsPerMillimeter = 72 / 25.4;
/** Height of letters on paper, in points, as captions are set. */
const labelPoints = 8;
/** Of the PNG: at least this many dots to the inch. */
const dotsPerInch = 300;
/** Beyond so many pixels in all, a PDF of lossless pictures would be too large to send. */
const losslessPixels = 12e6;

/** A cell's picture: its samples, cut to the shape of its row. */
interface Cut {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/**
 * Writes `<name>.png`, `<name>.pdf`, `<name>.tex` and, for the last, the cut pictures in `<name>/`. Results have all of
 * their pixels in the PDF and beside the LaTeX file; the PNG has at least 300 dots to the inch of the printed width and
 * makes no result smaller than it is.
 *
 * @param folder - made where it is not there
 * @returns the files, and a sentence for each picture that is missing
 * @throws NeckarError for axes and values that there are not, a figure without any picture, and files in the way
 */
export async function writeFigure(
  input: ReportInput,
  folder: string,
  options: FigureOptions = {},
): Promise<{ files: string[]; missing: string[] }> {
  const { name = 'figure', width = 174 } = options;
  if (!/^[\w.-]+$/.test(name))
    throw new NeckarError(`A figure cannot be named "${name}": use letters, digits, - _ and .`);
  if (!(width >= 20 && width <= 2000))
    throw new NeckarError(`A figure cannot be ${width} mm wide: expected 20 to 2000`);
  const choice = figureChoice(input, options);
  const model = modelOf(input);
  const figure = paperFigure(figureModel(input, model), choice);
  if (figure.rows.length === 0)
    throw new NeckarError(
      `No finished trial has what the figure shows${fixedText(model, choice) === '' ? '' : ` (${fixedText(model, choice)})`}: choose other rows, columns or --at.`,
    );

  const { cuts, aspects, missing } = await cutPictures(input, figure);
  const points = width * pointsPerMillimeter;
  const outlines = outlinesOf([...figure.columns, ...figure.rows.map(({ label }) => label)]);
  const layout = figureLayout(figure, points, labelPoints, aspects);
  const fileOf = (row: number, column: number) => {
    const { kind } = figure.rows[row]!.cells[column]!;
    return `${row + 1}-${column + 1}${kind === 'trial' ? '' : `-${kind}`}.png`;
  };
  const files = new Map<string, string | Uint8Array>();
  for (const { row, column } of layout.pictures) {
    const { data, ...raw } = cuts.get(`${row} ${column}`)!;
    const png = sharp(data, { raw: { ...raw, channels: 3 } }).png({ compressionLevel: 9 });
    files.set(join(name, fileOf(row, column)), await png.toBuffer());
  }
  files.set(`${name}.png`, await asPng(layout, cuts, outlines));
  files.set(`${name}.pdf`, await asPdf(layout, cuts, outlines));
  files.set(
    `${name}.tex`,
    figureLatex({
      figure,
      tex: escapeLatex,
      name,
      caption: escapeLatex(captionOf(input, model, choice)),
      picture: (row, column) => `${name}/${fileOf(row, column)}`,
      command: options.command ?? 'neckar figure',
    }),
  );
  if (!options.force) await refuseOverwriting(folder, files);
  await makeFolders(join(folder, name));
  const written: string[] = [];
  for (const [path, bytes] of files) {
    await writeFileAtomically(join(folder, path), typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    written.push(join(folder, path));
  }
  return { files: written, missing };
}

function captionOf(
  input: ReportInput,
  model: ReturnType<typeof modelOf>,
  choice: ReturnType<typeof figureChoice>,
): string {
  const label = (key: string) => model.axes.find((axis) => axis.key === key)!.label;
  const fixed = fixedText(model, choice);
  return `${input.title ?? input.name}: ${label(choice.rows.key)} by ${label(choice.columns.key)}${fixed === '' ? '' : ` (${fixed})`}.`;
}

/** Every cell's picture; a row has the shape of its first result. */
async function cutPictures(
  input: ReportInput,
  figure: PaperFigure,
): Promise<{ cuts: Map<string, Cut>; aspects: number[]; missing: string[] }> {
  const byId = new Map(input.trials.map((trial) => [trial.id, trial]));
  const cuts = new Map<string, Cut>();
  const missing: string[] = [];
  const aspects: number[] = [];
  for (const [r, { label, cells }] of figure.rows.entries()) {
    const first = cells.find((cell) => cell?.kind === 'trial') ?? cells.find((cell) => cell !== undefined)!;
    const { width, height } = byId.get(first.id)!.result!.images;
    const aspect = height / width;
    aspects.push(aspect);
    for (const [c, cell] of cells.entries()) {
      if (cell === undefined) continue;
      const trial = byId.get(cell.id)!;
      try {
        cuts.set(`${r} ${c}`, await cut(await bytesOf(input, trial, cell), aspect));
      } catch (thrown) {
        throw new NeckarError(
          `The ${cell.kind === 'trial' ? 'picture' : cell.kind} of ${trial.label} cannot be read: ${messageOf(thrown)}`,
          { cause: thrown, exitCode: 1 },
        );
      }
    }
    if (first.kind !== 'trial') continue;
    for (const [c, column] of figure.columns.entries()) {
      if (c >= figure.before && cells[c] === undefined)
        missing.push(`There is no picture of ${label} by ${column}: its place stays empty.`);
    }
  }
  return { cuts, aspects, missing };
}

function bytesOf(input: ReportInput, trial: ReportedTrial, { kind }: FigurePicture): Promise<Uint8Array> {
  return kind === 'trial'
    ? input.picture(trial.id, trial.result!.images.final)
    : input.source(trial.id, kind);
}

async function cut(bytes: Uint8Array, aspect: number): Promise<Cut> {
  const upright = sharp(bytes)
    .autoOrient()
    .toColorspace('srgb')
    .flatten({ background: '#ffffff' })
    .removeAlpha();
  const { data, info } = await upright.raw().toBuffer({ resolveWithObject: true });
  const raw = { width: info.width, height: info.height, channels: info.channels };
  const { data: out, info: size } = await sharp(data, { raw })
    .toColorspace('srgb')
    .extract(cutOf(info.width, info.height, aspect))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const rgb = size.channels === 3 ? out : Buffer.from([...out].flatMap((value) => [value, value, value]));
  return { data: rgb, width: size.width, height: size.height };
}

async function asPng(
  layout: FigureLayout,
  cuts: ReadonlyMap<string, Cut>,
  outlines: ReadonlyMap<string, Outline>,
): Promise<Buffer> {
  const results = layout.pictures.filter(({ picture }) => picture.kind === 'trial');
  const widest = Math.max(...results.map(({ row, column }) => cuts.get(`${row} ${column}`)!.width));
  const scale = Math.max(dotsPerInch / 72, widest / layout.cell);
  const px = (length: number) => Math.max(1, Math.round(scale * length));
  const [width, height] = [px(layout.width), px(layout.height)];
  const pictures = await Promise.all(
    layout.pictures.map(async ({ row, column, ...place }) => {
      const { data, ...size } = cuts.get(`${row} ${column}`)!;
      const sized = { width: px(place.width), height: px(place.height), channels: 3 as const };
      const input = await sharp(data, { raw: { ...size, channels: 3 } })
        .resize(sized.width, sized.height, { fit: 'fill', kernel: 'lanczos3' })
        .raw()
        .toBuffer();
      return { input, raw: sized, left: Math.round(scale * place.x), top: Math.round(scale * place.y) };
    }),
  );
  const labels = layout.labels.map(({ text, room, ...place }) => {
    const outline = outlines.get(text)!;
    const [a, b, c, d, e, f] = labelMatrix(
      place,
      outline.width,
      labelSize(outline, labelPoints, room),
      layout.height,
    );
    // The PDF counts upward, a drawing downward.
    const down = [a!, -b!, c!, -d!, e!, layout.height - f!].map((value) => scale * value);
    return `<path transform="matrix(${down.join(' ')})" d="${outline.d}"/>`;
  });
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${labels.join('')}</svg>`;
  return await sharp({ create: { width, height, channels: 3, background: '#ffffff' } })
    .composite([...pictures, { input: Buffer.from(drawing), left: 0, top: 0 }])
    .png({ compressionLevel: 9 })
    .withDensity(72 * scale)
    .toBuffer();
}

async function asPdf(
  layout: FigureLayout,
  cuts: ReadonlyMap<string, Cut>,
  outlines: ReadonlyMap<string, Outline>,
): Promise<Uint8Array> {
  const pixels = [...cuts.values()].reduce((sum, { width, height }) => sum + width * height, 0);
  const pictures = await Promise.all(
    layout.pictures.map(async ({ row, column, x, y, width, height }) => ({
      x,
      y,
      width,
      height,
      image: await pdfImage(cuts.get(`${row} ${column}`)!, pixels <= losslessPixels),
    })),
  );
  const labels = layout.labels.map(({ text, room, ...place }) => {
    const outline = outlines.get(text)!;
    const size = labelSize(outline, labelPoints, room);
    return { d: outline.d, matrix: labelMatrix(place, outline.width, size, layout.height) };
  });
  return pdfOf({ width: layout.width, height: layout.height, pictures, labels });
}

async function pdfImage({ data, width, height }: Cut, lossless: boolean): Promise<PdfImage> {
  if (lossless) return { width, height, filter: 'FlateDecode', bytes: deflateSync(data, { level: 9 }) };
  const jpeg = sharp(data, { raw: { width, height, channels: 3 } }).jpeg({
    quality: 95,
    chromaSubsampling: '4:4:4',
  });
  return { width, height, filter: 'DCTDecode', bytes: await jpeg.toBuffer() };
}

/** Somebody may have changed the caption since. */
async function refuseOverwriting(
  folder: string,
  files: ReadonlyMap<string, string | Uint8Array>,
): Promise<void> {
  for (const [path, bytes] of files) {
    const there = await readFile(join(folder, path)).catch(() => undefined);
    if (there === undefined || there.equals(Buffer.from(bytes as Uint8Array))) continue;
    throw new NeckarError(
      `${join(folder, path)} is there already and is different: name another with --name, another folder with --output, or replace it with --force.`,
    );
  }
}
