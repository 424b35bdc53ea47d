/**
 * An experiment as one ZIP file, from which `neckar report` writes its page on any machine: the run store's files that
 * count, and the pictures that went in under their hashes.
 *
 *     <name>/experiment.json, plan.jsonl
 *            trials/<id>/config.json, result.json, scores.json, attempts/<n>/…   of finished trials
 *            trainings/<id>/…
 *            inputs/<SHA-256>                                                    contents and styles
 *
 * What people answered in studies is not in it: that is theirs, and `neckar study export` gives what may be handed on.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';
import { messageOf, NeckarError } from '../../src/errors.ts';
import { ZipWriter } from '../../src/platform/zip.ts';
import { status, type WorkStatus, workIn } from '../../src/runs/status.ts';
import { kindOf } from '../../src/runs/work.ts';

/** The largest archive's content that is opened, in bytes: what claims more is no archive of ours. */
const largest = 2 ** 32;

/**
 * Writes the archive.
 *
 * @param folder - the experiment's
 * @returns how many files it holds
 * @throws NeckarError when a stored file or a picture that went in is missing, with its name
 */
export async function writeArchive(folder: string, file: string): Promise<number> {
  const { name, trials, trainings } = await status(folder, { verify: 'hashes' });
  const finished = [...trainings, ...trials].filter(
    ({ state, result }) => state !== 'stale' && result !== undefined,
  );
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  const archive = await ZipWriter.create(temporary).catch((cause: unknown) => {
    throw new NeckarError(`"${file}" cannot be written: ${messageOf(cause)}.`, { cause, exitCode: 1 });
  });
  let files = 0;
  const add = async (path: string, from: string): Promise<void> => {
    const bytes = await readFile(from).catch((cause: unknown) => {
      throw new NeckarError(`"${from}" belongs into the archive and cannot be read: ${messageOf(cause)}.`, {
        cause,
        exitCode: 1,
      });
    });
    await archive.add(path, bytes);
    files++;
  };
  try {
    for (const own of ['experiment.json', 'plan.jsonl']) await add(`${name}/${own}`, join(folder, own));
    const inputs = new Map<string, string>();
    for (const work of finished) {
      for (const path of await storedFiles(work)) {
        await add(`${name}/${kindOf(work).folder}/${work.id}/${path}`, join(work.folder, path));
      }
      const planned = workIn(work)!;
      if (planned.kind === 'training') continue;
      for (const which of ['content', 'style'] as const)
        inputs.set(planned.inputs[which], planned.config[which]);
    }
    for (const [hash, path] of inputs) {
      const kept = join(folder, 'inputs', hash);
      const there = await readdir(join(folder, 'inputs')).catch(() => [] as string[]);
      await add(`${name}/inputs/${hash}`, there.includes(hash) ? kept : path);
    }
    await archive.finish();
    await rename(temporary, file);
  } catch (error) {
    await archive.close();
    await rm(temporary, { force: true });
    throw error;
  }
  return files;
}

/** What of finished work counts, by path within its folder. */
async function storedFiles({ folder, result }: WorkStatus): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) =>
    ['config.json', 'result.json', 'scores.json'].includes(name),
  );
  const attempt = `attempts/${result!.attempt}`;
  const log = (await readdir(join(folder, attempt))).includes('log.txt') ? [`${attempt}/log.txt`] : [];
  return [...names, ...Object.keys(result!.artefacts).map((path) => `${attempt}/${path}`), ...log];
}

/**
 * Unpacks an archive into an empty folder.
 *
 * @returns the experiment's folder within
 * @throws NeckarError when it is no archive of an experiment, or asks for places outside
 */
export async function openArchive(file: string, folder: string): Promise<string> {
  const refuse = (why: string, cause?: unknown) =>
    new NeckarError(
      `"${file}" cannot be opened: ${why}. Give an archive that \`neckar export --zip\` wrote.`,
      { cause },
    );
  let bytes = 0;
  let experiment: string | undefined;
  try {
    // It refuses names that lead outside, are absolute or have backslashes.
    const archive = await yauzl.openPromise(file, { lazyEntries: true, strictFileNames: true });
    for await (const entry of archive.eachEntry()) {
      const { fileName, uncompressedSize } = entry;
      bytes += uncompressedSize;
      if (bytes > largest) throw refuse('it holds more than 4 GB');
      if (fileName.endsWith('/')) continue;
      const [first, second] = fileName.split('/');
      if (second === 'experiment.json') experiment = first;
      const path = join(folder, fileName);
      await mkdir(dirname(path), { recursive: true });
      await pipeline(await archive.openReadStreamPromise(entry), createWriteStream(path, { flags: 'wx' }));
    }
  } catch (cause) {
    if (cause instanceof NeckarError) throw cause;
    throw refuse(messageOf(cause).replace(/\.$/, ''), cause);
  }
  if (experiment === undefined) throw refuse('there is no experiment in it');
  return join(folder, experiment);
}
