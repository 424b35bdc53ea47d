import test from 'ava';
import {
  ciede2000,
  labPixels,
  linearToSrgb,
  luma,
  lumaPlane,
  rgbToLab,
  rgbToXyz,
  rgbToYiq,
  srgbToLinear,
  type Triple,
  whiteD65,
  yiqToRgb,
} from '../../src/images/color.ts';
import { createImage } from '../../src/images/image.ts';
import { labToRgb } from './lab.ts';

function near(t: { true(value: boolean, message?: string): unknown }, got: number, want: number, by: number) {
  t.true(Math.abs(got - want) <= by, `${got}, expected ${want} ± ${by}`);
}

test('sRGB transfer: published points, and it is undone', (t) => {
  near(t, srgbToLinear(0.5), 0.21404114, 1e-8);
  near(t, linearToSrgb(0.18), 0.46135613, 1e-8);
  for (let i = 0; i <= 255; i++) near(t, linearToSrgb(srgbToLinear(i / 255)), i / 255, 1e-7);
});

test('white is the white point, and the primaries have their published L*a*b*', (t) => {
  rgbToXyz(1, 1, 1).forEach((value, i) => {
    near(t, value, whiteD65[i]!, 1e-6);
  });
  const published: [Triple, Triple][] = [
    [
      [1, 1, 1],
      [100, 0, 0],
    ],
    [
      [0, 0, 0],
      [0, 0, 0],
    ],
    [
      [1, 0, 0],
      [53.2408, 80.0925, 67.2032],
    ],
    [
      [0, 1, 0],
      [87.7347, -86.1827, 83.1793],
    ],
    [
      [0, 0, 1],
      [32.297, 79.1875, -107.8602],
    ],
  ];
  for (const [rgb, lab] of published) {
    rgbToLab(...rgb).forEach((value, i) => {
      near(t, value, lab[i]!, 2e-3);
    });
  }
});

test('L*a*b* and YIQ are undone', (t) => {
  for (const rgb of [
    [0.1, 0.6, 0.9],
    [0.01, 0.02, 0],
    [1, 0.5, 0.25],
  ] as Triple[]) {
    labToRgb(...rgbToLab(...rgb)).forEach((value, i) => {
      near(t, value, rgb[i]!, 1e-5);
    });
    yiqToRgb(...rgbToYiq(...rgb)).forEach((value, i) => {
      near(t, value, rgb[i]!, 1e-6);
    });
  }
});

test('greys have no chroma and their own luma', (t) => {
  const [, i, q] = rgbToYiq(0.3, 0.3, 0.3);
  near(t, i, 0, 1e-12);
  near(t, q, 0, 1e-12);
  near(t, luma(0.3, 0.3, 0.3), 0.3, 1e-7);
});

test('planes and pixels agree with the single colours', (t) => {
  const image = createImage(3, 2, (x, y) => [x / 3, y / 2, 0.7]);
  near(t, lumaPlane(image).data[5]!, luma(2 / 3, 1 / 2, 0.7), 1e-7);
  const [, a] = rgbToLab(2 / 3, 1 / 2, 0.7);
  near(t, labPixels(image)[5 * 3 + 1]!, a, 1e-4);
});

// The 34 pairs of Sharma, Wu & Dalal 2005, table 1, chosen by them to reach every branch of the formula.
const sharma = `
50 2.6772 -79.7751 50 0 -82.7485 2.0425
50 3.1571 -77.2803 50 0 -82.7485 2.8615
50 2.8361 -74.0200 50 0 -82.7485 3.4412
50 -1.3802 -84.2814 50 0 -82.7485 1.0000
50 -1.1848 -84.8006 50 0 -82.7485 1.0000
50 -0.9009 -85.5211 50 0 -82.7485 1.0000
50 0 0 50 -1 2 2.3669
50 -1 2 50 0 0 2.3669
50 2.4900 -0.0010 50 -2.4900 0.0009 7.1792
50 2.4900 -0.0010 50 -2.4900 0.0010 7.1792
50 2.4900 -0.0010 50 -2.4900 0.0011 7.2195
50 2.4900 -0.0010 50 -2.4900 0.0012 7.2195
50 -0.0010 2.4900 50 0.0009 -2.4900 4.8045
50 -0.0010 2.4900 50 0.0010 -2.4900 4.8045
50 -0.0010 2.4900 50 0.0011 -2.4900 4.7461
50 2.5 0 50 0 -2.5 4.3065
50 2.5 0 73 25 -18 27.1492
50 2.5 0 61 -5 29 22.8977
50 2.5 0 56 -27 -3 31.9030
50 2.5 0 58 24 15 19.4535
50 2.5 0 50 3.1736 0.5854 1.0000
50 2.5 0 50 3.2972 0 1.0000
50 2.5 0 50 1.8634 0.5757 1.0000
50 2.5 0 50 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082`;

test('CIEDE2000 on the 34 published pairs, both ways round', (t) => {
  const pairs = sharma.trim().split('\n');
  t.is(pairs.length, 34);
  for (const line of pairs) {
    const [l1, a1, b1, l2, a2, b2, want] = line.split(' ').map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    near(t, ciede2000([l1, a1, b1], [l2, a2, b2]), want, 5.1e-5);
    near(t, ciede2000([l2, a2, b2], [l1, a1, b1]), want, 5.1e-5);
  }
});
