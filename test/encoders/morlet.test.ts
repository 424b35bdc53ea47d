import test from 'ava';
import { type MorletDesign, morletWavelets, rectifiedBank } from '../../src/encoders/morlet.ts';

const designs: MorletDesign[] = [
  { orientations: 8, offset: 0, sigma: 1.6, frequency: 0.55 * Math.PI, slant: 0.6, size: 9 },
  { orientations: 6, offset: 0.5, sigma: 1.8, frequency: 0.4 * Math.PI, slant: 0.7, size: 9 },
  { orientations: 3, offset: 0.25, sigma: 1, frequency: 0.6 * Math.PI, slant: 1, size: 5 },
];

for (const design of designs) {
  const title = `${design.orientations} orientations of ${design.size}×${design.size}`;

  test(`${title}: every wavelet sums to zero and has unit norm`, (t) => {
    const wavelets = morletWavelets(design);
    t.is(wavelets.length, design.orientations);
    for (const { real, imaginary } of wavelets) {
      const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
      t.true(Math.abs(sum(real)) < 1e-12);
      t.true(Math.abs(sum(imaginary)) < 1e-12);
      t.true(Math.abs(sum(real.map((x) => x * x)) + sum(imaginary.map((x) => x * x)) - 1) < 1e-12);
    }
  });

  test(`${title}: each answers most to the plane wave of its own orientation and frequency`, (t) => {
    const reach = (design.size - 1) / 2;
    const wavelets = morletWavelets(design);
    const response = (k: number, angle: number, frequency: number) => {
      let re = 0;
      let im = 0;
      for (let y = -reach, i = 0; y <= reach; y++) {
        for (let x = -reach; x <= reach; x++, i++) {
          const wave = Math.cos(frequency * (x * Math.cos(angle) + y * Math.sin(angle)));
          re += wave * wavelets[k]!.real[i]!;
          im += wave * wavelets[k]!.imaginary[i]!;
        }
      }
      return Math.hypot(re, im);
    };
    for (let k = 0; k < design.orientations; k++) {
      const angle = ((k + design.offset) * Math.PI) / design.orientations;
      const own = response(k, angle, design.frequency);
      t.true(own > response(k, angle + Math.PI / 2, design.frequency) * 2);
      for (let other = 0; other < design.orientations; other++) {
        if (other !== k) t.true(own > response(other, angle, design.frequency), `${k} against ${other}`);
      }
      t.true(own > response(k, angle, design.frequency / 4) * 2);
    }
  });

  test(`${title}: the bank holds Re, Im, −Re and −Im of each wavelet`, (t) => {
    const bank = rectifiedBank(design);
    const { data } = bank.filters;
    for (const [k, { real, imaginary }] of morletWavelets(design).entries()) {
      for (let i = 0; i < design.size ** 2; i++) {
        const phases = [0, 1, 2, 3].map((phase) => data[i * bank.channels + 4 * k + phase]);
        const [re, im] = [Math.fround(real[i]!), Math.fround(imaginary[i]!)];
        t.true(phases[0] === re && phases[1] === im && phases[2] === -re && phases[3] === -im);
      }
    }
  });
}
