/** From a run to a submission, its check and the board; and one sentence for whatever is wrong with them. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { boardOf } from '../../reports/board/input.ts';
import { writeBoard } from '../../reports/board/write.ts';
import { checkSubmission } from '../../src/benchmark/check.ts';
import { type LocatedPicture, requirePictures } from '../../src/benchmark/pictures.ts';
import { benchmarkName, planBenchmark } from '../../src/benchmark/plan.ts';
import { type LoadedProtocol, loadProtocol, pairsOf } from '../../src/benchmark/protocol.ts';
import type { Protocol } from '../../src/benchmark/protocol-schema.ts';
import { checksumOf, readSubmission, submit } from '../../src/benchmark/submission.ts';
import type { Submission } from '../../src/benchmark/submission-schema.ts';
import { imageFileHash } from '../../src/images/decode.ts';
import { writeImage } from '../../src/images/encode.ts';
import { createImage, type RgbImage } from '../../src/images/image.ts';
import { runExperiment } from '../../src/runs/run.ts';

interface Context {
  readonly folder: string;
  readonly loaded: LoadedProtocol;
  readonly located: readonly LocatedPicture[];
}

const test = anyTest.serial as TestFn<Context>;

const side = 32;
/** A picture of stripes, which no two numbers make alike. */
const stripes = (k: number): RgbImage =>
  createImage(side, side, (x, y) => [
    0.5 + 0.5 * Math.sin(0.3 * (k + 1) * x),
    0.5 + 0.5 * Math.cos(0.2 * (k + 2) * y),
    ((x * 7 + y * 3 + k * 5) % 11) / 11,
  ]);

async function protocolIn(folder: string): Promise<LoadedProtocol> {
  const picture = async (role: string, k: number) => {
    const path = join(folder, `${role}-${k}.png`);
    await writeImage(path, stripes(role === 'c' ? k : 10 + k));
    return {
      name: `${role}${k}`,
      title: `${role} ${k}`,
      subject: 'artificial' as const,
      file: `${role}-${k}.png`,
      sha256: await imageFileHash(path),
      width: side,
      height: side,
      licence: 'MIT',
      credit: 'this test',
    };
  };
  const { protocol } = await loadProtocol('neckar-1');
  const own: Protocol = {
    ...protocol,
    name: 'tiny',
    contents: [await picture('c', 0), await picture('c', 1)],
    styles: [await picture('s', 0), await picture('s', 1)],
    size: side,
    smoke: { contents: ['c0', 'c1'], styles: ['s0', 's1'] },
    tiers: {
      pixels: {
        ...protocol.tiers['weights-free']!,
        metrics: ['ssim;scale=native', 'psnr', 'lab-wasserstein'],
        heldOut: 'none',
      },
    },
  };
  await writeFile(join(folder, 'tiny.json'), JSON.stringify(own));
  return loadProtocol(join(folder, 'tiny.json'));
}

/** A folder of pictures, one of each pair. */
async function pictures(
  { loaded, folder }: Pick<Context, 'loaded' | 'folder'>,
  name: string,
  of: (i: number, content: string) => RgbImage,
): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  for (const [i, { content, style }] of pairsOf(loaded.protocol, 'all').entries())
    await writeImage(join(path, `${content.name}-${style.name}.png`), of(i, content.name));
  return path;
}

test.before(async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'neckar-benchmark-'));
  const loaded = await protocolIn(folder);
  const located = await requirePictures(loaded, 'all');
  t.context = { folder, loaded, located };
  const words = [
    `first=${await pictures(t.context, 'first', (i) => stripes(20 + i))}`,
    `second=${await pictures(t.context, 'second', (i) => stripes(30 + i))}`,
    `content=${await pictures(t.context, 'unchanged', (_, content) => stripes(Number(content.slice(1))))}`,
    `same=${await pictures(t.context, 'same', () => stripes(50))}`,
  ];
  const plan = await planBenchmark(loaded, located, { part: 'all', methods: words, alone: true });
  t.is(plan.trials.length, 16);
  const { failures } = await runExperiment(plan, { runs: join(folder, 'runs') });
  t.deepEqual(failures, []);
});

test.after.always(async (t) => {
  await rm(t.context.folder, { recursive: true, force: true });
});

const request = ({ folder, loaded, located }: Context, method: string, output = method) => ({
  loaded,
  located,
  part: 'all' as const,
  method,
  runs: join(folder, 'runs', benchmarkName(loaded.protocol, 'pixels')),
  output: join(folder, 'submissions', output),
});

const from = ({ loaded }: Context) => ({ protocol: loaded.file });

/** A copy of the first submission with something changed in its text. */
async function changed(
  context: Context,
  name: string,
  change: (submission: Submission) => unknown,
  signed: boolean,
): Promise<string> {
  const folder = join(context.folder, 'changed', name);
  await rm(folder, { recursive: true, force: true });
  await cp(join(context.folder, 'submissions', 'first'), folder, { recursive: true });
  const submission = structuredClone(await readSubmission(folder));
  const result = (change(submission) ?? submission) as Submission;
  const text = signed ? { ...result, checksum: checksumOf(result) } : result;
  await writeFile(join(folder, 'results.json'), JSON.stringify(text));
  return folder;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] extends object ? Mutable<T[Key]> : T[Key] };
const edit = (change: (submission: Mutable<Submission>) => void) => (submission: Submission) =>
  change(submission as Mutable<Submission>);

test('a method’s pictures become a submission that holds, its numbers computed anew', async (t) => {
  for (const method of ['first', 'second']) {
    const { submission, notes } = await submit(request(t.context, method));
    t.deepEqual(notes, []);
    t.is(submission.results.length, 4);
    t.is(submission.method.kind, 'images');
    t.false(JSON.stringify(submission.method.settings).includes(t.context.folder), 'no path of this machine');
  }
  const {
    problems,
    pictures: hashed,
    numbers,
  } = await checkSubmission(join(t.context.folder, 'submissions', 'first'), from(t.context));
  t.deepEqual(problems, []);
  t.is(hashed, 4);
  t.is(numbers, 12);
});

/** What is done to a submission that held -> the sentence that names it. */
const edits: Readonly<
  Record<string, { change: (submission: Submission) => unknown; signed: boolean; says: RegExp }>
> = {
  'a number, by hand': {
    change: edit(({ results }) => {
      const score = Object.values(results[2]!.scores)[0]!;
      if ('value' in score) score.value += 0.01;
    }),
    signed: false,
    says: /does not match its checksum/,
  },
  'a number, and the checksum with it': {
    change: edit(({ results }) => {
      const score = Object.values(results[2]!.scores)[0]!;
      if ('value' in score) score.value += 0.01;
    }),
    signed: true,
    says: /pictures\/c1-s0\.png: .* is 0?\.?\d.* in results\.json, and .* computed from the picture/,
  },
  'seconds, by hand': {
    change: edit((one) => {
      one.results[0]!.seconds = 0.01;
    }),
    signed: false,
    says: /does not match its checksum/,
  },
  'a missing pair': {
    change: edit(({ results }) => {
      results.pop();
    }),
    signed: true,
    says: /The pair c1 × s1 is missing/,
  },
  'a pair twice': {
    change: edit(({ results }) => {
      results.push({ ...results[0]! });
    }),
    signed: true,
    says: /The pair c0 × s0 is there twice/,
  },
  'other bytes under a hash': {
    change: edit(({ results }) => {
      results[1]!.sha256 = results[0]!.sha256;
    }),
    signed: true,
    says: /pictures\/c0-s1\.png is not the picture that was submitted/,
  },
  'a picture outside of the folder': {
    change: edit(({ results }) => {
      results[1]!.file = '../first/pictures/c0-s1.png';
    }),
    signed: true,
    says: /lies outside of the folder's pictures/,
  },
  'another content shown to the method': {
    change: edit(({ inputs }) => {
      inputs.contents.c0 = inputs.contents.c1!;
    }),
    signed: true,
    says: /The content "c0" that the method was shown is not the protocol's/,
  },
  'settings that are not those hashed': {
    change: edit(({ method }) => {
      method.settings = { tuned: true };
    }),
    signed: true,
    says: /method\.settings are not those/,
  },
  'the name of the reference': {
    change: edit(({ method }) => {
      method.name = 'gram';
    }),
    signed: true,
    says: /called "gram", as the protocol's reference, but its settings are others/,
  },
  'a score that nobody asked for': {
    change: edit(({ results }) => {
      results[0]!.scores.mine = { value: 1, better: 'higher', label: 'mine' };
    }),
    signed: true,
    says: /has a score "mine", which the protocol does not know/,
  },
  'a score left out': {
    change: edit(({ results }) => {
      delete results[0]!.scores.psnr;
    }),
    signed: true,
    says: /has no score "psnr"/,
  },
};

for (const [what, { change, signed, says }] of Object.entries(edits)) {
  test(`caught and named: ${what}`, async (t) => {
    const folder = await changed(t.context, what.replaceAll(/\W/g, '-'), change, signed);
    const { problems } = await checkSubmission(folder, from(t.context));
    t.true(
      problems.some((problem) => says.test(problem)),
      problems.join('\n'),
    );
  });
}

/** What is tried -> the one sentence that refuses it. */
const refusals: Readonly<Record<string, { attempt: (context: Context) => Promise<unknown>; says: RegExp }>> =
  {
    'a picture of the protocol with other bytes': {
      attempt: async ({ folder, loaded }) => {
        const path = join(folder, 'c-0.png');
        const before = await readFile(path);
        await writeImage(path, stripes(77));
        try {
          await requirePictures(loaded, 'all');
        } finally {
          await writeFile(path, before);
        }
      },
      says: /c-0\.png" is not the picture "c0" of the protocol "tiny": its SHA-256 begins with/,
    },
    'a folder of pictures that lacks a pair': {
      attempt: async (context) => {
        const path = await pictures(context, 'lacking', (i) => stripes(60 + i));
        await rm(join(path, 'c1-s0.png'));
        await planBenchmark(context.loaded, context.located, { part: 'all', methods: [path], alone: true });
      },
      says: /"lacking" has no picture of the pair c1 × s0/,
    },
    'pictures of another size': {
      attempt: async (context) => {
        const path = await pictures(context, 'larger', () =>
          createImage(48, 48, (x, y) => [x / 48, y / 48, 0]),
        );
        await planBenchmark(context.loaded, context.located, { part: 'all', methods: [path], alone: true });
      },
      says: /has 48×48 pixels; the protocol wants 32×32/,
    },
    'the content returned unchanged': {
      attempt: (context) => submit(request(context, 'content')),
      says: /"content" returns the content unchanged at all 4 pairs/,
    },
    'one picture for all pairs': {
      attempt: (context) => submit(request(context, 'same')),
      says: /"same" gives one and the same picture for all 4 pairs/,
    },
    'a method that was not run': {
      attempt: (context) => submit(request(context, 'frist', 'other')),
      says: /have no method "frist"\. Did you mean "first"\?/,
    },
    'a folder that holds something else': {
      attempt: async (context) => {
        await mkdir(join(context.folder, 'submissions', 'mine'), { recursive: true });
        await writeFile(join(context.folder, 'submissions', 'mine', 'thesis.txt'), 'x');
        await submit(request(context, 'first', 'mine'));
      },
      says: /holds something else than a submission/,
    },
    'a method that does not exist': {
      attempt: ({ loaded, located }) =>
        planBenchmark(loaded, located, { part: 'all', methods: ['momments'] }),
      says: /there is no method "momments"\. Did you mean "moments"\?/,
    },
    'two methods of one name': {
      attempt: ({ loaded, located }) =>
        planBenchmark(loaded, located, { part: 'all', methods: ['mrf', 'mrf'] }),
      says: /two methods are named "mrf"/,
    },
    'a tier that the protocol has not': {
      attempt: ({ loaded, located }) =>
        planBenchmark(loaded, located, { part: 'all', tier: 'pixel', methods: [] }),
      says: /has no tier "pixel"\. Did you mean "pixels"\?/,
    },
    'no submission': {
      attempt: ({ folder }) => readSubmission(folder),
      says: /is no submission: it has no results\.json/,
    },
    'a results.json that is none': {
      attempt: (context) => changed(context, 'none', () => ({ format: 1 }), false).then(readSubmission),
      says: /is not a submission's: .*missing/,
    },
    'a submission of another version': {
      attempt: async (context) => {
        const change = edit(({ protocol }) => {
          protocol.version = 2;
        });
        await checkSubmission(await changed(context, 'version', change, true), from(context));
      },
      says: /is of the protocol tiny version 2 .*, here is tiny version 1/,
    },
    'two submissions of one name on a board': {
      attempt: async (context) => board(context, ['first', 'first']),
      says: /are both called "first"/,
    },
    'a board over different versions': {
      attempt: async (context) => {
        const change = edit(({ protocol, method }) => {
          protocol.version = 2;
          protocol.sha256 = '0'.repeat(64);
          method.name = 'newer';
        });
        const folder = await changed(context, 'newer', change, true);
        await board(context, ['first'], [folder]);
      },
      says: /a board holds submissions of one protocol in one version/,
    },
    'a board on which a pair is missing': {
      attempt: async (context) => {
        const change = edit(({ results, method }) => {
          results.pop();
          method.name = 'short';
        });
        await board(context, ['first'], [await changed(context, 'short', change, true)]);
      },
      says: /lacks the pair c1 × s1/,
    },
  };

async function board(
  { folder, loaded, located }: Context,
  methods: readonly string[],
  others: readonly string[] = [],
) {
  const folders = [...methods.map((name) => join(folder, 'submissions', name)), ...others];
  const read = await Promise.all(
    folders.map(async (one) => ({ folder: one, submission: await readSubmission(one) })),
  );
  return boardOf(loaded, located, read);
}

for (const [what, { attempt, says }] of Object.entries(refusals)) {
  test(`refused in a sentence: ${what}`, async (t) => {
    const error = await t.throwsAsync(attempt(t.context), { name: 'NeckarError' });
    t.regex(error!.message, says);
  });
}

test('the board: a page, its numbers and a table, every picture beside it; not over somebody else’s files', async (t) => {
  const output = join(t.context.folder, 'board');
  const { html, numbers } = await writeBoard(await board(t.context, ['first', 'second']), output);
  const page = await readFile(html, 'utf8');
  t.regex(page, /Tiny|Neckar 1: 2 methods/);
  for (const { content, style } of pairsOf(t.context.loaded.protocol, 'all'))
    t.true(page.includes(`pictures/second-${content.name}-${style.name}.png`));
  t.deepEqual(
    await readFile(join(output, 'pictures/first-c0-s1.png')),
    await readFile(join(t.context.folder, 'submissions/first/pictures/c0-s1.png')),
  );
  t.deepEqual(JSON.parse(await readFile(join(output, 'board.json'), 'utf8')).measures.length, 3);
  t.regex(await readFile(join(output, 'board.tex'), 'utf8'), /\\begin\{tabular\}\{lcccc\}/);
  // The mean of a method is that of its submission's values, whoever adds them up.
  const submission = await readSubmission(join(t.context.folder, 'submissions', 'first'));
  const measure = numbers.measures.find(({ id }) => id === 'psnr')!;
  const values = submission.results.map(({ scores }) => (scores.psnr as { value: number }).value);
  const own = measure.standings.find(({ method }) => method === 'first')!;
  t.true(Math.abs(own.mean.estimate - values.reduce((sum, x) => sum + x, 0) / 4) < 1e-9);
  t.true(Math.abs(own.styles[1]! - (values[1]! + values[3]!) / 2) < 1e-9);
  const taken = join(t.context.folder, 'taken');
  await mkdir(taken);
  await writeFile(join(taken, 'index.html'), 'mine');
  await t.throwsAsync(writeBoard(await board(t.context, ['first']), taken), {
    message: /which no board has written/,
  });
});
