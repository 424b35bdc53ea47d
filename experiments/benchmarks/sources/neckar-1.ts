/** The protocol `neckar-1`: pictures of the project's own, so that anyone may use, print and change them. */
import { relative } from 'node:path';
import {
  type BenchmarkContent,
  type BenchmarkStyle,
  benchmarkContents,
  benchmarkStyles,
} from '../../../fixtures/benchmark.ts';
import { heldOutMetrics, openJudge } from '../../../metrics/held-out.ts';
import { pixelMetrics } from '../../../metrics/registry.ts';
import { measurePictureItself } from '../../../src/benchmark/picture-measures.ts';
import { resolveEncoder } from '../../../src/encoders/registry.ts';
import { imageFileHash, readImage } from '../../../src/images/decode.ts';
import { people, type WrittenProtocol } from './people.ts';

/** A random network: it needs no download, and no method is made on it. */
const judge = { name: 'squeezenet1_1', weights: { random: 0 } } as const;

/** What is measured of pixels: how well the content is kept, how near colours and patches are to the style's, artefacts. */
const pixels = [
  'ssim;scale=native',
  'ms-ssim',
  'gmsd',
  'fsim',
  'vif',
  'nmi',
  'edge-f',
  'lab-wasserstein',
  'palette',
  'patch-distance',
  'patch-coverage',
  'high-frequency',
];

export async function neckar1(folder: string): Promise<WrittenProtocol> {
  const shared = { licence: 'MIT', credit: "made by Neckar's own code" };
  const written = async ([name, picture]: [string, BenchmarkContent | BenchmarkStyle]) => {
    const measures = measurePictureItself(await readImage(picture.path));
    return {
      name,
      title: picture.title,
      subject: picture.subject,
      file: relative(folder, picture.path),
      sha256: await imageFileHash(picture.path),
      width: picture.width,
      height: picture.height,
      ...shared,
      ...('regions' in picture &&
        picture.regions !== undefined && {
          regions: {
            file: relative(folder, picture.regions.path),
            sha256: await imageFileHash(picture.regions.path),
          },
        }),
      ...('detail' in picture && {
        colourfulness: { level: picture.colourfulness, value: rounded(measures.colourfulness) },
        detail: { level: picture.detail, value: rounded(measures.detail) },
      }),
    };
  };
  const inOrder = (all: Readonly<Record<string, BenchmarkContent | BenchmarkStyle>>) =>
    Promise.all(Object.entries(all).map(written));
  const metrics = await metricIds();
  return {
    name: 'neckar-1',
    version: 1,
    title: 'Neckar 1',
    description:
      'Six contents, two each of people, nature and made things, with twelve styles, one for each cell of subject × colourfulness × detail. All pictures are made by code, so that they are free of rights, and no published network was trained on them.',
    source:
      'The design of ASTRA (Deng, Ioannou, Mould, Maddock, Rosin & Lai, arXiv 2610.10003, 2026), with pictures of our own',
    contents: await inOrder(benchmarkContents),
    styles: await inOrder(benchmarkStyles),
    pairs: 'crossed',
    size: 256,
    resampling: 'lanczos3',
    smoke: { contents: ['portrait', 'town'], styles: ['fauve', 'swirl', 'tiles'] },
    tiers: {
      'weights-free': {
        description: 'Runs on any machine without a download: the default encoder, which has no weights.',
        reference: {
          name: 'gram',
          title: 'Gram matrices on the wavelet encoder, L-BFGS from the content',
          citation: 'Gatys, Ecker & Bethge, CVPR 2016; Brochard, Zhang & Mallat, ICLR 2022',
          losses: [
            { type: 'content', weight: 1 },
            { type: 'gram', weight: 30, cross: 'adjacent' },
          ],
          settings: {
            encoder: { name: 'wavelet' },
            optimizer: { name: 'lbfgs', history: 10 },
            initialization: { from: 'content', noise: 0 },
            budget: { evaluations: 100 },
            seed: 0,
          },
        },
        metrics,
        heldOut: judge,
      },
      full: {
        description:
          'The network of the papers: needs the weights of VGG-19, of AlexNet and of the learned metrics, and those of whatever network stands beside.',
        reference: {
          name: 'gatys-2016',
          title:
            'The founding method with the weights of its authors’ program, on VGG-19 of mean activation one',
          citation:
            'Gatys, Ecker & Bethge, Image style transfer using convolutional neural networks, CVPR 2016',
          presets: ['gatys-normalised'],
          settings: { seed: 0, budget: { evaluations: 300 } },
        },
        baselines: [
          {
            name: 'adain',
            title: 'AdaIN with its authors’ weights',
            citation: 'Huang & Belongie, ICCV 2017',
            network: { name: 'adain' },
            weights: 'adain',
          },
        ],
        metrics: [...metrics, 'lpips;net=alex', 'dists', 'cfsd'],
        heldOut: judge,
      },
    },
    people,
  };
}

/** The whole spec ids of what is measured: they hold windows, colour paths, layers and the hash of the judge. */
async function metricIds(): Promise<string[]> {
  const all = pixelMetrics().map(({ id }) => id);
  const meant = pixels.map((name) => {
    const [family, ...parts] = name.split(';');
    const found = all.filter(
      (id) => id.split(';')[0] === family && parts.every((part) => id.split(';').includes(part)),
    );
    if (found.length !== 1) throw new Error(`${name} means ${found.length} metrics: ${found.join(', ')}`);
    return found[0]!;
  });
  const opened = await openJudge(resolveEncoder(judge), { name: 'auto' });
  const heldOut = heldOutMetrics(opened).map(({ id }) => id);
  await opened.dispose();
  // A network's view of style before what pixels say of it: boards and grids show the first.
  const style = meant.findIndex((id) => id.startsWith('lab-wasserstein'));
  return [...meant.slice(0, style), ...heldOut, ...meant.slice(style)];
}

function rounded(value: number): number {
  return Math.round(100 * value) / 100;
}
