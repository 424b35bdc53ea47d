/** Labels as drawings: a figure that carries no font prints the same everywhere, and no journal asks for one. */
import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import { escapeHtml } from '../../src/platform/html.ts';
import { escapeLatex } from '../words/latex.ts';
import type { Outline } from './layout.ts';

const fontFile = createRequire(import.meta.url).resolve(
  '@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf',
);

/** Units to the em: in whole ones letters lose nothing that is seen. */
const em = 1000;

/**
 * Each label as an outline of Inter; other fonts of the machine serve for what it lacks (it has Latin, Greek and
 * Cyrillic).
 */
export function outlinesOf(labels: Iterable<string>): Map<string, Outline> {
  const list = [...new Set(labels)];
  const texts = list.map(
    (label, i) =>
      `<g id="label-${i}"><text x="0" y="0" font-size="${em}" font-family="Inter">${escapeHtml(label)}</text></g>`,
  );
  const usual = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}]*$/u;
  const drawing = new Resvg(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${em}" height="${em}">${texts.join('')}</svg>`,
    {
      font: {
        loadSystemFonts: !list.every((label) => usual.test(label)),
        fontFiles: [fontFile],
        defaultFontFamily: 'Inter',
      },
    },
  ).toString();
  const parts = drawing.split(/<g id="label-(\d+)"/);
  const outlines = new Map(list.map((label) => [label, outline('', label)]));
  for (let i = 1; i < parts.length; i += 2) {
    const label = list[Number(parts[i])]!;
    const paths = [...parts[i + 1]!.matchAll(/ d="([^"]*)"/g)].map(([, d]) => d!);
    outlines.set(label, outline(paths.join(' '), label));
  }
  return outlines;
}

function outline(d: string, label: string): Outline {
  const units = d
    .replaceAll(/-?\d+(?:\.\d+)?(?:e-?\d+)?/g, (value) => String(Math.round(Number(value))))
    .trim();
  const right = [...units.matchAll(/(-?\d+) -?\d+/g)].map(([, x]) => Number(x));
  return { d: units, width: Math.max(0, ...right) / em, tex: escapeLatex(label) };
}
