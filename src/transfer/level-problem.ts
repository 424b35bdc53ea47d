/** A level's problem, weighted and compiled. */
import type { RgbImage } from '../images/image.ts';
import type { Level } from './levels.ts';
import { type AssembledProblem, assembleProblem, type Problem } from './problem.ts';
import { problemImages, type Sources } from './sources.ts';
import { tensorOf } from './trial-images.ts';
import type { TrialWork } from './trial-work.ts';
import { type WeightCourse, weightCourse } from './weight-course.ts';

/** Prepares what a level minimises from its start on, and how the weights change meanwhile. */
export async function prepareLevel(
  { config, hooks, images, encoder, engine, memory, clock }: TrialWork,
  { weights, before, evaluations: allowed }: Level,
  sources: Sources,
  start: RgbImage,
): Promise<{ problem: Problem; course: WeightCourse }> {
  const { evaluations } = config.budget;
  hooks.progress({ phase: 'compile', evaluation: memory.evaluations, evaluations });
  const begun = performance.now();
  const { width, height } = sources.encoded.content;
  const assembled = await assembleProblem({
    engine,
    encoder,
    losses: config.losses,
    weights,
    ...problemImages(sources, config, images),
    tiling: config.tiling ?? 'auto',
    note: (sentence) => hooks.log?.(`at ${width}×${height}, ${sentence}`),
  });
  if (config.weighting === 'gradient-norm') {
    memory.weightFactors = await balanced(assembled, start, memory.weightFactors);
  }
  const problem = await assembled.compile(memory.weightFactors, true);
  const seconds = (performance.now() - begun) / 1000;
  clock.spend('compile', problem.seconds.compile);
  clock.spend('prepare', seconds - problem.seconds.compile);
  return { problem, course: weightCourse(assembled.terms, { before, allowed, total: evaluations }) };
}

/**
 * Factors that make every term's gradient as long as the others' at the start. A term keeps the factor it has; one that
 * takes no part at earlier levels has its factor from where it first does.
 */
async function balanced(
  assembled: AssembledProblem,
  start: RgbImage,
  known: Record<string, number> | undefined,
): Promise<Record<string, number> | undefined> {
  if (assembled.terms.every(({ name }) => known?.[name] !== undefined)) return known;
  const norms = await assembled.gradientNorms(tensorOf(start));
  const factors = Object.entries(norms).map(([name, norm]): [string, number] => [
    name,
    norm > 0 && Number.isFinite(norm) ? 1 / norm : 1,
  ]);
  return { ...Object.fromEntries(factors), ...known };
}
