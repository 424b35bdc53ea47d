/** The protocol of ASTRA, as far as its paper names it: titles, and no hashes, as no file of it was published. */
import { people, type WrittenProtocol } from './people.ts';

interface Named {
  readonly name: string;
  readonly title: string;
  readonly subject?: 'people' | 'nature' | 'artificial';
  /** Title of the file at Wikimedia Commons, where the paper gives it. */
  readonly commons?: string;
}

const picture = (from: string, licence: string) => (one: Named) => ({
  name: one.name,
  title: one.title,
  subject: one.subject ?? ('unknown' as const),
  address: one.commons === undefined ? from : `Wikimedia Commons, File:${one.commons}`,
  sha256: null,
  width: null,
  height: null,
  licence,
  credit: from,
});

const contents: readonly Named[] = [
  { name: 'athletes', title: 'Athletes', subject: 'people' },
  { name: 'mac', title: 'Mac', subject: 'people' },
  { name: 'berries', title: 'Berries', subject: 'nature' },
  { name: 'daisy', title: 'Daisy', subject: 'nature' },
  { name: 'angel', title: 'Angel', subject: 'artificial' },
  { name: 'barn', title: 'Barn', subject: 'artificial' },
];

const styles: readonly Named[] = [
  { name: 'aboriginal', title: 'Aboriginal art', commons: 'Aboriginal-art-503444_960_720.jpg' },
  {
    name: 'mondrian',
    title: 'Piet Mondrian, Composition in red, yellow, blue and black, 1921',
    commons: 'Piet_Mondriaan,_1921_-_Composition_en_rouge,_jaune,_bleu_et_noir.jpg',
  },
  {
    name: 'kandinsky',
    title: 'Wassily Kandinsky, Composition 10, 1939',
    commons: 'Vassily_Kandinsky,_1939_-_Composition_10.jpg',
  },
  {
    name: 'stele',
    title: 'Stele of Ousirour, detail, Louvre N 2699',
    commons: 'P1200377_Louvre_Stele_Ousirour_detail_D_N2699_rwk.jpg',
  },
  {
    name: 'gris',
    title: 'Juan Gris, Composition with violin',
    commons: 'Juan_Gris_-_Komposition_mit_Violine.jpeg',
  },
  { name: 'hokusai', title: 'Hokusai, The Great Wave off Kanagawa' },
  { name: 'rembrandt', title: 'Rembrandt, Self-portrait at the age of 34' },
  { name: 'chinese-landscape', title: 'A Chinese landscape painting' },
  { name: 'bierstadt', title: 'Albert Bierstadt, On the Saco' },
  { name: 'picasso', title: 'Pablo Picasso, Guernica' },
  { name: 'carr', title: 'Emily Carr, Trees in France' },
  { name: 'veronese', title: 'Paolo Veronese, The Wedding at Cana, a detail' },
];

export const astra: WrittenProtocol = {
  name: 'astra',
  version: 1,
  title: 'ASTRA',
  description:
    'Six contents of NPRgeneral with twelve styles over subject, colourfulness and detail, 72 pairs. The paper names the pictures and publishes no files: hashes are filled in by whoever has them, and until then nothing about the pictures is verified. The size is ours, as the paper states none that was read.',
  source: 'Deng, Ioannou, Mould, Maddock, Rosin & Lai, arXiv 2610.10003, October 2026',
  contents: contents.map(picture('NPRgeneral (Mould & Rosin 2016)', 'as NPRgeneral states it; not verified')),
  styles: styles.map(picture('named in the paper', 'public domain by the paper; not verified')),
  pairs: 'crossed',
  size: 512,
  resampling: 'lanczos3',
  smoke: { contents: ['athletes', 'barn'], styles: ['mondrian', 'hokusai', 'rembrandt'] },
  tiers: {
    full: {
      description:
        'Gatys et al. 2016, which had the highest mean overall score there, beside what else is installed.',
      reference: {
        name: 'gatys-2016',
        title:
          'The founding method with the weights of its authors’ program, on VGG-19 of mean activation one',
        citation:
          'Gatys, Ecker & Bethge, Image style transfer using convolutional neural networks, CVPR 2016',
        presets: ['gatys-normalised'],
        settings: { seed: 0, budget: { evaluations: 500 } },
      },
      metrics: ['gmsd', 'fsim', 'vif', 'nmi', 'ms-ssim', 'lpips;net=alex', 'cfsd'],
      heldOut: { name: 'squeezenet1_1', weights: { random: 0 } },
    },
  },
  people,
};
