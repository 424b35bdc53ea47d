/** `neckar benchmark list`, `show` and `fetch`: what protocols there are, what is in one, and its pictures. */
import type { Command } from 'commander';
import { fetchPictures, type LocatedPicture, locatePictures } from '../../benchmark/pictures.ts';
import { type LoadedProtocol, loadProtocol, shippedProtocols } from '../../benchmark/protocol.ts';
import { count } from '../../platform/format.ts';
import { Interrupted } from '../errors.ts';
import { watchInterrupts } from '../interrupt.ts';
import { columns, palette, wantsColor } from '../terminal.ts';

interface PicturesFlags {
  readonly pictures?: string;
  readonly json?: boolean;
}

/** The option by which the pictures of a protocol may lie elsewhere. */
export function addPicturesOption(command: Command): Command {
  return command.option(
    '--pictures <folder>',
    'where pictures that do not come with Neckar lie, in contents/ and styles/ (default: NECKAR_BENCHMARKS, or the cache)',
  );
}

export function defineBenchmarkList(command: Command): void {
  command
    .summary('say which protocols there are')
    .description(
      'Lists the protocols that come with Neckar: pairs, size, tiers, and whether their pictures are here.',
    )
    .option('--json', 'as JSON on stdout')
    .addHelpText('after', '\nExamples:\n  neckar benchmark list\n  neckar benchmark list --json')
    .action(list);
}

export function defineBenchmarkShow(command: Command): void {
  addPicturesOption(command)
    .summary('say everything about a protocol')
    .description(
      'Says what a protocol fixes: pictures with their hashes and rights, size, reference, metrics, form.',
    )
    .argument('<protocol>', 'its name, or its file')
    .option('--json', 'as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar benchmark show neckar-1\n  neckar benchmark show styleid --json',
    )
    .action(show);
}

export function defineBenchmarkFetch(command: Command): void {
  addPicturesOption(command)
    .summary('fetch the pictures of a protocol')
    .description(
      'Fetches the pictures of a protocol that do not come with Neckar and compares their hashes. What is here is left alone.',
    )
    .argument('<protocol>', 'its name, or its file')
    .option('--json', 'as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar benchmark fetch styleid\n  neckar benchmark fetch styleid --pictures styleid',
    )
    .action(fetch);
}

async function list(flags: { readonly json?: boolean }): Promise<void> {
  const all = await Promise.all((await shippedProtocols()).map(loadProtocol));
  const rows = await Promise.all(
    all.map(async (loaded) => {
      const { protocol, hash } = loaded;
      const located = await locatePictures(loaded, 'all');
      return {
        name: protocol.name,
        version: protocol.version,
        sha256: hash,
        title: protocol.title,
        contents: protocol.contents.length,
        styles: protocol.styles.length,
        size: protocol.size,
        tiers: Object.keys(protocol.tiers),
        here: located.filter(({ state }) => state === 'good' || state === 'unverified').length,
        pictures: located.length,
      };
    }),
  );
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
    return;
  }
  const paint = palette(wantsColor(process.stdout));
  const lines = columns(
    rows.map((one) => [
      paint.strong(one.name),
      `version ${one.version}`,
      `${one.contents} × ${one.styles} pairs`,
      `${one.size} px`,
      one.tiers.join(', '),
      one.here === one.pictures ? 'pictures here' : `${one.here} of ${one.pictures} pictures here`,
      paint.faint(one.title),
    ]),
  );
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function show(name: string, flags: PicturesFlags): Promise<void> {
  const loaded = await loadProtocol(name);
  const located = await locatePictures(loaded, 'all', { ...(flags.pictures && { folder: flags.pictures }) });
  if (flags.json) {
    const states = located.map(({ role, picture, path, state }) => ({
      role,
      name: picture.name,
      path,
      state,
    }));
    const { protocol, hash, file } = loaded;
    process.stdout.write(
      `${JSON.stringify({ sha256: hash, file, ...protocol, located: states }, undefined, 2)}\n`,
    );
    return;
  }
  process.stdout.write(`${shownLines(loaded, located).join('\n')}\n`);
}

function shownLines({ protocol, hash }: LoadedProtocol, located: readonly LocatedPicture[]): string[] {
  const paint = palette(wantsColor(process.stdout));
  const { people } = protocol;
  const measure = (of?: { readonly level: string; readonly value: number }) =>
    of === undefined ? '' : `${of.level} (${of.value.toFixed(1)})`;
  const rows = columns(
    located.map(({ role, picture, state }) => [
      `  ${role}`,
      picture.name,
      picture.subject,
      measure(picture.colourfulness),
      measure(picture.detail),
      picture.sha256?.slice(0, 12) ?? 'no hash',
      state,
      paint.faint(`${picture.title}; ${picture.licence}`),
    ]),
  );
  const shares = Object.entries(people.population.sought).map(
    ([group, margins]) =>
      `  ${group}: ${Object.entries(margins)
        .map(([value, share]) => `${value} ${Math.round(100 * share)} %`)
        .join(', ')}`,
  );
  return [
    `${paint.strong(protocol.title)} (${protocol.name} version ${protocol.version}, SHA-256 ${hash})`,
    protocol.description,
    '',
    paint.strong('Pictures'),
    ...rows,
    `  every content with every style: ${count(protocol.contents.length * protocol.styles.length, 'pair')}, longest side ${protocol.size} pixels, ${protocol.resampling}`,
    ...(protocol.smoke
      ? [`  smoke part: ${protocol.smoke.contents.join(', ')} × ${protocol.smoke.styles.join(', ')}`]
      : []),
    ...Object.entries(protocol.tiers).flatMap(([name, tier]) => [
      '',
      `${paint.strong(`Tier ${name}`)}: ${tier.description}`,
      `  reference ${tier.reference.name}: ${tier.reference.title} (${tier.reference.citation})`,
      ...tier.baselines.map((one) => `  baseline ${one.name}: ${one.title} (${one.citation})`),
      '  metrics:',
      ...tier.metrics.map((id) => `    ${id}`),
    ]),
    '',
    paint.strong('People'),
    ...people.questions.map(({ aspect, text }) => `  ${aspect}: ${text}`),
    ...people.checks.map((one) => `  check: ${one}`),
    ...people.exclusion.map((one) => `  left out: ${one}`),
    `  population sought (${people.population.source}):`,
    ...shares,
  ];
}

async function fetch(name: string, flags: PicturesFlags): Promise<void> {
  const loaded = await loadProtocol(name);
  const interrupts = watchInterrupts(() => {});
  const fetched: { name: string; path: string; fetched: boolean; state: string }[] = [];
  try {
    await fetchPictures(
      loaded,
      ({ picture, path, state }, isNew) => {
        fetched.push({ name: picture.name, path, fetched: isNew, state });
        if (!flags.json && isNew) process.stderr.write(`${picture.name}: ${state}, ${path}\n`);
      },
      { signal: interrupts.stop, ...(flags.pictures && { folder: flags.pictures }) },
    );
  } catch (error) {
    if (interrupts.stop.aborted) throw new Interrupted('stopped; what was fetched is kept');
    throw error;
  } finally {
    interrupts.release();
  }
  if (flags.json) process.stdout.write(`${JSON.stringify(fetched, undefined, 2)}\n`);
  else {
    const unverified = fetched.filter(({ state }) => state === 'unverified').length;
    const how =
      unverified === 0
        ? 'their bytes are the protocol’s'
        : `${unverified} unverified: the protocol has no hash of them`;
    process.stderr.write(
      `All ${count(fetched.length, 'picture')} of "${loaded.protocol.name}" are here; ${how}.\n`,
    );
  }
}
