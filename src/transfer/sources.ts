/** The pictures of one level: content and style at its size, what is encoded of them, and what it starts from. */
import { encoderDefaults } from '../encoders/registry.ts';
import type { ColorMode, TrialConfig } from '../experiment/trial.ts';
import { clampImage, type RgbImage } from '../images/image.ts';
import { resizeImage, resizeLongestSide } from '../images/resize.ts';
import { transformImage } from '../images/transform.ts';
import { matchesMeans } from '../losses/style-colors.ts';
import { encodedColors, shownColors, startColors } from './colors.ts';
import { initialImage } from './initial.ts';
import type { Level } from './levels.ts';
import { atStyleMeans, type MeanTarget } from './mean-start.ts';
import type { ProblemInput, StyleInput } from './problem.ts';
import { pictureRegions, regionPairs } from './regions.ts';
import { type TrialImages, tensorOf } from './trial-images.ts';

/** Content and style at a level's size, as they are and as they are encoded; of several styles `style` is the first. */
export interface Sources {
  readonly content: RgbImage;
  readonly style: RgbImage;
  readonly encoded: {
    readonly content: RgbImage;
    readonly style: RgbImage;
    /** All of them, `style` first. */
    readonly styles: readonly RgbImage[];
  };
}

/** Resizes what the trial reads to a level's size, and recolours it as the trial's colours ask. */
export function sourcesAt({ size, styleScale }: Level, config: TrialConfig, images: TrialImages): Sources {
  const color = colorOf(config);
  const content = resizeLongestSide(images.content, size);
  const [style, ...further] = [images.style, ...images.furtherStyles].map((image) =>
    resizeLongestSide(image, Math.round(size * styleScale)),
  ) as [RgbImage, ...RgbImage[]];
  const encoded = encodedColors(color, content, style);
  const others = further.map((image) => encodedColors(color, content, image).style);
  return { content, style, encoded: { ...encoded, styles: [encoded.style, ...others] } };
}

/** The picture that the first level starts from. */
export function startOf(sources: Sources, config: TrialConfig, images: TrialImages): RgbImage {
  const { encoded } = sources;
  const initial = initialImage(config.initialization, { ...encoded, file: images.file }, config.seed);
  const start = startColors(colorOf(config), initial);
  if (!matchesMeans(config.losses, encoderDefaults(config.encoder))) return start;
  const guided = problemImages(sources, config, images).styles;
  return atStyleMeans(
    start,
    encoded.styles.map((image, index) => ({ image, weight: 1, ...partOf(guided?.[index]) })),
  );
}

function partOf(style: StyleInput | undefined): Pick<MeanTarget, 'regions'> | Omit<MeanTarget, 'image'> {
  return style === undefined ? {} : { weight: style.weight, regions: style.regions };
}

/** A picture at the content's size: the result of a level, enlarged for the next one or for the last. */
export function fitted(picture: RgbImage, { width, height }: RgbImage): RgbImage {
  if (picture.width === width && picture.height === height) return picture;
  return clampImage(resizeImage(picture, width, height));
}

/** A picture that was optimised, as people see it, at the size of the content that is given. */
export function shownAt(content: RgbImage, picture: RgbImage, config: TrialConfig): RgbImage {
  return shownColors(colorOf(config), fitted(picture, content), content);
}

/** The pictures as a level's problem takes them; of the styles more, where there are several or regions guide them. */
export function problemImages(
  { encoded: { content, style, styles } }: Sources,
  config: TrialConfig,
  images: TrialImages,
): Pick<ProblemInput, 'content' | 'style' | 'transformStyle' | 'styles'> {
  const one = {
    content: tensorOf(content),
    style: tensorOf(style),
    transformStyle: copiesOf(style),
  };
  const { regions, styles: blended, sizes } = config;
  if (regions === undefined && blended === undefined) return one;
  // The edges are as soft, relative to the picture, at every size.
  const deviation = ((regions?.soften ?? 0) * Math.max(content.width, content.height)) / sizes.at(-1)!;
  const size: [number, number] = [content.height, content.width];
  const pictureSizes = { size, deviation };
  const inPicture = images.regions && pictureRegions(images.regions, pictureSizes);
  return {
    ...one,
    styles: styles.map((style, index) => ({
      image: tensorOf(style),
      weight: blended?.[index]?.weight ?? 1,
      transform: copiesOf(style),
      ...(images.regions && {
        regions: regionPairs(
          images.regions,
          index,
          { ...pictureSizes, styleSize: [style.height, style.width] },
          inPicture,
        ),
      }),
    })),
  };
}

const colorOf = ({ color }: TrialConfig): ColorMode => color ?? 'free';

function copiesOf(style: RgbImage): ProblemInput['transformStyle'] {
  return (transform) => tensorOf(transformImage(style, transform));
}
