/**
 * Published weights by name: where they are, how to know them again, whose they are. Addresses and checksums are those of
 * the publishers' own code: Keras gives an MD5 (keras-applications, vgg16.py and vgg19.py, `file_hash`), PyTorch the first
 * eight digits of the SHA-256 in the file's name. Whole SHA-256 and exact sizes are what several who fetched the files
 * independently of each other wrote down; where nobody was found who did, the entry has the publisher's digits and size
 * alone (`exact: false`).
 */
import { didYouMean, NeckarError } from '../errors.ts';
import type { FileHashes } from './files.ts';

/**
 * What is known of a file's bytes. `sha256` is the whole sum or its first digits, as PyTorch's file names carry them;
 * `md5` is what Keras publishes.
 */
export type Checksum = { readonly sha256: string } | { readonly md5: string };

/** A file as somebody publishes it. */
export interface PublishedFile {
  readonly name: string;
  readonly url: string;
  /** Its name in the folder of weights and on mirrors. */
  readonly file: string;
  /** Exact where `exact` is not false; else what its publisher rounds it to. */
  readonly bytes: number;
  readonly exact?: false;
  /** Absent: nobody was found who publishes it. */
  readonly checksum?: Checksum;
}

export interface CatalogEntry extends PublishedFile {
  /** What it is, in a few words. */
  readonly summary: string;
  /** The encoder it belongs to; absent for the heads of metrics. */
  readonly network?: string;
  readonly checksum: Checksum;
  /** How the network wants its input, where the names of the tensors would mislead. */
  readonly input?: 'caffe' | 'torchvision';
  readonly licence: string;
  readonly citation: string;
}

const simonyan =
  'Simonyan & Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015';
const iandola =
  'Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size, 2016';
const krizhevsky = 'Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014';
const zhang =
  'Zhang, Isola, Efros, Shechtman & Wang, The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018';
const ding =
  'Ding, Ma, Wang & Simoncelli, Image Quality Assessment: Unifying Structure and Texture Similarity, IEEE TPAMI 2022';

const oxford = 'CC BY 4.0 (Visual Geometry Group, Oxford)';
const torchvision = 'BSD-3-Clause (torchvision; trained on ImageNet)';

const keras = 'https://storage.googleapis.com/tensorflow/keras-applications';
const pytorch = 'https://download.pytorch.org/models';
const johnson = 'https://web.eecs.umich.edu/~justincj/models';
const lpips = 'https://raw.githubusercontent.com/richzhang/PerceptualSimilarity/master/lpips/weights/v0.1';

/** In order of preference: the first of a network is the one its bare name means. */
export const catalog: readonly CatalogEntry[] = [
  {
    name: 'vgg19-keras',
    summary: "VGG-19's convolutions as Oxford released them (Caffe), in Keras's copy",
    network: 'vgg19',
    url: `${keras}/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5`,
    file: 'vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5',
    bytes: 80_134_624,
    checksum: { md5: '253f8cb515780f3b799900260a226db6' },
    licence: oxford,
    citation: simonyan,
  },
  {
    name: 'vgg19-torchvision',
    summary: 'VGG-19 trained anew by torchvision, with its classifier',
    network: 'vgg19',
    url: `${pytorch}/vgg19-dcbb9e9d.pth`,
    file: 'vgg19-dcbb9e9d.pth',
    bytes: 574_673_361,
    checksum: { sha256: 'dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44' },
    licence: torchvision,
    citation: simonyan,
  },
  {
    name: 'vgg19-caffe',
    summary: "Oxford's VGG-19 (Caffe) under torchvision's names, as PyTorch ports of neural-style use it",
    network: 'vgg19',
    url: `${johnson}/vgg19-d01eb7cb.pth`,
    // Under this name neural-style-pt writes a copy with other names of its classifier, which has other bytes.
    file: 'vgg19-d01eb7cb.pth',
    bytes: 574_670_000,
    exact: false,
    checksum: { sha256: 'd01eb7cb' },
    input: 'caffe',
    licence: oxford,
    citation: simonyan,
  },
  {
    name: 'vgg16-keras',
    summary: "VGG-16's convolutions as Oxford released them (Caffe), in Keras's copy",
    network: 'vgg16',
    url: `${keras}/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5`,
    file: 'vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5',
    bytes: 58_889_256,
    checksum: { md5: '6d6bbae143d832006294945121d1f1fc' },
    licence: oxford,
    citation: simonyan,
  },
  {
    name: 'vgg16-torchvision',
    summary: 'VGG-16 trained anew by torchvision, with its classifier',
    network: 'vgg16',
    url: `${pytorch}/vgg16-397923af.pth`,
    file: 'vgg16-397923af.pth',
    bytes: 553_433_881,
    checksum: { sha256: '397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0' },
    licence: torchvision,
    citation: simonyan,
  },
  {
    name: 'vgg16-caffe',
    summary: "Oxford's VGG-16 (Caffe) under torchvision's names, as PyTorch ports of neural-style use it",
    network: 'vgg16',
    url: `${johnson}/vgg16-00b39a1b.pth`,
    file: 'vgg16-00b39a1b.pth',
    bytes: 553_430_000,
    exact: false,
    checksum: { sha256: '00b39a1b' },
    input: 'caffe',
    licence: oxford,
    citation: simonyan,
  },
  {
    name: 'squeezenet1_0-torchvision',
    summary: 'SqueezeNet 1.0 by torchvision',
    network: 'squeezenet1_0',
    url: `${pytorch}/squeezenet1_0-b66bff10.pth`,
    file: 'squeezenet1_0-b66bff10.pth',
    bytes: 5_010_096,
    exact: false,
    checksum: { sha256: 'b66bff10' },
    licence: torchvision,
    citation: iandola,
  },
  {
    name: 'squeezenet1_1-torchvision',
    summary: 'SqueezeNet 1.1 by torchvision',
    network: 'squeezenet1_1',
    url: `${pytorch}/squeezenet1_1-b8a52dc0.pth`,
    file: 'squeezenet1_1-b8a52dc0.pth',
    bytes: 4_958_839,
    checksum: { sha256: 'b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b' },
    licence: torchvision,
    citation: iandola,
  },
  {
    name: 'alexnet-torchvision',
    summary: 'AlexNet (the one-tower variant) by torchvision, with its classifier',
    network: 'alexnet',
    url: `${pytorch}/alexnet-owt-7be5be79.pth`,
    file: 'alexnet-owt-7be5be79.pth',
    bytes: 244_408_911,
    checksum: { sha256: '7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02' },
    licence: torchvision,
    citation: krizhevsky,
  },
  {
    name: 'lpips-alex',
    summary: 'LPIPS 0.1: weights of the channels of AlexNet',
    url: `${lpips}/alex.pth`,
    file: 'lpips-0.1-alex.pth',
    bytes: 6009,
    checksum: { sha256: 'df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0' },
    licence: 'BSD-2-Clause (PerceptualSimilarity)',
    citation: zhang,
  },
  {
    name: 'lpips-vgg',
    summary: 'LPIPS 0.1: weights of the channels of VGG-16',
    url: `${lpips}/vgg.pth`,
    file: 'lpips-0.1-vgg.pth',
    bytes: 7289,
    checksum: { sha256: 'a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868' },
    licence: 'BSD-2-Clause (PerceptualSimilarity)',
    citation: zhang,
  },
  {
    name: 'lpips-squeeze',
    summary: 'LPIPS 0.1: weights of the channels of SqueezeNet 1.1',
    url: `${lpips}/squeeze.pth`,
    file: 'lpips-0.1-squeeze.pth',
    bytes: 10_811,
    checksum: { sha256: '4a5350f23600cb79923ce65bb07cbf57dca461329894153e05a1346bd531cf76' },
    licence: 'BSD-2-Clause (PerceptualSimilarity)',
    citation: zhang,
  },
  {
    name: 'dists',
    summary: 'DISTS: α and β of the channels of VGG-16',
    url: 'https://github.com/chaofengc/IQA-PyTorch/releases/download/v0.1-weights/DISTS_weights-f5e65c96.pth',
    file: 'DISTS_weights-f5e65c96.pth',
    bytes: 12_288,
    checksum: { sha256: 'f5e65c96230b7f6ca995691647d482237e4cab8a50c5c4a5784f219ef0748218' },
    licence: 'MIT (DISTS)',
    citation: ding,
  },
];

/** All names that mean weights: of entries, and of networks for the first of theirs. */
export const weightNames: readonly string[] = [
  ...catalog.map(({ name }) => name),
  ...new Set(catalog.flatMap(({ network }) => network ?? [])),
];

/** The entries a name means, the preferred one first: one of the catalogue's own names, or a network's. */
export function entriesOf(name: string): readonly CatalogEntry[] {
  const entry = catalog.find((candidate) => candidate.name === name);
  return entry !== undefined ? [entry] : catalog.filter(({ network }) => network === name);
}

/**
 * The entry a name means.
 * @throws NeckarError for a name that is in no catalogue, with the nearest
 */
export function entryOf(name: string): CatalogEntry {
  const [entry] = entriesOf(name);
  if (entry !== undefined) return entry;
  throw new NeckarError(
    `There are no weights "${name}" in the catalogue. ${didYouMean(name, weightNames)}"neckar weights list" shows all.`,
  );
}

/** Whether a file is surely the one an entry means. */
export function matchesChecksum({ checksum }: PublishedFile, hashes: FileHashes): boolean {
  if (checksum === undefined) return false;
  return 'md5' in checksum ? hashes.md5 === checksum.md5 : hashes.sha256.startsWith(checksum.sha256);
}

/** The entry whose file has these bytes. */
export function entryWith(hashes: FileHashes): CatalogEntry | undefined {
  return catalog.find((entry) => matchesChecksum(entry, hashes));
}

/** `SHA-256 dcbb9e9d…`, `MD5 253f8cb5…`. */
export function checksumText(checksum: Checksum): string {
  if ('md5' in checksum) return `MD5 ${checksum.md5}`;
  return checksum.sha256.length === 64
    ? `SHA-256 ${checksum.sha256}`
    : `SHA-256 beginning ${checksum.sha256}`;
}
