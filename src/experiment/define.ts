/** How an experiment is written: its type, and helpers that make its parts. */
import type { z } from 'zod';
import type { MetricComponent } from '../../metrics/define.ts';
import type { OfComponent } from '../components/registry.ts';
import type { EncoderInput } from '../encoders/registry.ts';
import type { MethodInput } from '../external/method.ts';
import type { LossInput } from '../losses/registry.ts';
import type { OptimizerInput } from '../optimizers/registry.ts';
import type { launcherSchema } from './launcher.ts';
import type { Preset, PresetName } from './presets.ts';
import type { settings } from './schema.ts';
import type { CaseSweep, Sweepable } from './sweep.ts';

export type { LossInput };

/** A loss with sweeps in it, ours or one's own. */
export type SweptLoss = Sweepable<LossInput | OfComponent>;

type WrittenSettings = { [Name in keyof typeof settings]?: z.input<(typeof settings)[Name]> };
/** A level of a picture made coarse to fine; what it does not set is the trial's. */
export interface LevelInput {
  /** Longest side in pixels. */
  readonly size: number;
  /** Default: an equal share of what the other levels leave of the budget. */
  readonly evaluations?: number;
  readonly styleScale?: number;
  readonly optimizer?: OptimizerInput;
  /** Name of a loss or a term -> factor on its weight. */
  readonly weights?: Readonly<Record<string, number>>;
}

/** An image file: its path, its URL (`new URL('town.png', import.meta.url)`), or a picture of the fixtures. */
export type ImageInput = string | URL | { readonly path: string };
type ImagesInput = ImageInput | readonly ImageInput[] | Readonly<Record<string, ImageInput>>;

/** Styles that are blended, each with its part relative to the others (default: 1). */
export type BlendInput = readonly (ImageInput | { readonly image: ImageInput; readonly weight?: number })[];
type StylesInput = ImageInput | readonly ImageInput[] | Readonly<Record<string, ImageInput | BlendInput>>;

type MasksInput = Readonly<Record<string, ImageInput>>;

/** An image pair: an object, or [content, style]. Relative paths start from the experiment file's folder. */
export type PairInput =
  | {
      readonly content: ImageInput;
      /** One style, or several that are blended: every style loss is the weighted sum of the loss toward each. */
      readonly style: ImageInput | BlendInput;
      /** Region maps for `regions: 'maps'`. Default: `<image>.regions.png` beside each image. */
      readonly regions?: {
        readonly content?: ImageInput;
        readonly style?: ImageInput | readonly ImageInput[];
      };
      /**
       * Masks for `regions: 'masks'`: grey images by the names of their regions, the same on both sides, as in
       * `{ content: { sky: 'town-sky.png' }, style: { sky: 'night-sky.png' } }`. White is weight 1, black and
       * transparent 0. Default: `<image>.<region>.mask.png` beside each image.
       */
      readonly masks?: {
        readonly content?: MasksInput;
        readonly style?: MasksInput | readonly MasksInput[];
      };
    }
  | readonly [content: ImageInput, style: ImageInput];

/** Every setting, each of which may be swept. */
export interface SettingsInput {
  /** Default: `wavelet`. `weights` may be a file, the name of installed ones, or `random`. */
  readonly encoder?: Sweepable<EncoderInput>;
  /** `auto` (default), `onnx`, `tensorflow`, one with a provider such as `onnx:webgpu`, or an object. */
  readonly engine?: Sweepable<string | NonNullable<WrittenSettings['engine']>>;
  /** Default: `lbfgs`. */
  readonly optimizer?: Sweepable<OptimizerInput>;
  /** Longest side in pixels. Default: 256. */
  readonly size?: Sweepable<number>;
  /** Longest side at each level, coarse to fine, instead of `size`. */
  readonly sizes?: Sweepable<readonly number[]>;
  /**
   * Instead of `sizes`, levels with settings of their own:
   * `[{ size: 128, evaluations: 60, optimizer: 'adam', weights: { mrf: 0 } }, { size: 256, evaluations: 90 }]`.
   * `weights` are factors by name of a loss or a term (`'fused.mrf'`); what has the factor 0 takes no part there.
   */
  readonly levels?: Sweepable<readonly LevelInput[]>;
  readonly styleScale?: Sweepable<number>;
  /**
   * How the content's colours are kept: `free` (default, they are not), `luminance`, `match-statistics`,
   * `match-statistics-cholesky` or `match-histogram` (Gatys et al. 2016, Preserving color).
   */
  readonly color?: Sweepable<NonNullable<WrittenSettings['color']>>;
  /**
   * Factor (default: 1) on the weight of the term `colors`, which every variant with a loss toward the style gets on an
   * encoder whose features do not see colours, as the default one's; 0: no such term. A variant that matches means of
   * the encoder's layers of colours itself gets none. Where means are matched the picture starts in the style's mean
   * colour, whatever it starts from: the features do not see the difference.
   */
  readonly styleColors?: Sweepable<number>;
  /**
   * Whether pictures are computed strip by strip, which gives the same in less memory: `auto` (default, where they do
   * not fit otherwise), `off`, `strips`, or the most rows of a strip.
   */
  readonly tiling?: Sweepable<NonNullable<WrittenSettings['tiling']>>;
  /**
   * `none` (default), or `maps`: each part of the content looks like the part of the style that has the same colour in
   * their region maps. `{ from: 'maps', soften: 3 }` makes the edges between parts soft. `masks`: the same by grey
   * images, one for each part, whose lightness is the part's weight. Weights count as they are: parts may overlap, and
   * where they sum to less than one the style counts that much less.
   */
  readonly regions?: Sweepable<'none' | 'maps' | 'masks' | NonNullable<WrittenSettings['regions']>>;
  /**
   * `content` (default), `style`, `noise`, `flat` (the style's mean colour), `details` (the content's finest details on
   * the style's mean colour), or an object: `{ from: 'content', noise: 0.1 }`, `{ from: 'noise', colors: 'style' }`,
   * `{ from: 'flat', color: 'imagenet', noise: 0.01 }`, `{ from: 'file', file: 'x.png' }`.
   */
  readonly initialization?: Sweepable<
    'content' | 'style' | 'noise' | 'flat' | 'details' | NonNullable<WrittenSettings['initialization']>
  >;
  readonly clamp?: Sweepable<'step' | 'final'>;
  readonly seed?: Sweepable<number>;
  /** Short for `seed: grid([...])`. */
  readonly seeds?: readonly number[];
  /** Evaluations (default: 150), or an object with further rules. */
  readonly budget?: Sweepable<number | NonNullable<WrittenSettings['budget']>>;
  readonly weighting?: Sweepable<'fixed' | 'gradient-norm'>;
  /** Evaluations whose pictures are kept besides the last, or `{ every: n }`. */
  readonly snapshots?: Sweepable<NonNullable<WrittenSettings['snapshots']>>;
  /**
   * What is compared, by name: losses; a network that makes the picture in one pass
   * (`{ network: adain(), weights: 'adain' }`); or somebody else's method, which is a program
   * (`{ command: 'python their.py {content} {style} {output}' }`) or a folder of pictures (`{ images: 'theirs' }`).
   */
  readonly variants?: Readonly<
    Record<
      string,
      | SweptLoss
      | Sweepable<LossInput['type']>
      | readonly (SweptLoss | LossInput['type'])[]
      | Sweepable<readonly LossInput[]>
      | Sweepable<MethodInput>
    >
  >;
  /** The losses of the only variant, instead of `variants`. */
  readonly losses?: readonly (SweptLoss | LossInput['type'])[];
}

/** A question with the comparison that answers it. */
export interface QuestionInput {
  readonly text: string;
  /** A metric's name (`gram-relative`), or as much of its spec id as tells it from others (`ssim;scale=native`). */
  readonly metric?: string | MetricComponent;
  /** `variant` (default), `optimizer` or a swept path such as `losses.gram.weight`. */
  readonly factor?: string;
  /** A level of the factor. */
  readonly reference?: string;
  /** `rising` or `falling` from each level of the factor to the next; not beside a `reference`. */
  readonly trend?: 'rising' | 'falling';
}

/** A whole experiment as its file exports it. */
export interface ExperimentInput extends SettingsInput {
  /** Names the folder of its runs. Default: the file's name. */
  readonly name?: string;
  /**
   * The primary question. With a `metric` its comparison over the `factor`'s levels (default: `variant`), against the
   * `reference` if there is one or along its `trend`, is the primary result; all other comparisons count as exploratory.
   */
  readonly question?: string | QuestionInput;
  /** Named settings to begin with, the later over the earlier; the experiment's own go over them all. */
  readonly presets?: Sweepable<readonly (PresetName | Preset)[]>;
  /** Image files by name, or a list of files; every content with every style. */
  readonly contents?: ImagesInput;
  readonly styles?: StylesInput;
  /** Pairs instead of every content with every style. */
  readonly pairs?: readonly PairInput[];
  /** Several settings moved together, by dotted path; an array is crossed. */
  readonly sweep?: CaseSweep | readonly CaseSweep[];
  /**
   * What is measured on every trial's picture besides the few metrics that always are: names (`frechet`: on every layer
   * it is measured on), names with parts (`frechet;layer=relu4_1`), metrics of one's own as `defineMetric` gives them,
   * or `all`. Of trials that are finished
   * `neckar measure` measures what is missing.
   */
  readonly metrics?: readonly (string | MetricComponent)[];
  /**
   * The encoder on which every picture's style is measured although none was optimised on it, or `none`. Default: the
   * first that is no relative of any encoder in use among installed pretrained networks (vgg19, vgg16, squeezenet1_1,
   * squeezenet1_0, alexnet), `wavelet`, and a network with random weights.
   */
  readonly heldOut?: EncoderInput | 'none';
  readonly report?: { readonly title?: string; readonly rows?: string; readonly columns?: string };
  /** `local` (default), `slurm`, or an object that also says what each Slurm task is given. */
  readonly launcher?: 'local' | 'slurm' | z.input<typeof launcherSchema>;
}

/**
 * Declares an experiment: `export default defineExperiment({ ... })`. Nothing is checked or run here, so that every
 * mistake is reported at once when the experiment is planned.
 */
export function defineExperiment(experiment: ExperimentInput): ExperimentInput {
  return experiment;
}
