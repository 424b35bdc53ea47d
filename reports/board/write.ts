/** Writes a board: one page with the pictures beside it, its numbers as JSON, and a table for a paper. */
import { copyFile, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { picturesOf, tierOf } from '../../src/benchmark/protocol.ts';
import { messageOf, NeckarError } from '../../src/errors.ts';
import { makeFolders } from '../../src/platform/folders.ts';
import { writeFileAtomically } from '../../src/platform/write.ts';
import { mapLimited } from '../group.ts';
import type { ReportedTrial } from '../input.ts';
import { scoreColumns } from '../metrics.ts';
import { modelOf } from '../model.ts';
import type { Context } from '../page/context.ts';
import type { PicturesData, ReportData } from '../page/data.ts';
import { noMemory } from '../picture-memory.ts';
import { encodePicture, type Picture, type PictureOrProblem, sourceKey } from '../pictures.ts';
import { drawCharts, generator } from '../write.ts';
import { boardCharts } from './charts.ts';
import type { Board } from './input.ts';
import { type BoardNumbers, boardNumbers } from './numbers.ts';
import { anchor, boardPage } from './page.ts';
import { boardLatex } from './words.ts';

/** What a board puts into its folder. */
const own = ['index.html', 'board.json', 'board.tex', 'charts', 'pictures'];

/**
 * Writes `index.html`, `board.json`, `board.tex`, `charts/` and `pictures/` into a folder, the page last.
 *
 * @returns the page's path and the numbers
 * @throws NeckarError when the folder holds something else or cannot be written, or a picture is missing
 */
export async function writeBoard(
  board: Board,
  folder: string,
): Promise<{ readonly html: string; readonly numbers: BoardNumbers }> {
  const { protocol, hash } = board.loaded;
  const { contents, styles } = picturesOf(protocol, board.part);
  const numbers = boardNumbers(
    board.submissions,
    contents.map(({ name }) => name),
    styles.map(({ name }) => name),
    tierOf(protocol, board.tier).tier.metrics,
  );
  await refuseForeign(folder);
  for (const name of own.slice(3)) await rm(join(folder, name), { recursive: true, force: true });
  await makeFolders(join(folder, 'pictures'));
  await makeFolders(join(folder, 'charts'));
  const put = (path: string, bytes: string | Uint8Array) => writeFileAtomically(join(folder, path), bytes);
  const trials = board.submissions.flatMap((_, i) => trialsOf(board, i));
  await mapLimited([...trials], 8, async ({ from, to }) => {
    try {
      await copyFile(from, join(folder, to));
    } catch (cause) {
      throw new NeckarError(`the picture "${from}" cannot be put on the board: ${messageOf(cause)}`, {
        cause,
      });
    }
  });
  const charts = await drawCharts(boardCharts(numbers), put);
  const context = await contextOf(board, trials, put);
  const data = clientData(context);
  const record = {
    format: 1,
    protocol: { name: protocol.name, version: protocol.version, sha256: hash },
    tier: board.tier,
    part: board.part,
    submissions: board.submissions.map(({ method, checksum }) => ({ name: method.name, checksum })),
    ...numbers,
  };
  await put('board.json', `${JSON.stringify(record)}\n`);
  await put('board.tex', boardLatex(board, numbers));
  const html = join(folder, 'index.html');
  await put('index.html', await boardPage(board, numbers, charts, context, data));
  return { html, numbers };
}

interface BoardTrial {
  readonly trial: ReportedTrial;
  readonly from: string;
  /** From the board's folder. */
  readonly to: string;
  readonly width: number;
  readonly height: number;
}

/** A submission's pictures as the page's parts know trials. */
function trialsOf({ submissions, folders, located }: Board, index: number): BoardTrial[] {
  const { method, results } = submissions[index]!;
  const name = method.name;
  const source = (role: 'content' | 'style', wanted: string) =>
    located.find((one) => one.role === role && one.picture.name === wanted)?.path ?? wanted;
  return results.map((one) => {
    const id = `${anchor(name)}-${anchor(one.content)}-${anchor(one.style)}`;
    const config = {
      variant: name,
      content: source('content', one.content),
      style: source('style', one.style),
      optimizer: { name: '' },
      swept: {},
    };
    const trial = {
      id,
      label: `${one.content}×${one.style} ${name}`,
      names: { content: one.content, style: one.style },
      config,
      state: 'complete',
      reason: '',
      command: '',
      result: { scores: one.scores },
    } as unknown as ReportedTrial;
    return {
      trial,
      from: join(folders[index]!, one.file),
      to: `pictures/${id}.png`,
      width: one.width,
      height: one.height,
    };
  });
}

async function contextOf(
  board: Board,
  trials: readonly BoardTrial[],
  put: (path: string, bytes: Uint8Array) => Promise<void>,
): Promise<Context> {
  const input = {
    name: board.loaded.protocol.name,
    command: '',
    madeAt: '',
    rows: 'pair',
    columns: 'variant',
    trials: trials.map(({ trial }) => trial),
    trace: async () => [],
    picture: async () => new Uint8Array(),
    source: async () => new Uint8Array(),
  };
  const sources = await mapLimited([...board.located], 4, async ({ role, picture, path }) => {
    const encoded: PictureOrProblem = await encodePicture(
      { file: path, read: () => readFile(path), memory: noMemory },
      async (name, bytes) => {
        await put(`pictures/${name}`, bytes);
        return `pictures/${name}`;
      },
      `${role}-${picture.name}`,
      { thumbnail: 160, own: 160, largest: 640 },
    );
    return [`${role} ${path}`, encoded] as const;
  });
  return {
    input,
    model: modelOf(input),
    columns: scoreColumns(input),
    pictures: {
      sources: new Map(sources),
      trials: new Map(
        trials.map(({ trial, to, width, height }) => [
          trial.id,
          { final: { src: to, width, height } satisfies Picture, snapshots: [] },
        ]),
      ),
    },
  };
}

/** What the script needs to lay pictures out and to compare them. */
function clientData({ input, model, pictures }: Context): {
  readonly small: ReportData;
  readonly large: PicturesData;
} {
  const keys = [
    ...new Set(input.trials.flatMap((trial) => [sourceKey(trial, 'content'), sourceKey(trial, 'style')])),
  ];
  const names = new Map(
    input.trials.flatMap((trial) =>
      (['content', 'style'] as const).map(
        (which) => [sourceKey(trial, which), { which, name: trial.names[which] }] as const,
      ),
    ),
  );
  const shown = keys.map((key) => {
    const picture = pictures.sources.get(key);
    return picture !== undefined && 'src' in picture ? picture : undefined;
  });
  return {
    small: {
      axes: model.axes,
      rows: model.rows,
      columns: model.columns,
      sources: keys.map((key, i) => ({
        ...names.get(key)!,
        ...(shown[i] && { src: shown[i].src, width: shown[i].width, height: shown[i].height }),
      })),
      trials: input.trials.map((trial) => ({
        id: trial.id,
        anchor: `submission-${anchor(trial.config.variant)}`,
        label: trial.label,
        at: model.positions.get(trial.id)!,
        content: keys.indexOf(sourceKey(trial, 'content')),
        style: keys.indexOf(sourceKey(trial, 'style')),
      })),
      extremes: { shown: undefined, metrics: [] },
    },
    large: { sources: shown.map((one) => one?.full ?? one?.src ?? null), snapshots: {} },
  };
}

/** Refuses a folder that holds what no board has written and a board would replace. */
async function refuseForeign(folder: string): Promise<void> {
  const there = await readdir(folder).catch(() => [] as string[]);
  const taken = there.filter((name) => own.includes(name));
  if (taken.length === 0) return;
  const page = await readFile(join(folder, 'index.html'), 'utf8').catch(() => '');
  const head = page.slice(0, 2000);
  if (head.includes(generator) && head.includes('– board – Neckar')) return;
  throw new NeckarError(
    `"${folder}" holds ${taken.join(', ')}, which no board has written and a board would replace. Name another folder, or move what is there.`,
  );
}
