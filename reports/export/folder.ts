/** An experiment as a folder of tables and pictures for other programs. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, NeckarError } from '../../src/errors.ts';
import type { TraceRecord } from '../../src/experiment/trial.ts';
import { toCsv } from '../../src/platform/csv.ts';
import { count } from '../../src/platform/format.ts';
import { mapLimited } from '../group.ts';
import type { ReportedTrial, ReportInput } from '../input.ts';
import { parquetOf } from './parquet.ts';
import { type ExportTable, exportTables } from './tables.ts';
import { eventFile } from './tensorboard.ts';

export interface ExportOptions {
  /** Pictures of finished trials, with the table by which `datasets` loads them; default true. */
  readonly pictures?: boolean;
  /** TensorBoard's event files of the traces; default false. */
  readonly tensorboard?: boolean;
  /** Tables of ratings, where people were asked. */
  readonly ratings?: readonly ExportTable['rows'][number][];
}

/** What tells that a folder was written by an export, and may be written over by another. */
const mark = 'neckar-export.json';

/**
 * Writes tables as Parquet and CSV, pictures, and a README that says how they are loaded.
 *
 * @returns paths of what was written, relative to the folder
 * @throws NeckarError when the folder holds files of somebody else's, or of another experiment's export, or the disk refuses
 */
export async function writeExport(
  input: ReportInput,
  folder: string,
  { pictures = true, tensorboard = false, ratings = [] }: ExportOptions = {},
): Promise<string[]> {
  await refuseForeign(folder, input.name);
  const files: string[] = [];
  const put = async (path: string, bytes: Uint8Array | string): Promise<void> => {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), bytes);
    files.push(path);
  };
  try {
    await put(mark, `${JSON.stringify({ experiment: input.name, madeAt: input.madeAt }, undefined, 2)}\n`);
    const finished = input.trials.filter(({ result }) => result !== undefined);
    const traces = new Map<string, readonly TraceRecord[]>();
    await mapLimited(finished, 4, async ({ id }) => {
      traces.set(id, await input.trace(id).catch(() => []));
    });
    const inOrder = new Map(finished.map(({ id }) => [id, traces.get(id) ?? []]));
    const tables = exportTables(input, inOrder);
    if (ratings.length > 0) {
      tables.push({
        name: 'ratings',
        what: 'one answer of one rater, as tidy.csv of `neckar study export`',
        columns: ['study', 'rater'],
        rows: ratings,
      });
    }
    for (const { name, rows, columns } of tables) {
      await put(`${name}.parquet`, parquetOf(rows, columns));
      await put(`${name}.csv`, toCsv(rows));
    }
    if (pictures) await writePictures(input, finished, put);
    if (tensorboard) {
      for (const [i, { id, label, result }] of finished.entries()) {
        const run = `tensorboard/${fileName(label, i)}/events.out.tfevents.0.neckar`;
        await put(run, eventFile(inOrder.get(id) ?? [], result!.startedAt));
      }
    }
    await put('README.md', readme(input, tables, { pictures, tensorboard }));
  } catch (cause) {
    if (cause instanceof NeckarError || (cause as NodeJS.ErrnoException).code === undefined) throw cause;
    throw new NeckarError(`The export cannot be written to "${folder}": ${messageOf(cause)}.`, {
      cause,
      exitCode: 1,
    });
  }
  return files;
}

/** Refuses a folder of somebody else's; what an earlier export of the same experiment left is removed. */
async function refuseForeign(folder: string, name: string): Promise<void> {
  const there = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [] as string[];
    throw new NeckarError(`"${folder}" cannot be written to: ${messageOf(cause)}. Give a folder with -o.`);
  });
  if (there.length === 0) return;
  const text = await readFile(join(folder, mark), 'utf8').catch(() => '{}');
  const before = experimentIn(text);
  if (before === undefined) {
    throw new NeckarError(
      `"${folder}" holds files that no export wrote (${there[0]}). Give a new or an empty folder with -o.`,
    );
  }
  if (before !== name) {
    throw new NeckarError(
      `"${folder}" holds the export of "${before}", not of "${name}". Give another folder with -o.`,
    );
  }
  for (const own of ['pictures', 'tensorboard'])
    await rm(join(folder, own), { recursive: true, force: true });
}

function experimentIn(text: string): string | undefined {
  try {
    const { experiment } = JSON.parse(text) as { experiment?: unknown };
    return typeof experiment === 'string' ? experiment : undefined;
  } catch {
    return undefined;
  }
}

/** The final pictures, and `metadata.jsonl` beside them, by which Hugging Face's `datasets` knows what each is. */
async function writePictures(
  input: ReportInput,
  finished: readonly ReportedTrial[],
  put: (path: string, bytes: Uint8Array | string) => Promise<void>,
): Promise<void> {
  const lines: string[] = [];
  for (const [i, trial] of finished.entries()) {
    const { id, label, names, config, result } = trial;
    const bytes = await input.picture(id, result!.images.final).catch((cause: unknown) => {
      throw new NeckarError(
        `The picture of ${label} cannot be read: ${messageOf(cause)}. "${trial.command}" makes it again; --no-pictures leaves pictures out.`,
        { cause, exitCode: 1 },
      );
    });
    const file = `${fileName(label, i)}.png`;
    await put(`pictures/${file}`, bytes);
    const { content, style } = names;
    const { variant, seed } = config;
    lines.push(
      JSON.stringify({
        file_name: file,
        trial: id,
        label,
        content,
        style,
        variant,
        seed,
        state: result!.state,
        swept: JSON.stringify(config.swept),
      }),
    );
  }
  if (lines.length > 0) await put('pictures/metadata.jsonl', `${lines.join('\n')}\n`);
}

/** A label as a file's name: its number keeps apart what the replaced letters may make alike. */
function fileName(label: string, index: number): string {
  const plain = label
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._=-]+/g, '-')
    .replace(/^[-.]+|-+$/g, '');
  return `${String(index + 1).padStart(4, '0')}-${plain.slice(0, 80) || 'trial'}`;
}

function readme(
  { name, trials }: ReportInput,
  tables: readonly ExportTable[],
  { pictures, tensorboard }: { readonly pictures: boolean; readonly tensorboard: boolean },
): string {
  const lines = [
    `# ${name}`,
    '',
    `${count(trials.length, 'trial')} of an experiment with Neckar. Each table is there as Parquet and as CSV:`,
    '',
    '| table | a row is |',
    '|---|---|',
    ...tables.map((table) => `| ${table.name} | ${table.what} |`),
    '',
    '```python',
    'import pandas',
    "trials = pandas.read_parquet('trials.parquet')",
    "traces = pandas.read_parquet('traces.parquet').merge(trials[['trial', 'variant']], on='trial')",
    '```',
    '',
    '```sql',
    '-- DuckDB',
    "SELECT variant, metric, avg(value) FROM 'scores.parquet' JOIN 'trials.parquet' USING (trial) GROUP BY ALL;",
    '```',
  ];
  if (pictures) {
    lines.push(
      '',
      'Pictures, one of each finished trial, with what each is:',
      '',
      '```python',
      'from datasets import load_dataset',
      "pictures = load_dataset('imagefolder', data_dir='pictures', split='train')",
      '```',
    );
  }
  if (tensorboard) lines.push('', '```sh', 'tensorboard --logdir tensorboard', '```');
  return `${lines.join('\n')}\n`;
}
