import { renderAsync } from '@resvg/resvg-js';
import test from 'ava';
import sharp from 'sharp';
import { pngOf } from '../../../reports/charts/png.ts';
import { createRandom } from '../../../src/random.ts';

const text = (font: string, weight = 400) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="30"><rect width="120" height="30" fill="#fff"/><text x="4" y="20" font-family="${font}" font-weight="${weight}" font-size="14">Style × ↑ 0.5</text></svg>`;

async function pixels(png: Uint8Array) {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  let darkness = 0;
  for (const value of data) darkness += 255 - value;
  return { data, width: info.width, height: info.height, darkness };
}

test('twice the drawing’s size, colours where they are drawn', async (t) => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="10" height="10" fill="#0072b2"/><rect x="10" width="10" height="10" fill="#d55e00"/></svg>';
  const { data, width, height } = await pixels(await pngOf(svg));
  t.deepEqual([width, height], [40, 20]);
  const at = (x: number, y: number) => [...data.subarray(3 * (y * 40 + x), 3 * (y * 40 + x) + 3)];
  t.deepEqual(at(10, 10), [0x00, 0x72, 0xb2]);
  t.deepEqual(at(30, 10), [0xd5, 0x5e, 0x00]);
});

test('hundreds of overlapping marks keep their colours, a scale of colours has no steps', async (t) => {
  const random = createRandom(1);
  const colors = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];
  const dots = Array.from(
    { length: 400 },
    (_, i) =>
      `<circle cx="${200 * random.uniform()}" cy="${100 * random.uniform()}" r="3" fill="${colors[i % 4]}" opacity="0.8"/>`,
  );
  const marks = `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><rect width="200" height="100" fill="#fff"/>${dots.join('')}</svg>`;
  const scale =
    '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="10"><linearGradient id="g"><stop offset="0" stop-color="#7f3b08"/><stop offset="1" stop-color="#053061"/></linearGradient><rect width="300" height="10" fill="url(#g)"/></svg>';
  for (const [svg, least] of [
    [marks, 45],
    [scale, Number.POSITIVE_INFINITY],
  ] as const) {
    const drawing = await renderAsync(svg, { fitTo: { mode: 'zoom', value: 2 } });
    const whole = await pixels(drawing.asPng());
    const { data } = await pixels(await pngOf(svg));
    const squared = data.reduce((sum, value, i) => sum + (value - whole.data[i]!) ** 2, 0) / data.length;
    const decibels = 10 * Math.log10(255 ** 2 / squared);
    t.true(decibels >= least, `${decibels} dB`);
  }
});

test('text is set whatever fonts it names, in the one font and its weights', async (t) => {
  const [asked, generic, bold] = await Promise.all(
    [text('Inter'), text('system-ui, &quot;Segoe UI&quot;, Arial, sans-serif'), text('sans-serif', 600)].map(
      async (svg) => pixels(await pngOf(svg)),
    ),
  );
  t.true(asked!.darkness > 10_000, 'there is ink');
  t.deepEqual(generic!.data, asked!.data);
  t.true(bold!.darkness > 1.1 * asked!.darkness, 'semi-bold is heavier');
});
