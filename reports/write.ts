/** Writes a report into a folder. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Analysis } from '../metrics/statistics/analysis/analyze.ts';
import { messageOf, NeckarError } from '../src/errors.ts';
import type { TraceRecord } from '../src/experiment/trial.ts';
import { toCsv } from '../src/platform/csv.ts';
import { makeFolders } from '../src/platform/folders.ts';
import type { Html } from '../src/platform/html.ts';
import { replaceLightly } from '../src/platform/write.ts';
import { allCharts } from './charts/all.ts';
import { analysisCharts } from './charts/analysis-charts.ts';
import { type Chart, dataName, fileName } from './charts/chart.ts';
import { pngOf } from './charts/png.ts';
import { inlineSvg, standaloneSvg } from './charts/render.ts';
import { mapLimited } from './group.ts';
import type { ReportInput, ReportOptions } from './input.ts';
import { scoreColumns } from './metrics.ts';
import { type Model, modelOf } from './model.ts';
import type { DrawnChart } from './page/charts-section.ts';
import type { Download } from './page/evidence-section.ts';
import { page } from './page/page.ts';
import { peopleCharts } from './people/charts.ts';
import { analyzed, type RatedStudy } from './people/rated.ts';
import { peopleSection } from './people/section.ts';
import { noMemory, type PictureMemory, pictureMemory } from './picture-memory.ts';
import { embedded, encodePictures, type Place } from './pictures.ts';
import { tradeOffChart } from './trade-off/chart.ts';
import { tradeOffCsv, tradeOffJson, tradeOffLatex } from './trade-off/files.ts';
import { type TradeOff, tradeOffOf } from './trade-off/numbers.ts';
import { tradeOffSection } from './trade-off/section.ts';
import { trainingCurves } from './trainings/curves.ts';
import { labeledTrainings } from './trainings/labels.ts';
import { sampleRows } from './trainings/samples.ts';
import { trainingsSection } from './trainings/section.ts';
import { analysisOf } from './words/analysis.ts';
import { latexTable } from './words/latex.ts';
import { markdownSummary } from './words/markdown.ts';
import { comparisonsCsv, scoresColumnsCsv, scoresCsv } from './words/tables.ts';

/**
 * Writes `index.html`, and beside it `summary.md`, `scores.csv`, `scores-columns.csv`, `comparisons.csv` and `table.tex`, where classes of
 * methods differ `trade-off.csv`, `.json` and `.tex`, every chart's panels as `charts/<name>.svg`, `.png` and `.csv` (panels of the same data share its CSV), and with
 * `pictures: 'folder'` the pictures as `pictures/*.webp`. What an earlier report left in those two folders is removed.
 * The page is put in place last and whole: a report that is interrupted leaves the former page as it was.
 *
 * @returns the page's path and every file's, `html` among them
 * @throws NeckarError when no trial has a result yet, or when the folder cannot be written or holds files of somebody else's
 */
export async function writeReport(
  input: ReportInput,
  folder: string,
  options: ReportOptions = {},
): Promise<{ html: string; files: string[] }> {
  refuseEmpty(input);
  const files = new Set<string>();
  const put = async (path: string, bytes: string | Uint8Array) => {
    const whole = join(folder, path);
    await writeWhole(whole, bytes);
    files.add(whole);
  };

  await refuseForeign(folder);
  await makeFolder(join(folder, 'charts'));
  await put(unfinished, 'A report of Neckar is being written here.\n');
  const place: Place =
    options.pictures === 'folder'
      ? async (name, bytes) => {
          await makeFolder(join(folder, 'pictures'));
          await put(join('pictures', name), bytes);
          return `pictures/${name}`;
        }
      : embedded;

  const model = modelOf(input);
  const memory = options.memory === undefined ? noMemory : pictureMemory(options.memory);
  const tradeOff = tradeOffOf(input, model);
  const [pictures, { analysis, charts, people, networks }] = await both(
    encodePictures(input, place, memory),
    (async () => {
      const sources = { traces: await readTraces(input), snapshots: input.snapshots };
      const found = analysisOf(input, sources);
      const drawn = await drawCharts(
        [...allCharts(input, model, sources.traces), ...analysisCharts(input, model, found, sources)],
        put,
      );
      const rated = peopleSection(input.ratings, await drawPeople(input.ratings, put));
      return {
        analysis: found,
        charts: drawn,
        people: rated,
        networks: {
          tradeOff: await drawTradeOff(tradeOff, input, model, put),
          trainings: await drawTrainings(input, model, place, memory, put),
        },
      };
    })(),
  );
  const downloads = await writeWords(input, analysis, tradeOff, put);
  const document = await page(
    { input, model, pictures, columns: scoreColumns(input) },
    charts,
    analysis,
    downloads,
    people,
    networks,
  );
  await put('index.html', document);
  await removeStale(folder, files);
  await rm(join(folder, unfinished), { force: true });
  files.delete(join(folder, unfinished));
  await memory.prune();
  return { html: join(folder, 'index.html'), files: [...files] };
}

/** Both results; an error of either only once nothing of the other is under way any more. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const settled = await Promise.allSettled([first, second]);
  for (const one of settled) if (one.status === 'rejected') throw one.reason;
  return [await first, await second];
}

function refuseEmpty({ name, trials }: ReportInput): void {
  if (trials.some(({ result }) => result !== undefined)) return;
  const among = (['failed', 'damaged'] as const).flatMap((state) => {
    const number = trials.filter((trial) => trial.state === state).length;
    return number > 0 ? [`${number} of them ${state}`] : [];
  });
  const counts = [`${trials.length} trials`, ...among].join(', ');
  throw new NeckarError(
    `There is nothing to report: experiment "${name}" has no finished trial yet (${counts}). Run it first: neckar run.`,
  );
}

type Put = (path: string, bytes: string | Uint8Array) => Promise<void>;

/** The traces of all trials with a result. */
async function readTraces(input: ReportInput): Promise<Map<string, readonly TraceRecord[]>> {
  const finished = input.trials.filter(({ result }) => result !== undefined);
  const traces = new Map<string, readonly TraceRecord[]>();
  await mapLimited(finished, 4, async ({ id }) => {
    // A trace that cannot be read leaves its trial out of the charts; its picture and scores still count.
    traces.set(id, await input.trace(id).catch(() => []));
  });
  return traces;
}

/** What the page says, as files for a lab book, a spreadsheet and a paper. */
async function writeWords(
  input: ReportInput,
  analysis: Analysis,
  tradeOff: TradeOff | undefined,
  put: Put,
): Promise<Download[]> {
  const files = [
    ['summary.md', 'All of it in words (Markdown)', markdownSummary(input, analysis, tradeOff)],
    ['scores.csv', 'All scores (CSV)', scoresCsv(input)],
    ['scores-columns.csv', 'What its columns are (CSV)', scoresColumnsCsv(input)],
    ['comparisons.csv', 'All comparisons (CSV)', comparisonsCsv(analysis)],
    ['table.tex', 'Table for a paper (LaTeX)', latexTable(input, analysis)],
  ] as const;
  for (const [path, , text] of files) await put(path, text);
  if (tradeOff !== undefined) {
    await put('trade-off.csv', tradeOffCsv(tradeOff));
    await put('trade-off.json', tradeOffJson(tradeOff));
    await put('trade-off.tex', tradeOffLatex(tradeOff, input));
  }
  return files.map(([path, label]) => ({ path, label }));
}

/** The section of what is fast and what is good, where ways differ in that. */
async function drawTradeOff(
  tradeOff: TradeOff | undefined,
  input: ReportInput,
  model: Model,
  put: Put,
): Promise<Html | undefined> {
  if (tradeOff === undefined) return undefined;
  const made = tradeOffChart(tradeOff, input, model);
  const [drawn] = made === undefined ? [] : await drawCharts([made.chart], put);
  return tradeOffSection(tradeOff, drawn, made?.panels);
}

/** The section of how the networks were trained, where what is stored of that is there. */
async function drawTrainings(
  input: ReportInput,
  model: Model,
  place: Place,
  memory: PictureMemory,
  put: Put,
): Promise<Html | undefined> {
  const trainings = labeledTrainings(input, model);
  const traces = new Map<string, readonly TraceRecord[]>();
  await mapLimited(trainings, 4, async ({ training }) => {
    // A trace that cannot be read leaves its training out of the chart.
    traces.set(training.id, await training.trace().catch(() => []));
  });
  const chart = trainingCurves(trainings, model, traces);
  const [drawn] = chart === undefined ? [] : await drawCharts([chart], put);
  return trainingsSection(trainings, await sampleRows(trainings, place, memory), drawn);
}

/** The charts of every study that was analysed, by the study's name. */
async function drawPeople(
  ratings: readonly RatedStudy[] | undefined,
  put: Put,
): Promise<Map<string, readonly DrawnChart[]>> {
  const studies = analyzed(ratings);
  const drawn = new Map<string, readonly DrawnChart[]>();
  for (const { study, analysis } of studies) {
    const prefix = studies.length > 1 ? fileName('people', study) : 'people';
    drawn.set(study, await drawCharts(peopleCharts(analysis, prefix), put));
  }
  return drawn;
}

/** Charts drawn for a page, with their files. */
export async function drawCharts(charts: readonly Chart[], put: Put): Promise<DrawnChart[]> {
  const drawn: DrawnChart[] = [];
  const written = new Set<string>();
  for (const chart of charts) {
    const drawings: { svg?: string; problem?: string }[] = [];
    for (const panel of chart.panels) {
      try {
        const svg = await standaloneSvg(panel);
        // Drawn on another thread while the page's own drawing is made here.
        const [png, inline] = await both(pngOf(svg), inlineSvg(panel));
        await put(join('charts', `${panel.name}.svg`), svg);
        await put(join('charts', `${panel.name}.png`), png);
        const data = dataName(panel);
        if (!written.has(data)) await put(join('charts', `${data}.csv`), toCsv(panel.rows));
        written.add(data);
        drawings.push({ svg: inline });
      } catch (thrown) {
        if (thrown instanceof NeckarError) throw thrown;
        drawings.push({ problem: `This chart could not be drawn: ${messageOf(thrown)}` });
      }
    }
    drawn.push({ chart, drawings });
  }
  return drawn;
}

async function writeWhole(path: string, bytes: string | Uint8Array): Promise<void> {
  try {
    await replaceLightly(path, bytes);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolders(path);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function unwritable(path: string, cause: unknown): NeckarError {
  return new NeckarError(
    `The report cannot be written to ${path}: ${messageOf(cause)}. Free some space or name another folder.`,
    { cause, exitCode: 1 },
  );
}

/** Lies in a folder whose report was begun and is not whole yet. */
const unfinished = '.report-unfinished';

/**
 * Refuses a folder in which something else lies where the report would: it would be replaced, and pictures and charts
 * that are no longer the report's would be removed.
 */
async function refuseForeign(folder: string): Promise<void> {
  const there = await readdir(folder).catch(() => [] as string[]);
  if (there.includes(unfinished)) return;
  const page = await readFile(join(folder, 'index.html'), 'utf8').catch(() => '');
  if (page.slice(0, 2000).includes(generator)) return;
  const taken = there.filter((name) => ownNames.includes(name));
  const filled = await Promise.all(
    taken.map(async (name) => (await readdir(join(folder, name)).catch(() => [name])).length > 0),
  );
  const found = taken.filter((_, i) => filled[i]);
  if (found.length === 0) return;
  throw new NeckarError(
    `"${folder}" holds ${found.join(', ')}, which no report of Neckar has written and a report would replace. Name another folder, or move what is there.`,
  );
}

/** By which a page of ours is known. */
export const generator = '<meta name="generator" content="Neckar">';

/** Files of some reports only: what an earlier one left is removed. */
const sometimes = ['trade-off.csv', 'trade-off.json', 'trade-off.tex'];

/** What a report puts into its folder. */
const ownNames = [
  'index.html',
  'summary.md',
  'scores.csv',
  'scores-columns.csv',
  'comparisons.csv',
  'table.tex',
  ...sometimes,
  'charts',
  'pictures',
];

/** Files of earlier reports, in the report's own two folders and beside the page. */
async function removeStale(folder: string, files: ReadonlySet<string>): Promise<void> {
  for (const [name, ending] of [
    ['charts', /\.(svg|png|csv)$/],
    ['pictures', /\.webp$/],
  ] as const) {
    const own = join(folder, name);
    for (const entry of await readdir(own).catch(() => [])) {
      const path = join(own, entry);
      if (ending.test(entry) && !files.has(path)) await rm(path, { force: true });
    }
  }
  for (const name of sometimes) {
    const path = join(folder, name);
    if (!files.has(path)) await rm(path, { force: true });
  }
}
