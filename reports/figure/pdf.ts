/**
 * A PDF of one page with pictures and outlines (ISO 32000-1): what a figure of a paper needs. Labels are drawn, not set, so
 * that no font is to be embedded; every picture keeps all of its pixels.
 */

/** A picture's samples as a PDF takes them: deflated RGB (zlib), or a whole JPEG. */
export interface PdfImage {
  readonly width: number;
  readonly height: number;
  readonly filter: 'FlateDecode' | 'DCTDecode';
  readonly bytes: Uint8Array;
}

export interface PdfFigure {
  /** In points, 72 to the inch. */
  readonly width: number;
  readonly height: number;
  /** Places in points from the top left. */
  readonly pictures: readonly {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly image: PdfImage;
  }[];
  /** `d`: an SVG path of absolute M, L, Q, C and Z; `matrix`: as of the operator `cm`. */
  readonly labels: readonly { readonly d: string; readonly matrix: readonly number[] }[];
}

/** The bytes of the file of a figure. It names no author, no program, no date. */
export function pdfOf({ width, height, pictures, labels }: PdfFigure): Uint8Array<ArrayBuffer> {
  const objects: { readonly head: string; readonly bytes: Uint8Array | undefined }[] = [];
  const add = (head: string, bytes?: Uint8Array) => objects.push({ head, bytes });
  const images = pictures.map((_, i) => `/I${i} ${5 + i} 0 R`).join(' ');
  const drawing = [
    ...pictures.map(
      ({ x, y, width: w, height: h }, i) =>
        `q ${n(w)} 0 0 ${n(h)} ${n(x)} ${n(height - y - h)} cm /I${i} Do Q`,
    ),
    '0 g',
    ...labels.map(({ d, matrix }) => `q ${p(matrix)} cm ${operators(d)} f Q`),
  ].join('\n');
  add('<< /Type /Catalog /Pages 2 0 R >>');
  add('<< /Type /Pages /Kids [3 0 R] /Count 1 >>');
  add(
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${n(width)} ${n(height)}] /Contents 4 0 R /Resources << /XObject << ${images} >> >> >>`,
  );
  add('', ascii(drawing));
  for (const { image } of pictures) {
    add(
      `/Type /XObject /Subtype /Image /Width ${image.width} /Height ${image.height} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /${image.filter}`,
      image.bytes,
    );
  }

  const parts: Uint8Array[] = [ascii('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n')];
  let length = parts[0]!.length;
  const push = (bytes: Uint8Array) => {
    parts.push(bytes);
    length += bytes.length;
  };
  const offsets = objects.map(({ head, bytes }, i) => {
    const offset = length;
    if (bytes === undefined) push(ascii(`${i + 1} 0 obj\n${head}\nendobj\n`));
    else {
      push(ascii(`${i + 1} 0 obj\n<< ${head} /Length ${bytes.length} >>\nstream\n`));
      push(bytes);
      push(ascii('\nendstream\nendobj\n'));
    }
    return offset;
  });
  const start = length;
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  push(
    ascii(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`,
    ),
  );
  const whole = new Uint8Array(length);
  let at = 0;
  for (const bytes of parts) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}

/** Where a label's outline goes: its letters `size` high, its middle at (x, y) from the page's top left. */
export function labelMatrix(
  { x, y, turned }: { readonly x: number; readonly y: number; readonly turned: boolean },
  width: number,
  size: number,
  pageHeight: number,
): number[] {
  const half = (size * width) / 2;
  // Letters without descenders are about 0.73 high; their middle is the label's.
  const drop = 0.36 * size;
  const [px, py] = turned ? [x + drop, pageHeight - y - half] : [x - half, pageHeight - y - drop];
  const unit = size / 1000;
  return turned ? [0, unit, unit, 0, px, py] : [unit, 0, 0, -unit, px, py];
}

/** An SVG path of M, L, Q, C and Z as the operators of a PDF, in which quadratic curves are cubic ones. */
function operators(d: string): string {
  const out: string[] = [];
  let [cx, cy] = [0, 0];
  for (const [, letter, rest] of d.matchAll(/([MLQCZ])([^MLQCZ]*)/g)) {
    const v =
      rest!.trim() === ''
        ? []
        : rest!
            .trim()
            .split(/[\s,]+/)
            .map(Number);
    if (letter === 'M') out.push(`${p(v)} m`);
    else if (letter === 'L') out.push(`${p(v)} l`);
    else if (letter === 'C') out.push(`${p(v)} c`);
    else if (letter === 'Q') {
      const [qx, qy, x, y] = v as [number, number, number, number];
      const third = (from: number, to: number) => from + (2 * (to - from)) / 3;
      out.push(`${p([third(cx, qx), third(cy, qy), third(x, qx), third(y, qy), x, y])} c`);
    } else out.push('h');
    if (v.length > 0) [cx, cy] = v.slice(-2) as [number, number];
  }
  return out.join(' ');
}

function p(values: readonly number[]): string {
  return values.map((value) => String(Math.round(value * 1e6) / 1e6)).join(' ');
}

function n(value: number): string {
  return String(Math.round(value * 1e3) / 1e3);
}

/** Characters up to 255, a byte each. */
function ascii(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
