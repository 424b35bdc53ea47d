/** `neckar study serve`: the web server of a study. */

import type { Command } from 'commander';
import { NeckarError } from '../../errors.ts';
import { count } from '../../platform/format.ts';
import { readStudy } from '../../study/design/new-study.ts';
import { formAssets } from '../../study/form/assets.ts';
import { formOf } from '../../study/form/shipped.ts';
import { serveStudy } from '../../study/server/server.ts';
import { readTls } from '../../study/server/tls.ts';
import { StudyStore } from '../../study/storage/store.ts';
import { watchInterrupts } from '../interrupt.ts';
import { portNumber } from '../options.ts';
import { findStudy } from './folders.ts';

interface ServeFlags {
  readonly studies: string;
  readonly address: string;
  readonly port: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly accessCode?: string;
  readonly trustProxy?: boolean;
  readonly json?: boolean;
}

export function defineStudyServe(command: Command): void {
  command
    .summary('serve the form to raters')
    .description(
      'Starts a web server with the form. Answers are on the disk before they are acknowledged; stop it with Ctrl-C and start it again at any time.',
    )
    .argument('<study>', 'the name of a study, or its folder')
    .option('--address <address>', 'to listen on; 0.0.0.0 is every address of this machine', '127.0.0.1')
    .option('--port <port>', 'to listen on; 0 takes any that is free', portNumber, 8080)
    .option('--access-code <code>', 'raters need it to begin (or set NECKAR_ACCESS_CODE)')
    .option('--tls-cert <file>', 'certificate chain in PEM, for https')
    .option('--tls-key <file>', 'its key in PEM')
    .option('--trust-proxy', 'take addresses from X-Forwarded-For: only behind your own proxy')
    .option('--studies <folder>', 'where studies are kept', 'studies')
    .option('--json', 'the address, and at the end the counts, as JSON lines on stdout')
    .addHelpText(
      'after',
      `
Examples:
  neckar study serve loss-variants --access-code tulip
  neckar study serve loss-variants --address 0.0.0.0 --port 443 --tls-cert chain.pem --tls-key key.pem`,
    )
    .action(serve);
}

async function serve(name: string, flags: ServeFlags): Promise<void> {
  const folder = await findStudy(name, flags.studies);
  const study = await readStudy(folder);
  const accessCode = flags.accessCode ?? process.env.NECKAR_ACCESS_CODE;
  const tls = await tlsOf(flags);
  const assets = await formAssets(formOf(study));
  const store = new StudyStore(folder, study);
  try {
    const server = await serveStudy({
      folder,
      store,
      assets,
      address: flags.address,
      port: flags.port,
      ...(accessCode !== undefined && accessCode !== '' && { accessCode }),
      ...(tls !== undefined && { tls }),
      ...(flags.trustProxy && { trustProxy: true }),
    });
    const { name: served, version } = study;
    say(
      flags,
      { study: served, version, url: server.url },
      `${served} (version ${version}) at ${server.url}`,
    );
    const local = ['127.0.0.1', 'localhost', '::1'].includes(flags.address);
    if (!local && accessCode === undefined) {
      process.stderr.write(
        'neckar: anyone who reaches this address can take part; --access-code prevents that\n',
      );
    }
    if (!local && tls === undefined && !flags.trustProxy) {
      process.stderr.write(
        'neckar: answers travel unencrypted; use --tls-cert and --tls-key, or a proxy with TLS\n',
      );
    }
    await new Promise<void>((resolve) => {
      const interrupts = watchInterrupts(() => resolve());
      interrupts.kill.addEventListener('abort', () => process.exit(130));
    });
    await server.close();
    const raters = store.raters();
    const finished = raters.filter(({ finishedAt }) => finishedAt !== undefined).length;
    const answers = store.answers().length;
    say(
      flags,
      { raters: raters.length, finished, answers },
      `${count(raters.length, 'rater')} so far, ${finished} finished; ${count(answers, 'answer')}.`,
    );
  } finally {
    store.close();
  }
}

function say({ json }: ServeFlags, record: object, sentence: string): void {
  process.stdout.write(`${json ? JSON.stringify(record) : sentence}\n`);
}

async function tlsOf({ tlsCert, tlsKey }: ServeFlags) {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new NeckarError('--tls-cert and --tls-key belong together: give both files.');
  }
  const { cert, key, warnings } = await readTls(tlsCert, tlsKey);
  for (const warning of warnings) process.stderr.write(`neckar: ${warning}\n`);
  return { cert, key };
}
