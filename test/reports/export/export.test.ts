/** What other programs are given: read again by other code than wrote it. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { contents, styles } from '../../../fixtures/index.ts';
import { openArchive, writeArchive } from '../../../reports/export/archive.ts';
import { writeExport } from '../../../reports/export/folder.ts';
import { parquetOf } from '../../../reports/export/parquet.ts';
import { crc32c, eventFile, maskedChecksum } from '../../../reports/export/tensorboard.ts';
import { storedReport } from '../../../reports/stored.ts';
import { scoresCsv } from '../../../reports/words/tables.ts';
import { writeReport } from '../../../reports/write.ts';
import { content, gram } from '../../../src/index.ts';
import { zipFiles } from '../../../src/platform/zip.ts';
import { run } from '../../../src/run.ts';
import { synthetic } from '../_synthetic.ts';

async function emptyFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'neckar-export-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const small = { contents: ['town'], styles: ['waves'], seeds: [1, 2], size: 24, evaluations: 6 };

async function tableIn(folder: string, name: string): Promise<Record<string, unknown>[]> {
  return await parquetReadObjects({ file: await asyncBufferFromFile(join(folder, `${name}.parquet`)) });
}

/** Rows of a CSV whose cells hold no line ends. */
function csvRows(text: string): Record<string, string>[] {
  const cellsOf = (line: string) =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
      ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!,
    );
  const [head, ...lines] = text.trimEnd().split('\r\n').map(cellsOf);
  return lines.map((cells) => Object.fromEntries(cells.map((cell, i) => [head![i]!, cell])));
}

test('tables as Parquet hold the numbers of the CSV, each in its type', async (t) => {
  const folder = join(await emptyFolder(t), 'out');
  const input = synthetic(small);
  const files = await writeExport(input, folder, { tensorboard: true });
  t.true(files.includes('trials.parquet') && files.includes('traces.csv') && files.includes('README.md'));
  const trials = await tableIn(folder, 'trials');
  const csv = csvRows(scoresCsv(input));
  t.is(trials.length, csv.length);
  let numbers = 0;
  for (const [i, row] of trials.entries()) {
    for (const [column, text] of Object.entries(csv[i]!)) {
      const value = row[column];
      if (text === '') t.true(value === null || value === undefined || value === '', column);
      else if (typeof value === 'number') {
        t.is(value, Number(text), column);
        numbers++;
      } else t.is(String(value), text, column);
    }
  }
  t.true(numbers > 20);
  const finished = input.trials.filter(({ result }) => result !== undefined);
  const [first] = finished;
  const trace = await input.trace(first!.id);
  const traces = (await tableIn(folder, 'traces')).filter(({ trial }) => trial === first!.id);
  const totals = traces.filter(({ term }) => term === 'total');
  t.deepEqual(
    totals.map(({ evaluation, value }) => [evaluation, value]),
    trace.map(({ evaluation, total }) => [evaluation, total]),
  );
  t.is(traces.length, trace.length * (1 + Object.keys(trace[0]!.terms).length));
  const settings = await tableIn(folder, 'settings');
  const seeds = settings
    .filter(({ setting }) => setting === 'seed')
    .map(({ value }) => JSON.parse(String(value)));
  t.deepEqual(
    seeds,
    input.trials.map(({ config }) => config.seed),
  );
  const scores = await tableIn(folder, 'scores');
  for (const { trial, specification, value, refused } of scores) {
    const score = input.trials.find(({ id }) => id === trial)!.result!.scores[String(specification)]!;
    if ('value' in score) t.is(value, Number.isFinite(score.value) ? score.value : null);
    else t.is(refused, score.refused);
  }
  // One line of metadata for each picture, which is there.
  const pictures = await readdir(join(folder, 'pictures'));
  const lines = (await readFile(join(folder, 'pictures/metadata.jsonl'), 'utf8')).trim().split('\n');
  const metadata = lines.map((line) => JSON.parse(line));
  t.deepEqual(
    metadata.map(({ file_name }) => file_name).sort(),
    pictures.filter((name) => name !== 'metadata.jsonl').sort(),
  );
  t.is(metadata.length, finished.length);
  t.is((await readdir(join(folder, 'tensorboard'))).length, finished.length);
});

test('columns are what their values are: texts that look like numbers, whole numbers, what is missing', async (t) => {
  const rows = [
    { a: 1, b: 0.5, c: true, d: '007', e: undefined, f: 2 ** 40 },
    { a: -2, b: Number.NaN, c: false, d: 'ä"\n,', e: undefined, f: 1 },
    { a: 3, b: 1e-300, c: undefined, d: 5, e: undefined, f: 3 },
  ];
  const bytes = parquetOf(rows, ['z', 'a']);
  const file = {
    byteLength: bytes.length,
    slice: (from: number, to?: number) => bytes.slice(from, to).buffer,
  };
  const read = await parquetReadObjects({ file });
  t.deepEqual(read, [
    { z: null, a: 1, b: 0.5, c: true, d: '007', e: null, f: 2 ** 40 },
    { z: null, a: -2, b: null, c: false, d: 'ä"\n,', e: null, f: 1 },
    { z: null, a: 3, b: 1e-300, c: null, d: '5', e: null, f: 3 },
  ]);
  const none = parquetOf([], ['trial', 'value']);
  const empty = {
    byteLength: none.length,
    slice: (from: number, to?: number) => none.slice(from, to).buffer,
  };
  t.deepEqual(await parquetReadObjects({ file: empty }), []);
});

test('event files are records of TensorFlow with its checksums', (t) => {
  // RFC 3720, B.4, and the check value of the polynomial.
  t.is(crc32c(new TextEncoder().encode('123456789')), 0xe3069283);
  t.is(crc32c(new Uint8Array(32)), 0x8a9136aa);
  t.is(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
  const terms = { style: { value: 2, weighted: 60 } };
  const trace = [1, 2].map((evaluation) => ({
    evaluation,
    step: evaluation,
    level: 0,
    seconds: evaluation / 2,
    total: 8 / evaluation,
    terms,
  }));
  const bytes = Buffer.from(eventFile(trace, '2026-01-02T03:04:05.000Z'));
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    t.is(bytes.readUInt32LE(at + 8), maskedChecksum(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    t.is(bytes.readUInt32LE(at + 12 + length), maskedChecksum(data));
    records.push(data);
    at += 16 + length;
  }
  t.is(records.length, 3);
  t.true(records[0]!.includes('brain.Event:2'));
  // Field 1, a double: seconds since 1970. Field 2, a varint: the step.
  const begun = Date.UTC(2026, 0, 2, 3, 4, 5) / 1000;
  t.deepEqual([records[2]![0], records[2]!.readDoubleLE(1)], [0x09, begun + 1]);
  t.deepEqual([...records[2]!.subarray(9, 11)], [0x10, 2]);
  // A value: its tag, then field 2, a float.
  const tag = records[2]!.indexOf('total');
  t.deepEqual([records[2]![tag + 5], records[2]!.readFloatLE(tag + 6)], [0x15, 4]);
  const weighted = records[2]!.indexOf('weighted/style');
  t.is(records[2]!.readFloatLE(weighted + 'weighted/style'.length + 1), 60);
});

test('an export replaces its own, and nothing else', async (t) => {
  const base = await emptyFolder(t);
  const input = synthetic({ ...small, seeds: [1] });
  const folder = join(base, 'out');
  await writeExport(input, folder);
  await writeFile(join(folder, 'pictures', 'old.png'), '');
  await writeExport(input, folder);
  t.false((await readdir(join(folder, 'pictures'))).includes('old.png'));
  await t.throwsAsync(writeExport({ ...input, name: 'other' }, folder), {
    message: /holds the export of ".+", not of "other"/,
  });
  await mkdir(join(base, 'mine'));
  await writeFile(join(base, 'mine', 'notes.txt'), 'mine');
  await t.throwsAsync(writeExport(input, join(base, 'mine')), {
    message: /holds files that no export wrote \(notes\.txt\)/,
  });
  t.deepEqual(await readdir(join(base, 'mine')), ['notes.txt']);
  const broken = { ...input, picture: () => Promise.reject(new Error('gone')) };
  await t.throwsAsync(writeExport(broken, join(base, 'third')), {
    message: /^The picture of .+ cannot be read: gone\. .+ makes it again; --no-pictures/,
  });
});

test.serial('an archive gives the same report elsewhere, where no picture of it is', async (t) => {
  const base = await emptyFolder(t);
  const [town, swirl] = [join(base, 'town.jpg'), join(base, 'swirl.jpg')];
  await writeFile(town, await readFile(contents.town.path));
  await writeFile(swirl, await readFile(styles.swirl.path));
  const { folder } = await run(
    {
      name: 'sweep',
      pairs: [[town, swirl]],
      variants: { gram: [content(), gram({ weight: 30 })] },
      size: 32,
      budget: 2,
    },
    { runs: join(base, 'runs') },
  );
  const zip = join(base, 'sweep.zip');
  const files = await writeArchive(folder, zip);
  t.true(files >= 7);
  for (const path of [join(base, 'runs'), town, swirl]) await rm(path, { recursive: true });
  const opened = await openArchive(zip, join(base, 'elsewhere'));
  const input = await storedReport(opened);
  t.deepEqual(
    input.trials.map(({ state, damage }) => [state, damage]),
    [['complete', undefined]],
  );
  const { html } = await writeReport(input, join(base, 'report'));
  t.regex(await readFile(html, 'utf8'), /sweep/);
  t.deepEqual(
    (await readdir(base)).filter((name) => name.startsWith('.')),
    [],
    'nothing half-written is left',
  );

  await writeFile(join(base, 'not.zip'), 'PK no');
  await t.throwsAsync(openArchive(join(base, 'not.zip'), join(base, 'a')), {
    message: /^".*not\.zip" cannot be opened: /,
  });
  const hostile = join(base, 'hostile.zip');
  await zipFiles(hostile, [['../out.txt', Buffer.from('x')]]);
  await t.throwsAsync(openArchive(hostile, join(base, 'b')), { message: /cannot be opened: .*\.\./ });
  const other = join(base, 'other.zip');
  await zipFiles(other, [['readme.txt', Buffer.from('x')]]);
  await t.throwsAsync(openArchive(other, join(base, 'c')), { message: /there is no experiment in it/ });
});
