import test from 'ava';
import sharp from 'sharp';
import { pngOf } from '../../../reports/charts/png.ts';

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
