/**
 * Published parameters of networks by name: where their files are, how to know them again, whose they are. Files are
 * converted when they are fetched or imported, and kept as one safetensors file under the entry's name.
 *
 * Checksums: AdaIN's are those of a copy that a package of the Python index carries, which others noted down of the
 * release itself; MicroAST's those of a copy from its repository; the ONNX model zoo's are in its repository's Git LFS
 * pointers. Where none was found the entry has none.
 */
import { didYouMean, NeckarError } from '../errors.ts';
import type { PublishedFile } from '../weights/catalog.ts';
import { megabytes } from '../weights/installed.ts';

/** Published parameters of a network, in one file or several. */
export interface PublishedNetwork {
  /** What experiments call them, and the name of the file they are kept in. */
  readonly name: string;
  readonly summary: string;
  /** The network whose they are. */
  readonly network: string;
  readonly files: readonly NetworkFile[];
  readonly licence: string;
  readonly citation: string;
}

/** `file` is its name in the folder of weights until it is converted, and on mirrors. */
export type NetworkFile = Omit<PublishedFile, 'name'>;

const adainRelease = 'https://github.com/naoto0804/pytorch-AdaIN/releases/download/v0.0.0';
const microast = 'https://raw.githubusercontent.com/EndyWon/MicroAST/main/models';
const zoo = 'https://github.com/onnx/models/raw/main/validated/vision/style_transfer/fast_neural_style/model';

const johnson =
  'Johnson, Alahi & Fei-Fei, Perceptual Losses for Real-Time Style Transfer and Super-Resolution, ECCV 2016';

/** A style of the ONNX model zoo, which has them from the examples of PyTorch. */
const fastStyle = (
  style: string,
  version: number,
  known: Omit<NetworkFile, 'url' | 'file'>,
): PublishedNetwork => ({
  name: `johnson-${style}`,
  summary: `Johnson's network with instance norm in the style ${style}, from the ONNX model zoo`,
  network: 'johnson',
  files: [{ url: `${zoo}/${style}-${version}.onnx`, file: `johnson-${style}-${version}.onnx`, ...known }],
  licence: 'BSD-3-Clause (examples of PyTorch; trained on MS COCO)',
  citation: johnson,
});

const microastFile = (part: string, bytes: number, sha256: string): NetworkFile => ({
  url: `${microast}/${part}_iter_160000.pth.tar`,
  file: `microast-${part}_iter_160000.pth.tar`,
  bytes,
  checksum: { sha256 },
});

export const publishedNetworks: readonly PublishedNetwork[] = [
  {
    name: 'adain',
    summary: "AdaIN's encoder and decoder, for any style",
    network: 'adain',
    files: [
      {
        url: `${adainRelease}/vgg_normalised.pth`,
        file: 'adain-vgg_normalised.pth',
        bytes: 80_102_481,
        checksum: { sha256: '804ca2835ecf7539f0cd2a7ac3c18ce81e6f8468969ae7117ac0c148d286bb4a' },
      },
      {
        url: `${adainRelease}/decoder.pth`,
        file: 'adain-decoder.pth',
        bytes: 14_023_458,
        checksum: { sha256: '379ca41d59f3a37eed3599bbbc2560c19da5c458870a5ffd3a9dd41aa88f9472' },
      },
    ],
    licence:
      'MIT (pytorch-AdaIN, AdaIN-style); the encoder after VGG-19, CC BY 4.0 (Visual Geometry Group, Oxford)',
    citation:
      'Huang & Belongie, Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization, ICCV 2017',
  },
  {
    name: 'microast',
    summary: "MicroAST's encoders, modulator and decoder, for any style",
    network: 'microast',
    files: [
      microastFile(
        'content_encoder',
        634_983,
        'c8d895c0eec52507c157e102fab217c37f0c399ef3e168ef8b0b2677714660a4',
      ),
      microastFile(
        'style_encoder',
        634_983,
        '94f6b3fa386828692c20809a0af8bd0eba9c04e90a7d8842086976e4d223c5af',
      ),
      microastFile('modulator', 12_158, '8588055baf7d5ad8398d595d5518c6f030e3ff8dbb6007a7c1779776e11da28b'),
      microastFile('decoder', 619_135, '32e04a46b953fd9f94ec9e20f351511305a5260e000c18f9aef6570d5f1e23d9'),
    ],
    licence: 'MIT (MicroAST)',
    citation:
      'Wang et al., MicroAST: Towards Super-Fast Ultra-Resolution Arbitrary Style Transfer, AAAI 2023',
  },
  fastStyle('udnie', 9, {
    bytes: 6_728_029,
    checksum: { sha256: '8656b6ce7dec8f22ee13c2d557d6b67bd6f550dde88d0f2e7c9972aeb765cc0d' },
  }),
  fastStyle('pointilism', 8, {
    bytes: 6_726_529,
    checksum: { sha256: '09fb31931c1826daf42552e451a908d068486a3ca946324a3ece758d51f46cad' },
  }),
  // The same network as udnie's, written in the same way.
  ...['mosaic', 'candy', 'rain-princess'].map((style) =>
    fastStyle(style, 9, { bytes: 6_728_029, exact: false }),
  ),
];

/**
 * The entry of a name.
 * @throws NeckarError for a name that is in no catalogue, with the nearest
 */
export function publishedNetwork(name: string): PublishedNetwork {
  const found = publishedNetworks.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = publishedNetworks.map((one) => one.name);
  throw new NeckarError(
    `There is no network "${name}" in the catalogue. ${didYouMean(name, names)}"neckar networks list" shows all.`,
  );
}

/** `94 MB`, `about 7 MB`, `2 MB`. */
export function sizeText({ files }: PublishedNetwork): string {
  const bytes = files.reduce((sum, one) => sum + one.bytes, 0);
  return megabytes({ bytes, ...(files.some(({ exact }) => exact === false) && { exact: false }) });
}
