/**
 * A PDF of one page with pictures and outlines (ISO 32000-1): what a figure of a paper needs. Labels are drawn, not set, so
 * that no font is to be embedded; every picture keeps all of its pixels.
 */

/** A figure of a layout as a PDF; see pdf.d.ts. */
export function pdfOf({ width, height, pictures, labels }) {
  const objects = [];
  const add = (head, bytes) => objects.push({ head, bytes });
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

  const parts = [ascii('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n')];
  let length = parts[0].length;
  const push = (bytes) => {
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
export function labelMatrix({ x, y, turned }, width, size, pageHeight) {
  const half = (size * width) / 2;
  // Letters without descenders are about 0.73 high; their middle is the label's.
  const drop = 0.36 * size;
  const [px, py] = turned ? [x + drop, pageHeight - y - half] : [x - half, pageHeight - y - drop];
  const unit = size / 1000;
  return turned ? [0, unit, unit, 0, px, py] : [unit, 0, 0, -unit, px, py];
}

/** An SVG path of M, L, Q, C and Z as the operators of a PDF, in which quadratic curves are cubic ones. */
function operators(d) {
  const out = [];
  let [cx, cy] = [0, 0];
  for (const [, letter, rest] of d.matchAll(/([MLQCZ])([^MLQCZ]*)/g)) {
    const v =
      rest.trim() === ''
        ? []
        : rest
            .trim()
            .split(/[\s,]+/)
            .map(Number);
    if (letter === 'M') out.push(`${p(v)} m`);
    else if (letter === 'L') out.push(`${p(v)} l`);
    else if (letter === 'C') out.push(`${p(v)} c`);
    else if (letter === 'Q') {
      const [qx, qy, x, y] = v;
      const third = (from, to) => from + (2 * (to - from)) / 3;
      out.push(`${p([third(cx, qx), third(cy, qy), third(x, qx), third(y, qy), x, y])} c`);
    } else out.push('h');
    if (v.length > 0) [cx, cy] = v.slice(-2);
  }
  return out.join(' ');
}

function p(values) {
  return values.map((value) => String(Math.round(value * 1e6) / 1e6)).join(' ');
}

function n(value) {
  return String(Math.round(value * 1e3) / 1e3);
}

/** Characters up to 255, a byte each. */
function ascii(text) {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
