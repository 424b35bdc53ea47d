/** The files of region maps or masks that guide a trial: those its pair names, else those beside the pictures. */
import { existsSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { regionsBeside } from '../images/labels.ts';
import { maskName, masksBeside } from '../images/mask.ts';
import type { NamedPair } from './header.ts';
import type { Settings } from './schema.ts';
import type { LabelMapSettings, MaskFiles, MaskSettings, TrialConfig } from './trial.ts';

/** Regions are told apart in one byte, and a picture with more parts than this is none that a person drew. */
const mostMasks = 64;

interface Surroundings {
  readonly pair: NamedPair;
  /** The trial's own styles, which may stand in another order than they were written in. */
  readonly styles: readonly string[];
  /** From a path as written to an absolute one. */
  readonly path: (file: string) => string;
  /** Told what is wrong, a sentence at a time. */
  readonly problem: (sentence: string) => void;
}

/** The regions of a trial, or undefined where nothing guides it. */
export function regionFiles(
  { from, ...settings }: Settings['regions'],
  around: Surroundings,
): TrialConfig['regions'] {
  if (from === 'none' || !('soften' in settings)) return undefined;
  return from === 'maps' ? mapFiles(settings.soften, around) : maskFiles(settings.soften, around);
}

function mapFiles(soften: number, { pair, styles, path, problem }: Surroundings): LabelMapSettings {
  const given = pair.regions?.style === undefined ? [] : [pair.regions.style].flat();
  const mapOfStyle = byStyle(given, 'region maps', { pair, path, problem });
  const mapOf = (image: string, map: string | undefined): string => {
    const file = map === undefined ? regionsBeside(image) : path(map);
    if (!existsSync(file)) {
      problem(
        map === undefined
          ? `regions: there is no region map of "${image}"; put one beside it as "${basename(file)}", or name it: in pairs { content, style, regions: { content: 'a.png', style: 'b.png' } }, with neckar transfer --regions-content and --regions-style`
          : `regions: the region map "${file}" does not exist; check its path`,
      );
    }
    return file;
  };
  return {
    content: mapOf(path(pair.content), pair.regions?.content),
    styles: styles.map((file) => mapOf(file, mapOfStyle.get(file))),
    soften,
  };
}

function maskFiles(soften: number, { pair, styles, path, problem }: Surroundings): MaskSettings {
  const { masks } = pair;
  const given = masks?.style === undefined ? [] : [masks.style].flat();
  const masksOfStyle = byStyle(given, 'masks', { pair, path, problem });
  const masksOf = (image: string, named: MaskFiles | undefined): MaskFiles => {
    if (named === undefined) {
      const found = masksBeside(image);
      if (Object.keys(found).length === 0) {
        const name = basename(image, extname(image));
        problem(
          `regions: there are no masks of "${image}"; put them beside it as "${name}.sky.mask.png" for a region "sky", or name them: in pairs { content, style, masks: { content: { sky: 'a.png' }, style: { sky: 'b.png' } } }, with neckar transfer --mask-content sky=a.png --mask-style sky=b.png`,
        );
      }
      return found;
    }
    const entries = Object.entries(named).map(([name, file]): [string, string] => [name, path(file)]);
    for (const [name, file] of entries) {
      if (!maskName.test(name)) {
        problem(
          `masks: a region cannot be called "${name}"; use letters, digits and _ + - only, starting with a letter or digit`,
        );
      }
      if (!existsSync(file)) problem(`masks: the mask "${file}" of "${name}" does not exist; check its path`);
    }
    if (entries.length === 0) {
      problem(`masks: none is named for "${image}"; name at least one, as in { sky: 'a.png' }`);
    }
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  const content = masksOf(path(pair.content), masks?.content);
  if (Object.keys(content).length > mostMasks) {
    problem(
      `masks: "${pair.content}" has ${Object.keys(content).length}; at most ${mostMasks} can be told apart`,
    );
  }
  return {
    masks: { content, styles: styles.map((file) => masksOf(file, masksOfStyle.get(file))) },
    soften,
  };
}

/** What is named for each style, by the style's file; a style that nothing is named for is not among them. */
function byStyle<Named>(
  given: readonly Named[],
  what: string,
  { pair: { style, names }, path, problem }: Omit<Surroundings, 'styles'>,
): Map<string, Named> {
  const written = typeof style === 'string' ? [style] : style.map(({ image }) => image);
  if (given.length > 0 && given.length !== written.length) {
    const many = written.length === 1 ? 'one style' : `${written.length} styles`;
    problem(
      `pairs: ${names.content}×${names.style} has ${many}, but ${what} for ${given.length}; name them for each`,
    );
  }
  return new Map(
    written.flatMap((image, i) => (given[i] === undefined ? [] : [[path(image), given[i]!] as const])),
  );
}
