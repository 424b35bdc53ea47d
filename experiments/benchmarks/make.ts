/**
 * Writes the protocols that come with Neckar, with the hashes and measures of their pictures, and the schemas of protocols
 * and submissions:
 *
 *     tsx experiments/benchmarks/make.ts
 *
 * A protocol that was published under its version with another content is not written: it wants a new version.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { parseProtocol, protocolHash, publishedVersions } from '../../src/benchmark/protocol.ts';
import { protocolSchema } from '../../src/benchmark/protocol-schema.ts';
import { submissionSchema } from '../../src/benchmark/submission-schema.ts';
import { messageOf, NeckarError } from '../../src/errors.ts';
import { replaceLightly } from '../../src/platform/write.ts';
import { astra } from './sources/astra.ts';
import { neckar1 } from './sources/neckar-1.ts';
import { styleid } from './sources/styleid.ts';

const folder = dirname(fileURLToPath(import.meta.url));
const text = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;

try {
  const versions: Record<string, Record<string, string>> = structuredClone(
    (await publishedVersions(folder)) as Record<string, Record<string, string>>,
  );
  for (const written of [await neckar1(folder), styleid, astra]) {
    const { name, version } = written;
    const protocol = parseProtocol(JSON.stringify(written), name);
    const hash = protocolHash(protocol);
    const published = versions[name]?.[version];
    if (published !== undefined && published !== hash) {
      throw new NeckarError(
        `"${name}" version ${version} was published with another content; make it version ${version + 1}.`,
      );
    }
    versions[name] = { ...versions[name], [version]: hash };
    const file = join(folder, `${name}.json`);
    const content = text({ $schema: './protocol.schema.json', ...written });
    if (!existsSync(file) || (await readFile(file, 'utf8')) !== content) await replaceLightly(file, content);
    console.log(`${relative('.', file)}  version ${version}  ${hash}`);
  }
  await replaceLightly(join(folder, 'versions.json'), text(versions));
  for (const [name, schema] of Object.entries({ protocol: protocolSchema, submission: submissionSchema })) {
    await replaceLightly(
      join(folder, `${name}.schema.json`),
      text({ $id: `${name}.schema.json`, ...z.toJSONSchema(schema, { io: 'input' }) }),
    );
  }
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = error instanceof NeckarError ? error.exitCode : 1;
}
