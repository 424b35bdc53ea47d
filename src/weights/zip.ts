/** Zip archives, read in pieces: a checkpoint may be larger than memory. */
import yauzl from 'yauzl';
import { messageOf, NeckarError } from '../errors.ts';
import type { OpenFile } from './files.ts';

/**
 * The members of an archive by name, from its directory alone.
 * @throws NeckarError when it is truncated or broken
 */
export async function listMembers(
  file: OpenFile,
): Promise<{ zip: yauzl.ZipFile; members: Map<string, yauzl.Entry> }> {
  const broken = (cause: unknown) =>
    new NeckarError(
      `${file.path} is a truncated or broken zip archive: ${messageOf(cause)}. Fetch it again.`,
      {
        cause,
      },
    );
  try {
    const zip = await new Promise<yauzl.ZipFile>((resolve, reject) =>
      yauzl.fromFd(file.handle.fd, { lazyEntries: true, autoClose: false }, (error, opened) =>
        error ? reject(error) : resolve(opened),
      ),
    );
    const members = new Map<string, yauzl.Entry>();
    await new Promise<void>((resolve, reject) => {
      zip.on('entry', (entry: yauzl.Entry) => {
        members.set(entry.fileName, entry);
        zip.readEntry();
      });
      zip.on('end', resolve);
      zip.on('error', reject);
      zip.readEntry();
    });
    return { zip, members };
  } catch (cause) {
    throw broken(cause);
  }
}

/**
 * The bytes of a member.
 * @throws NeckarError when they are damaged
 */
export function readMember(zip: yauzl.ZipFile, entry: yauzl.Entry, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(
        new NeckarError(
          `${path} is broken: ${entry.fileName} cannot be read (${messageOf(cause)}). Fetch it again.`,
          {
            cause,
          },
        ),
      );
    zip.openReadStream(entry, (error, stream) => {
      if (error) return fail(error);
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', fail);
      stream.on('end', () => resolve(Buffer.concat(chunks)));
    });
  });
}
