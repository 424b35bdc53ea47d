/** A study to be served while it is measured: the project's own pictures stand in for the results. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { contents, styles } from '../../fixtures/index.ts';
import { writeFileAtomically } from '../platform/write.ts';
import { plannedStudy } from '../study/analysis/power.ts';
import { pairQuestions, type StudyManifest, seal } from '../study/design/manifest.ts';
import { StimulusFolder } from '../study/design/stimuli.ts';

/**
 * Writes a study of four methods and six pairs into a folder.
 * @param minutes - of a session, which decide how many trials it has
 * @param side - of every picture, in pixels
 */
export async function benchStudy(folder: string, minutes: number, side: number): Promise<StudyManifest> {
  await mkdir(join(folder, 'stimuli'), { recursive: true });
  const stimuli = new StimulusFolder(join(folder, 'stimuli'));
  const size = { width: side, height: side };
  const photographs = [contents.town.path, contents.portrait.path];
  const paintings = Object.values(styles).map(({ path }) => path);
  const planned = plannedStudy(
    {
      methods: 4,
      pairs: 6,
      preference: 0.6,
      minutes,
      questions: pairQuestions,
      alpha: 0.05,
      repetitions: 1,
      seed: 'bench',
    },
    40,
  );
  const pairs: StudyManifest['pairs'] = [];
  for (const [i, pair] of planned.pairs.entries()) {
    const content = photographs[i % photographs.length]!;
    const style = paintings[i % paintings.length]!;
    const results = [];
    for (const [m, result] of pair.results.entries()) {
      const picture = m === 0 ? content : paintings[(i + m) % paintings.length]!;
      // Every side is another, so that every stimulus has a hash of its own.
      const stimulus = await stimuli.content(picture, { width: side, height: side - 4 * m - 1 });
      results.push({ ...result, stimulus });
    }
    pairs.push({
      ...pair,
      content: await stimuli.content(content, size),
      style: await stimuli.style(style, size),
      styleCrop: await stimuli.styleCrop(style, size),
      results,
    });
  }
  const { hash: _, ...body } = planned;
  const study = seal({ ...body, name: 'bench', pairs });
  await writeFileAtomically(join(folder, 'manifest.json'), `${JSON.stringify(study)}\n`);
  return study;
}
