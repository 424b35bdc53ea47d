import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { anonymousReport } from '../../reports/anonymous.ts';
import { writeFigure } from '../../reports/figure/write.ts';
import type { ReportInput } from '../../reports/input.ts';
import { writeReport } from '../../reports/write.ts';
import { synthetic } from './_synthetic.ts';

const place = { host: 'lovelace', user: 'annegret', home: '/home/annegret' };
const project = '/home/annegret/papers/review-2031';
const runs = `${project}/runs/synthetic`;

/** A report with its maker's name, machine and folders in whatever text may hold them. */
function telling(): ReportInput {
  const base = synthetic({ size: 32, evaluations: 6, contents: ['hillside'], variants: ['gram', 'patches'] });
  return {
    ...base,
    title: 'Two losses, by Annegret',
    command: `neckar run ${project}/experiments/two.ts --runs ${runs}`,
    lacking: `See ssh://git@lab.example.org/annegret/two.git or annegret@lovelace:two.git, and runs/synthetic/trials/x.`,
    trials: base.trials.map((trial, i) => ({
      ...trial,
      command: `neckar run experiments/annegret/two.ts --only ${trial.id}`,
      reason: `${trial.reason} see ${runs}/trials/${trial.id}/log.txt on lovelace`,
      config: {
        ...trial.config,
        content: `${project}/set${i % 2}/content.png`,
        style: 'pictures/annegret/style.png',
        method: i === 0 ? ({ command: `python ${project}/x.py ~/nets/w.pt` } as never) : trial.config.method,
      },
      ...(trial.result !== undefined && {
        result: {
          ...trial.result,
          config: { ...trial.result.config, content: `${project}/set${i % 2}/content.png` },
          identity: {
            ...trial.result.identity,
            host: i % 2 === 0 ? 'lovelace' : 'babbage',
            device: 'NVIDIA H200 (GPU-8f6f4a2c-1111-2222-3333-444455556666)',
          },
        },
      }),
    })),
    picture: async (id, path) => {
      if (id === base.trials[1]!.id)
        throw new Error(`ENOENT: no such file, open '${runs}/trials/${id}/${path}'`);
      return base.picture(id, path);
    },
  };
}

const secrets = [
  'annegret',
  'lovelace',
  'babbage',
  '/home/',
  'papers',
  'review-2031',
  'runs/synthetic',
  'experiments/',
  'lab.example.org',
  '8f6f4a2c',
  '/nets/',
  tmpdir(),
];

async function everyByte(folder: string): Promise<[string, Buffer][]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length), await readFile(path)] as [string, Buffer];
    }),
  );
}

function found(bytes: Buffer): string[] {
  const text = bytes.toString('latin1').toLowerCase();
  return secrets.filter((secret) => text.includes(secret.toLowerCase()));
}

test('for blind review nothing in any file says who, where or on which machine', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'neckar-anonymous-'));
  try {
    await writeReport(telling(), join(folder, 'named'));
    const named = (await everyByte(join(folder, 'named'))).flatMap(([, bytes]) => found(bytes));
    for (const secret of ['annegret', 'lovelace', 'babbage', '/home/', 'runs/synthetic', 'lab.example.org'])
      t.true(named.includes(secret), `${secret} is there otherwise`);

    const input = anonymousReport(telling(), place);
    await writeReport(input, join(folder, 'report'), { pictures: 'folder' });
    await writeReport(input, join(folder, 'embedded'));
    await writeFigure(input, join(folder, 'figures'), { command: input.command });
    for (const part of ['report', 'embedded', 'figures']) {
      const files = await everyByte(join(folder, part));
      t.true(files.length > 8);
      for (const [path, bytes] of files) {
        t.deepEqual(found(bytes), [], path);
        if (/\.(png|webp)$/.test(path)) {
          const { exif, xmp, comments } = await sharp(bytes).metadata();
          t.deepEqual({ xmp, comments }, { xmp: undefined, comments: undefined }, path);
          // Of a figure only how many dots it has to the inch, in numbers.
          t.notRegex(exif?.toString('latin1') ?? '', /[A-Za-z]{4}/, path);
        }
      }
    }
    const page = await readFile(join(folder, 'report', 'index.html'), 'utf8');
    t.true(page.includes('machine 1') && page.includes('machine 2'), 'machines are still told apart');
    t.true(page.includes('NVIDIA H200'), 'what it ran on is no name');
    t.true(page.includes('neckar run two.ts'));
    t.true(page.includes('content.png') && page.includes('content-2.png'), 'two files stay two');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('numbers, ids and words that are no names stay as they are', (t) => {
  const base = synthetic({ size: 16, evaluations: 4, contents: ['hillside'] });
  const question = 'Is content/style 1/2 better than root, with SSIM ≥ 0.9 and/or ΔE/ms at 12:30?';
  const input = { ...base, question };
  const hidden = anonymousReport(input, { host: 'vm', user: 'root', home: '/root' });
  t.is(hidden.question, question);
  for (const [i, trial] of input.trials.entries()) {
    const other = hidden.trials[i]!;
    t.is(other.id, trial.id);
    t.is(other.label, trial.label);
    t.deepEqual(other.result?.scores, trial.result?.scores);
    t.deepEqual(other.result?.timing, trial.result?.timing);
    t.deepEqual(other.config.losses, trial.config.losses);
    t.deepEqual(other.result?.images, trial.result?.images);
  }
});
