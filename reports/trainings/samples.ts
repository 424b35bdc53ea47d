/** The pictures that a network made on the way through its training. */
import type { TrainingResult } from '../../src/experiment/training.ts';
import { groupBy, mapLimited } from '../group.ts';
import type { PictureMemory } from '../picture-memory.ts';
import { encodePicture, type PictureOrProblem, type Place } from '../pictures.ts';
import { type LabeledTraining, pictureName } from './labels.ts';

type Sample = TrainingResult['samples'][number];

/** What is shown of a training. */
export const moments = ['start', 'quarter', 'half', 'end'] as const;
export type Moment = (typeof moments)[number];
const shares: Readonly<Record<Moment, number>> = { start: 0, quarter: 0.25, half: 0.5, end: 1 };

/** One content in one style, through the training. */
export interface SampleRow {
  readonly label: string;
  readonly content: string;
  readonly style: string;
  readonly pictures: readonly {
    readonly moment: Moment;
    readonly step: number;
    readonly picture: PictureOrProblem;
  }[];
}

/** Longest sides: these are glanced at beside each other. */
const sizes = { thumbnail: 192, own: 192, largest: 192 };
/** Contents of one training. */
const mostContents = 2;
/** Rows with more than one content of a training; of more trainings each has one. */
const mostRows = 8;

/** The samples nearest to the start, a quarter, half and the end, each once; with the moment that each stands for. */
export function samplesAt(
  samples: readonly Sample[],
  steps: number,
): { readonly moment: Moment; readonly sample: Sample }[] {
  const chosen = new Map<Sample, Moment>();
  for (const moment of moments) {
    const wanted = shares[moment] * steps;
    const [nearest] = samples.toSorted(
      (a, b) => Math.abs(a.step - wanted) - Math.abs(b.step - wanted) || a.step - b.step,
    );
    // Of few samples one stands for the last moment that it is nearest to: a training's end is its end.
    if (nearest !== undefined) chosen.set(nearest, moment);
  }
  return [...chosen]
    .map(([sample, moment]) => ({ moment, sample }))
    .sort((a, b) => a.sample.step - b.sample.step);
}

/** The rows that are shown, their pictures encoded. */
export async function sampleRows(
  trainings: readonly LabeledTraining[],
  place: Place,
  memory: PictureMemory,
): Promise<SampleRow[]> {
  const contents = trainings.length * mostContents <= mostRows ? mostContents : 1;
  const rows = trainings.flatMap((one) => {
    const { result } = one.training;
    const pairs = groupBy(result.samples, ({ content, style }) => JSON.stringify([content, style]));
    return [...pairs.values()].slice(0, contents).map((samples) => ({ one, samples }));
  });
  return mapLimited(rows, 4, async ({ one, samples }, index) => {
    const { training, label } = one;
    const chosen = samplesAt(samples, training.result.cost.steps);
    const pictures = [];
    for (const { moment, sample } of chosen) {
      const kept = {
        file: sample.path,
        read: () => training.picture(sample.path),
        hash: training.result.artefacts[sample.path],
        memory,
      };
      const picture = await encodePicture(kept, place, `training-${index}-${moment}`, sizes);
      pictures.push({ moment, step: sample.step, picture });
    }
    const [first] = samples as [Sample];
    return { label, content: pictureName(first.content), style: pictureName(first.style), pictures };
  });
}
