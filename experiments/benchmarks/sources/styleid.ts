/** The protocol of StyleID (Chung, Hyun & Heo, CVPR 2024), as its repository and its paper have it. */

import { people, type WrittenProtocol } from './people.ts';
import { styleidContents, styleidStyles } from './styleid-hashes.ts';

const repository =
  'https://raw.githubusercontent.com/jiwoogit/StyleID/35436fc75bbc9176259f3f5ce33853eb9f95a8ad/data';

const picture = (role: 'cnt' | 'sty') => (sha256: string, i: number) => {
  const number = String(i).padStart(2, '0');
  return {
    name: number,
    title: `${role === 'cnt' ? 'Content' : 'Style'} ${number} of StyleID`,
    subject: 'unknown' as const,
    address: `${repository}/${role}/${number}.png`,
    sha256,
    width: 512,
    height: 512,
    licence:
      role === 'cnt'
        ? 'of its photographer, by way of MS COCO; not for redistribution'
        : 'of its painter, by way of WikiArt; not for redistribution',
    credit: role === 'cnt' ? 'MS COCO' : 'WikiArt',
  };
};

export const styleid: WrittenProtocol = {
  name: 'styleid',
  version: 1,
  title: 'StyleID',
  description:
    'Twenty photographs of MS COCO with forty paintings of WikiArt, 800 pairs at 512²: the pairs on which recent papers report LPIPS, CFSD and ArtFID. ArtFID needs an Inception trained on art, which is not among these metrics.',
  source: 'Chung, Hyun & Heo, Style Injection in Diffusion, CVPR 2024; github.com/jiwoogit/StyleID',
  contents: styleidContents.map(picture('cnt')),
  styles: styleidStyles.map(picture('sty')),
  pairs: 'crossed',
  size: 512,
  resampling: 'lanczos3',
  smoke: { contents: ['00', '01'], styles: ['00', '01', '02'] },
  tiers: {
    full: {
      description:
        'LPIPS on AlexNet and CFSD on VGG-19, as the paper has them; AdaIN with its authors’ weights is its oldest entry.',
      reference: {
        name: 'adain',
        title: 'AdaIN with its authors’ weights',
        citation:
          'Huang & Belongie, Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization, ICCV 2017',
        network: { name: 'adain' },
        weights: 'adain',
      },
      metrics: ['lpips;net=alex', 'cfsd'],
      heldOut: 'none',
    },
  },
  people,
};
