/** A figure for a paper as files, made from the page's own pictures: PNG, PDF, and LaTeX with its pictures in a ZIP. */
import { figureLatex } from '../../figure/latex.ts';
import {
  cutOf,
  type FigurePicture,
  figureLayout,
  labelSize,
  type Outline,
  type PaperFigure,
} from '../../figure/layout.ts';
import { labelMatrix, pdfOf } from '../../figure/pdf.ts';
import { zipOf } from './zip.ts';

/** As of the PDF operator `cm`. */
type Matrix = [a: number, b: number, c: number, d: number, x: number, y: number];

const labelPoints = 8;
const pointsPerMillimeter = 72 / 25.4;
/** Of the PNG, at least, to the inch. */
const dotsPerInch = 300;

export interface FigureOptions {
  /** In millimetres. */
  readonly width: number;
  /** Text -> how it is drawn. */
  readonly labels: Readonly<Record<string, Outline>>;
  srcOf(picture: FigurePicture): string;
  /** Of the LaTeX figure, as are its caption and the command that makes it. */
  readonly name: string;
  readonly caption: string;
  readonly command: string;
}

/** The files that a figure can be had as. */
export type FigureFiles = Readonly<Record<'png' | 'pdf' | 'latex', () => Promise<Blob>>>;

/** @throws DOMException where the browser lets the page not read its pictures */
export async function figureFiles(figure: PaperFigure, options: FigureOptions): Promise<FigureFiles> {
  const { labels, width, srcOf } = options;
  const cuts = new Map<string, HTMLCanvasElement>();
  const cutAt = (row: number, column: number) => cuts.get(`${row} ${column}`)!;
  const aspects: number[] = [];
  for (const [r, { cells }] of figure.rows.entries()) {
    const images = await Promise.all(cells.map((cell) => cell && loaded(srcOf(cell))));
    const result = cells.findIndex((cell) => cell?.kind === 'trial');
    const first = (images[result] ?? images.find((image) => image !== undefined))!;
    const aspect = first.naturalHeight / first.naturalWidth;
    aspects.push(aspect);
    for (const [c, image] of images.entries()) if (image) cuts.set(`${r} ${c}`, cutOut(image, aspect));
  }
  const layout = figureLayout(figure, width * pointsPerMillimeter, labelPoints, aspects);
  const outlineOf = (text: string): Outline => labels[text] ?? { d: '', width: 0, tex: text };

  function png(): Promise<Blob> {
    const widest = Math.max(
      ...layout.pictures.map(({ row, column, picture }) =>
        picture.kind === 'trial' ? cutAt(row, column).width : 0,
      ),
    );
    const scale = Math.max(dotsPerInch / 72, widest / layout.cell);
    const canvas = canvasOf(Math.round(scale * layout.width), Math.round(scale * layout.height));
    const brush = brushOf(canvas);
    brush.fillStyle = '#fff';
    brush.fillRect(0, 0, canvas.width, canvas.height);
    brush.imageSmoothingQuality = 'high';
    for (const { row, column, ...at } of layout.pictures) {
      const px = (length: number) => Math.round(scale * length);
      brush.drawImage(cutAt(row, column), px(at.x), px(at.y), px(at.width), px(at.height));
    }
    brush.fillStyle = '#000';
    for (const { d, matrix } of drawnLabels()) {
      const [a, b, c, e, x, y] = matrix.map((value) => scale * value) as Matrix;
      // The PDF counts upward, a canvas downward.
      brush.setTransform(a, -b, c, -e, x, scale * layout.height - y);
      brush.fill(new Path2D(d));
    }
    return blobOf(canvas, 'image/png');
  }

  async function pdf(): Promise<Blob> {
    const pictures = await Promise.all(
      layout.pictures.map(async ({ row, column, x, y, width: w, height: h }) => {
        const canvas = cutAt(row, column);
        const bytes = await deflated(samplesOf(canvas));
        return {
          x,
          y,
          width: w,
          height: h,
          image: { width: canvas.width, height: canvas.height, filter: 'FlateDecode' as const, bytes },
        };
      }),
    );
    const bytes = pdfOf({ width: layout.width, height: layout.height, pictures, labels: drawnLabels() });
    return new Blob([bytes], { type: 'application/pdf' });
  }

  async function latex(): Promise<Blob> {
    const { name, caption, command } = options;
    const picture = (row: number, column: number) => `${name}/${row + 1}-${column + 1}.png`;
    const text = figureLatex({
      figure,
      tex: (label) => outlineOf(label).tex,
      name,
      caption,
      picture,
      command,
    });
    const files: [string, Uint8Array][] = [[`${name}.tex`, new TextEncoder().encode(text)]];
    for (const { row, column } of layout.pictures) {
      const blob = await blobOf(cutAt(row, column), 'image/png');
      files.push([picture(row, column), new Uint8Array(await blob.arrayBuffer())]);
    }
    return new Blob([zipOf(files)], { type: 'application/zip' });
  }

  function drawnLabels() {
    return layout.labels.map(({ text, room, ...place }) => {
      const outline = outlineOf(text);
      const size = labelSize(outline, labelPoints, room);
      return { d: outline.d, matrix: labelMatrix(place, outline.width, size, layout.height) };
    });
  }

  return { png, pdf, latex };
}

async function loaded(src: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = src;
  await image.decode();
  return image;
}

function canvasOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  return Object.assign(canvas, { width, height });
}

/** The middle of a picture, of the shape of its row, with all of its pixels. */
function cutOut(image: HTMLImageElement, aspect: number): HTMLCanvasElement {
  const { left, top, width, height } = cutOf(image.naturalWidth, image.naturalHeight, aspect);
  const canvas = canvasOf(width, height);
  brushOf(canvas).drawImage(image, -left, -top);
  return canvas;
}

function brushOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const brush = canvas.getContext('2d');
  if (brush === null) throw new Error('this browser draws no pictures');
  return brush;
}

function samplesOf(canvas: HTMLCanvasElement): Uint8Array<ArrayBuffer> {
  const { data } = brushOf(canvas).getImageData(0, 0, canvas.width, canvas.height);
  const samples = new Uint8Array((data.length / 4) * 3);
  for (let i = 0, k = 0; i < data.length; i += 4) {
    samples[k++] = data[i]!;
    samples[k++] = data[i + 1]!;
    samples[k++] = data[i + 2]!;
  }
  return samples;
}

/** As zlib writes it, which is what a PDF reads. */
async function deflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function blobOf(canvas: HTMLCanvasElement, type: string): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) =>
        blob === null ? reject(new Error('the figure is too large for this browser')) : resolve(blob),
      type,
    );
  });
}
