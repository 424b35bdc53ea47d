/** Made-up trainings of the networks of a made-up experiment. */
import type { ReportedTraining, ReportInput } from '../../reports/input.ts';
import type { TrainingResult } from '../../src/experiment/training.ts';
import type { TraceRecord } from '../../src/experiment/trial.ts';
import { storeVersion } from '../../src/runs/store-version.ts';

/** The input with a training for each that its results name: totals fall as 10 ÷ (1 + step ÷ 20). */
export function withTrainings(input: ReportInput, steps = 120): ReportInput {
  const known = new Map<string, ReportedTraining>();
  for (const { config, result, id: trial } of input.trials) {
    const facts = result?.network?.training;
    if (facts === undefined || known.has(facts.id)) continue;
    const trace = Array.from({ length: steps }, (_, i): TraceRecord => {
      const total = 10 / (1 + i / 20);
      return {
        evaluation: i + 1,
        step: i + 1,
        level: 0,
        seconds: i,
        total,
        terms: { gram: { value: total, weighted: total } },
      };
    });
    const samples = [0, 0.25, 0.5, 0.75, 1].flatMap((share) =>
      ['town', 'portrait'].map((content) => ({
        step: Math.round(share * steps),
        path: `images/${content}-${Math.round(share * steps)}.png`,
        content: `/home/annegret/${content}.jpg`,
        style: config.style,
      })),
    );
    const training = {
      storeVersion,
      id: facts.id,
      attempt: 1,
      state: 'complete',
      reason: 'budget',
      config: {
        network: { name: config.variant },
        losses: [{ type: 'gram', name: 'gram', weight: 1 }],
        encoder: { name: 'wavelet' },
        pictures: ['/home/annegret/a.jpg', '/home/annegret/b.jpg'],
        styles: facts.id.endsWith('all') ? ['/a.jpg', '/b.jpg'] : [config.style],
        size: 128,
        seed: 0,
      },
      identity: { ...result!.identity, host: facts.host },
      inputs: {},
      artefacts: {},
      weights: { path: 'weights.safetensors', bytes: 1, parameters: 430_000 },
      samples,
      timing: {
        total: facts.seconds,
        prepare: 1,
        compile: 1,
        shared: facts.shared,
        peakMemory: 1e9,
        steps: facts.seconds - 2,
        perStep: 0.5,
      },
      cost: { steps, pictures: 4 * steps },
      final: { total: 1.5, terms: {} },
      startedAt: '2025-07-12T17:00:00.000Z',
      finishedAt: '2025-07-12T17:01:00.000Z',
    } as unknown as TrainingResult;
    known.set(facts.id, {
      id: facts.id,
      result: training,
      trace: async () => trace,
      picture: () => input.picture(trial, result!.images.final),
    });
  }
  return { ...input, trainings: [...known.values()] };
}
