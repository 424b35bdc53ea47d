/** A figure for a paper as files, made from the page's own pictures: PNG, PDF, and LaTeX with its pictures in a ZIP. */
import { figureLatex } from '../../figure/latex.js';
import { cutOf, figureLayout, labelSize } from '../../figure/layout.js';
import { labelMatrix, pdfOf } from '../../figure/pdf.js';
import { zipOf } from './zip.js';

const labelPoints = 8;
const pointsPerMillimetre = 72 / 25.4;
/** Of the PNG, at least, to the inch. */
const dotsPerInch = 300;

/**
 * @param figure - as `paperFigure` gives it
 * @param options - `width` in millimetres; `labels`, text -> outline; `srcOf(picture)`; and for LaTeX `name`, `caption` and
 *   `command`
 * @returns `png()`, `pdf()` and `latex()`, each a Blob
 * @throws DOMException where the browser lets the page not read its pictures
 */
export async function figureFiles(figure, options) {
  const { labels, width, srcOf } = options;
  const cuts = new Map();
  const aspects = [];
  for (const [r, { cells }] of figure.rows.entries()) {
    const images = await Promise.all(cells.map((cell) => cell && loaded(srcOf(cell))));
    const result = cells.findIndex((cell) => cell?.kind === 'trial');
    const first = images[result] ?? images.find((image) => image !== undefined);
    const aspect = first.naturalHeight / first.naturalWidth;
    aspects.push(aspect);
    for (const [c, image] of images.entries()) if (image) cuts.set(`${r} ${c}`, cutOut(image, aspect));
  }
  const layout = figureLayout(figure, width * pointsPerMillimetre, labelPoints, aspects);
  const outlineOf = (text) => labels[text] ?? { d: '', width: 0, tex: text };

  function png() {
    const widest = Math.max(
      ...layout.pictures.map(({ row, column, picture }) =>
        picture.kind === 'trial' ? cuts.get(`${row} ${column}`).width : 0,
      ),
    );
    const scale = Math.max(dotsPerInch / 72, widest / layout.cell);
    const canvas = canvasOf(Math.round(scale * layout.width), Math.round(scale * layout.height));
    const brush = canvas.getContext('2d');
    brush.fillStyle = '#fff';
    brush.fillRect(0, 0, canvas.width, canvas.height);
    brush.imageSmoothingQuality = 'high';
    for (const { row, column, ...at } of layout.pictures) {
      const [x, y, w, h] = [at.x, at.y, at.width, at.height].map((length) => Math.round(scale * length));
      brush.drawImage(cuts.get(`${row} ${column}`), x, y, w, h);
    }
    brush.fillStyle = '#000';
    for (const { d, matrix } of drawnLabels()) {
      const [a, b, c, e, x, y] = matrix;
      // The PDF counts upward, a canvas downward.
      brush.setTransform(...[a, -b, c, -e, x, layout.height - y].map((value) => scale * value));
      brush.fill(new Path2D(d));
    }
    return blobOf(canvas, 'image/png');
  }

  async function pdf() {
    const pictures = await Promise.all(
      layout.pictures.map(async ({ row, column, x, y, width: w, height: h }) => {
        const canvas = cuts.get(`${row} ${column}`);
        const bytes = await deflated(samplesOf(canvas));
        return {
          x,
          y,
          width: w,
          height: h,
          image: { width: canvas.width, height: canvas.height, filter: 'FlateDecode', bytes },
        };
      }),
    );
    const bytes = pdfOf({ width: layout.width, height: layout.height, pictures, labels: drawnLabels() });
    return new Blob([bytes], { type: 'application/pdf' });
  }

  async function latex() {
    const { name, caption, command } = options;
    const picture = (row, column) => `${name}/${row + 1}-${column + 1}.png`;
    const text = figureLatex({
      figure,
      tex: (label) => outlineOf(label).tex,
      name,
      caption,
      picture,
      command,
    });
    const files = [[`${name}.tex`, new TextEncoder().encode(text)]];
    for (const { row, column } of layout.pictures) {
      const blob = await blobOf(cuts.get(`${row} ${column}`), 'image/png');
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

async function loaded(src) {
  const image = new Image();
  image.src = src;
  await image.decode();
  return image;
}

function canvasOf(width, height) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  return canvas;
}

/** The middle of a picture, of the shape of its row, with all of its pixels. */
function cutOut(image, aspect) {
  const { left, top, width, height } = cutOf(image.naturalWidth, image.naturalHeight, aspect);
  const canvas = canvasOf(width, height);
  canvas.getContext('2d').drawImage(image, -left, -top);
  return canvas;
}

function samplesOf(canvas) {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const samples = new Uint8Array((data.length / 4) * 3);
  for (let i = 0, k = 0; i < data.length; i += 4) {
    samples[k++] = data[i];
    samples[k++] = data[i + 1];
    samples[k++] = data[i + 2];
  }
  return samples;
}

/** As zlib writes it, which is what a PDF reads. */
async function deflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function blobOf(canvas, type) {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) =>
        blob === null ? reject(new Error('the figure is too large for this browser')) : resolve(blob),
      type,
    );
  });
}
