/** `neckar study new`: a study of an experiment's finished pictures. */

import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { messageOf, NeckarError } from '../../errors.ts';
import { shownPath } from '../../experiment/load.ts';
import { count } from '../../platform/format.ts';
import { parseRules } from '../../study/design/manifest.ts';
import { newStudy } from '../../study/design/new-study.ts';
import { comparisonsOf, sessionLines } from '../../study/design/session-words.ts';
import type { FormParts, GivenFile } from '../../study/form/compose.ts';
import type { StudyForm } from '../../study/form/schema.ts';
import { formOf } from '../../study/form/shipped.ts';
import { collected, positiveNumber, repeated, wholeNumber } from '../options.ts';
import { findRuns } from './folders.ts';

interface FormFlags {
  readonly form?: string | undefined;
  readonly consent?: readonly string[] | undefined;
  readonly language?: readonly string[] | undefined;
  readonly languages?: readonly string[] | undefined;
}

interface NewFlags extends FormFlags {
  readonly runs: string;
  readonly studies: string;
  readonly name?: string;
  readonly title?: string;
  readonly variants?: string[];
  readonly pairs?: string[];
  readonly reference?: string;
  readonly questions?: string[];
  readonly primary?: string;
  readonly cannotTell: boolean;
  readonly raters: number;
  readonly minutes: number;
  readonly resumeHours: number;
  readonly seed?: string;
  readonly rules?: string;
  readonly population?: string;
  readonly design?: 'blocks' | 'active';
  readonly json?: boolean;
}

export function defineStudyNew(command: Command): void {
  command
    .summary('make a study of finished trials')
    .description(
      'Makes a folder with everything raters are shown: the pictures under names that tell nothing, and a manifest in which every trial, side and order is fixed by the seed. Its hash, and that of the exclusion rules, can be published before anyone is asked.',
    )
    .argument('<experiment>', 'the name of an experiment, its file, or the folder of its runs')
    .option('--variants <names>', 'compare only these methods (default: all)', collected)
    .option('--pairs <names>', 'only these pairs, as content:style (default: all)', collected)
    .option('--reference <name>', 'the method all others are compared with (default: the first)')
    .option('--questions <names>', 'of content, style, artefacts, preference (default: all)', collected)
    .option('--form <file>', 'questions and background questions of your own, as JSON; hashed with the study')
    .option(
      '--consent <file>',
      'what raters read before they agree: plain text or Markdown; de=<file> for one language',
      repeated,
    )
    .option('--language <file>', 'a language of your own: all texts of the form, as JSON', repeated)
    .option(
      '--languages <codes>',
      'offer only these, in this order (default: en, de and your own)',
      collected,
    )
    .option('--primary <question>', 'the question the declared test is about (default: preference)')
    .option('--no-cannot-tell', 'do not offer "can\'t tell"')
    .option('--raters <count>', 'how many are planned', wholeNumber, 40)
    .option('--minutes <count>', 'how long a session may take, at most 30', positiveNumber, 25)
    .option('--resume-hours <count>', 'how long an interrupted session can be resumed', positiveNumber, 48)
    .addOption(
      new Option(
        '--design <kind>',
        'every session fixed beforehand, or chosen as answers come in (default: blocks for up to 12 methods)',
      ).choices(['blocks', 'active']),
    )
    .option('--rules <file>', 'when raters are left out, as JSON ; hashed with the study')
    .option(
      '--population <file>',
      'shares of the groups the study is to speak for, as JSON; hashed with the study',
    )
    .option('--seed <seed>', 'of all sides and orders (default: the name and version)')
    .option('--title <text>', 'what raters read at the top; it must not tell what is compared')
    .option('--name <name>', 'of the study (default: of the experiment)')
    .option('--runs <folder>', 'where results are kept', 'runs')
    .option('--studies <folder>', 'where studies are kept', 'studies')
    .option('--json', 'the outcome as JSON on stdout')
    .addHelpText(
      'after',
      `
Examples:
  neckar study new loss-variants --reference gram --raters 40 --consent consent.md
  neckar study template questions > questions.json
  neckar study new loss-variants --form questions.json --languages en
  neckar study template population > adults.json
  neckar study new loss-variants --population adults.json
  neckar study template language > fr.json
  neckar study new loss-variants --language fr.json --languages fr,en`,
    )
    .action(makeStudy);
}

async function makeStudy(experiment: string, flags: NewFlags): Promise<void> {
  const {
    runs,
    json,
    design,
    rules: rulesFile,
    population,
    form,
    consent,
    language,
    languages,
    ...options
  } = flags;
  const rules = rulesFile === undefined ? undefined : parseRules(await readRules(rulesFile), rulesFile);
  const { folder, manifest } = await newStudy(await findRuns(experiment, runs), {
    ...options,
    ...(design !== undefined && { design }),
    ...(rules !== undefined && { rules }),
    ...(population !== undefined && {
      population: {
        path: population,
        text: Buffer.from((await readGiven('--population', population)).bytes).toString('utf8'),
      },
    }),
    form: await formParts({ form, consent, language, languages }),
  });
  const { hash, rulesHash, methods, pairs, version } = manifest;
  const comparisons = comparisonsOf(manifest);
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ folder, hash, rulesHash, version, comparisons }, undefined, 2)}\n`,
    );
    return;
  }
  const reference = methods[manifest.reference]!.name;
  process.stdout.write(
    [
      `${shownPath(folder)}: ${count(methods.length, 'method')} (reference: ${reference}), ${count(pairs.length, 'pair')}, ${count(manifest.raters, 'rater')}`,
      ...sessionLines(manifest),
      `The form: ${describeForm(formOf(manifest))}.`,
      `Hash of the study      ${hash}`,
      `Hash of the exclusions ${rulesHash}`,
      `Serve it: neckar study serve ${manifest.name}`,
      '',
    ].join('\n'),
  );
}

async function readRules(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new NeckarError(`--rules "${path}" cannot be read: ${messageOf(cause)}.`, { cause });
  });
}

async function formParts({ form, consent, language, languages }: FormFlags): Promise<FormParts> {
  const texts: (GivenFile & { language?: string })[] = [];
  for (const given of consent ?? []) {
    // `de=consent.md`; a path may hold "=" as well, later on.
    const [, tag, path] = /^([a-z]{2,3}(?:-[A-Za-z0-9]+)*)=(.+)$/.exec(given) ?? [
      undefined,
      undefined,
      given,
    ];
    const file = await readGiven('--consent', path!);
    texts.push(tag === undefined ? file : { ...file, language: tag });
  }
  const own: GivenFile[] = [];
  for (const path of language ?? []) own.push(await readGiven('--language', path));
  return {
    consent: texts,
    languageFiles: own,
    ...(languages !== undefined && { languages }),
    ...(form !== undefined && { questionFile: await readGiven('--form', form) }),
  };
}

/** `4 questions, 9 about the rater; in en, de; with your text before consent`. */
function describeForm({ questions, background, languages, consent }: StudyForm): string {
  const own =
    Object.keys(consent).length > 0
      ? 'with your text before consent'
      : 'with no text of yours before consent (--consent)';
  return `${count(questions.length, 'question')}, ${background.length} about the rater; in ${languages.join(', ')}; ${own}`;
}

async function readGiven(flag: string, path: string): Promise<GivenFile> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new NeckarError(`${flag} "${path}" cannot be read: ${messageOf(cause)}.`, { cause });
  });
  return { path, bytes };
}
