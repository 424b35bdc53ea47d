/** Studies for tests: small pictures, made-up methods, no runs needed. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import sharp from 'sharp';
import { writeFileAtomically } from '../../src/platform/write.ts';
import {
  defaultRules,
  hashRules,
  manifestVersion,
  type PairQuestion,
  type StudyManifest,
  seal,
} from '../../src/study/design/manifest.ts';
import { withDesign } from '../../src/study/design/new-study.ts';
import { StimulusFolder } from '../../src/study/design/stimuli.ts';
import type { StudyForm } from '../../src/study/form/schema.ts';
import type { Background, Conditions } from '../../src/study/storage/answer.ts';

/** Names that must never reach a rater. */
export const methodNames = ['gramophone', 'patchwork', 'fusilli', 'histologue'] as const;

export const background: Background = {
  age: '30-44',
  occupation: 'arts',
  education: 'master',
  artTraining: 'degree',
  vision: 'normal',
  colourVision: 'normal',
};

export const conditions: Conditions = {
  device: 'desktop',
  screen: 'large',
  distance: '40to70',
  light: 'dim',
  brightness: 'full',
  darkSquares: '4',
  lightSquares: '5',
  colourRedGreen: 'found',
  colourBlueYellow: 'found',
};

export async function temporaryFolder(t: Pick<ExecutionContext, 'teardown'>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'neckar-study-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface SmallStudy {
  readonly methods?: number;
  readonly pairs?: number;
  readonly raters?: number;
  readonly minutes?: number;
  readonly questions?: readonly PairQuestion[];
  readonly cannotTell?: boolean;
  readonly size?: number;
  readonly version?: number;
  readonly kind?: 'blocks' | 'active';
  /** Default: none, as in manifests of the first version. Its questions are the study's. */
  readonly form?: StudyForm;
}

/** A manifest without pictures: every stimulus has a hash of its own. */
export function bareStudy(options: SmallStudy = {}): StudyManifest {
  const { methods = 4, pairs = 3 } = options;
  let next = 0;
  const stimulus = () => ({
    hash: (++next).toString(16).padStart(64, '0'),
    width: 64,
    height: 48,
    bytes: 100,
  });
  return manifestOf(
    options,
    Array.from({ length: pairs }, (_, p) => ({
      name: `content${p}×style${p}`,
      content: stimulus(),
      style: stimulus(),
      styleCrop: stimulus(),
      results: Array.from({ length: methods }, (_, m) => ({
        stimulus: stimulus(),
        trial: `trial-${p}-${m}`,
        scores: {
          'good;1': { value: m + p / 10, better: 'higher' as const, label: 'Good' },
          'bad;1': { value: m + p / 10, better: 'lower' as const, label: 'Bad' },
        },
      })),
    })),
  );
}

/** A study's folder with pictures; a few hundred bytes each. */
export async function studyFolder(
  folder: string,
  options: SmallStudy = {},
): Promise<{ folder: string; study: StudyManifest }> {
  const { methods = 4, pairs = 3, size = 48 } = options;
  const sources = join(folder, 'sources');
  const target = join(folder, 'study');
  await mkdir(sources, { recursive: true });
  await mkdir(join(target, 'stimuli'), { recursive: true });
  const stimuli = new StimulusFolder(join(target, 'stimuli'));
  const paint = async (name: string, hue: number, stripes: number) => {
    const path = join(sources, `${name}.png`);
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${(size * 3) / 4}">
<rect width="100%" height="100%" fill="hsl(${hue},45%,60%)"/>${Array.from({ length: stripes }, (_, i) => `<circle cx="${(((i * 37) % 100) / 100) * size}" cy="${(((i * 61) % 75) / 100) * size}" r="${size / 9}" fill="hsl(${(hue + 40 + i * 13) % 360},60%,${35 + ((i * 17) % 40)}%)"/>`).join('')}</svg>`;
    await sharp(Buffer.from(svg)).png().toFile(path);
    return path;
  };
  const copied = [];
  const shape = { width: size, height: (size * 3) / 4 };
  for (let p = 0; p < pairs; p++) {
    const content = await paint(`content${p}`, 90 + 50 * p, 3);
    const style = await paint(`style${p}`, 10 + 80 * p, 24);
    const results = [];
    for (let m = 0; m < methods; m++) {
      const path = await paint(`${methodNames[m % methodNames.length]}${p}`, 30 + 60 * m + 17 * p, 5 + 6 * m);
      results.push({ stimulus: await stimuli.result(path), trial: `trial-${p}-${m}`, scores: {} });
    }
    copied.push({
      name: `content${p}×style${p}`,
      content: await stimuli.content(content, shape),
      style: await stimuli.style(style, shape),
      styleCrop: await stimuli.styleCrop(style, shape),
      results,
    });
  }
  const study = manifestOf(options, copied);
  await writeFileAtomically(join(target, 'manifest.json'), `${JSON.stringify(study)}\n`);
  return { folder: target, study };
}

function manifestOf(given: SmallStudy, pairs: StudyManifest['pairs']): StudyManifest {
  const { form } = given;
  const options = form === undefined ? given : { ...given, questions: form.questions.map(({ id }) => id) };
  const methods = pairs[0]!.results.length;
  return seal(
    withDesign(
      {
        manifestVersion,
        name: 'small',
        version: options.version ?? 1,
        title: 'Small study',
        experiment: 'small',
        createdAt: '2026-01-01T00:00:00.000Z',
        seed: 'small',
        methods: Array.from({ length: methods }, (_, m) => ({ name: methodNames[m] ?? `method${m}` })),
        reference: 0,
        pairs,
        questions: [...(options.questions ?? (['content', 'style', 'artefacts', 'preference'] as const))],
        primary: options.questions?.at(-1) ?? 'preference',
        cannotTell: options.cannotTell ?? true,
        ...(form !== undefined && { form }),
        raters: options.raters ?? 12,
        minutes: options.minutes ?? 25,
        resumeHours: 48,
        rules: defaultRules,
        rulesHash: hashRules(defaultRules),
      },
      options.kind ?? 'blocks',
    ),
  );
}
