/**
 * Experiment settings as command-line flags. Each flag is a path of the experiment's schema: its help, choices and
 * default are read from there, and what is typed becomes an override, checked like any other.
 */
import { type Command, Option } from 'commander';
import { defaultOf, descriptionOf, literalsOf, schemaAt } from '../components/schema-walk.ts';
import { encoderNames } from '../encoders/registry.ts';
import { type SettingName, settings } from '../experiment/schema.ts';
import { optimizerNames } from '../optimizers/registry.ts';

interface SettingFlag {
  readonly flags: string;
  /** Where the value goes in an experiment. */
  readonly path: string;
  /** `list`: values between commas are one list; `text`: taken as it is. Default: as in `path=value`. */
  readonly kind?: 'list' | 'text';
  /** Where the schema has no description of its own, or the flag means a part of it. */
  readonly help?: string;
  readonly choices?: readonly string[];
}

/** In the order in which they are applied: what chooses a kind before what belongs to it. */
const settingFlags: readonly SettingFlag[] = [
  { flags: '--encoder <name>', path: 'encoder.name', choices: encoderNames },
  {
    flags: '--weights <file or name>',
    path: 'encoder.weights',
    kind: 'text',
    help: 'the encoder\'s weights: a file, a name that "neckar weights list" shows, or random (default: the installed ones)',
  },
  {
    flags: '--pooling <kind>',
    path: 'encoder.pooling',
    help: 'pooling of vgg19 and vgg16',
    choices: ['average', 'max', 'l2'],
  },
  { flags: '--size <pixels>', path: 'size', help: 'longest side of the picture in pixels' },
  { flags: '--sizes <list>', path: 'sizes', kind: 'list' },
  {
    flags: '--levels <list>',
    path: 'levels',
    kind: 'list',
    help: 'levels with settings of their own, as {size: 128, evaluations: 60, optimizer: adam}, {size: 256}',
  },
  { flags: '--style-scale <factor>', path: 'styleScale' },
  { flags: '--color <kind>', path: 'color' },
  { flags: '--style-colors <factor>', path: 'styleColors' },
  { flags: '--tiling <how>', path: 'tiling' },
  { flags: '--regions <from>', path: 'regions', choices: ['none', 'maps', 'masks'] },
  {
    flags: '--soften <pixels>',
    path: 'regions.soften',
    help: 'soft edges between regions: the standard deviation, in pixels of the picture',
  },
  { flags: '--optimizer <name>', path: 'optimizer.name', choices: optimizerNames },
  {
    flags: '--learning-rate <step>',
    path: 'optimizer.learningRate',
    help: 'step size of adam and gradient-descent, in [0,1] pixel units',
  },
  { flags: '--history <n>', path: 'optimizer.history', help: 'curvature pairs that lbfgs keeps' },
  {
    flags: '--evaluations <n>',
    path: 'budget.evaluations',
    help: 'evaluations of value and gradient, over all sizes',
  },
  { flags: '--seconds <n>', path: 'budget.seconds', help: 'stop after this time' },
  {
    flags: '--init <start>',
    path: 'initialization',
    help: 'content, style, noise, flat, details, or an image file',
  },
  {
    flags: '--noise <deviation>',
    path: 'initialization.noise',
    help: 'standard deviation of noise added to the start',
  },
  { flags: '--clamp <when>', path: 'clamp' },
  { flags: '--weighting <kind>', path: 'weighting' },
  { flags: '--seed <n>', path: 'seed' },
  { flags: '--engine <name>', path: 'engine.name' },
  { flags: '--provider <name>', path: 'engine.provider' },
  { flags: '--threads <n>', path: 'engine.threads' },
];

/** Adds a flag for every setting. */
export function addSettingFlags(command: Command): void {
  for (const flag of settingFlags) command.addOption(optionOf(flag));
}

function optionOf({ flags, path, help, choices }: SettingFlag): Option {
  const [first, ...rest] = path.split('.') as [string, ...string[]];
  const name = (first === 'size' ? 'sizes' : first) as SettingName;
  const written = defaultOf(settings[name]);
  const schema = schemaAt(settings[name], rest, written);
  const allowed = choices ?? (schema === undefined ? [] : literalsOf(schema).map(String));
  const standard =
    rest.reduce<unknown>((inside, key) => (inside as Record<string, unknown> | undefined)?.[key], written) ??
    (schema && defaultOf(schema));
  const described =
    help ??
    (rest.length === 0
      ? descriptionOf(settings[name])
      : (descriptionOf(schema) ?? descriptionOf(settings[name])));
  const notes = [
    ...(allowed.length > 0 ? [allowed.join(', ')] : []),
    ...(standard === undefined || standard === null || (Array.isArray(standard) && standard.length === 0)
      ? []
      : [`default: ${shown(standard)}`]),
  ];
  return new Option(flags, `${described ?? path}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  if (typeof value === 'object' && value !== null) return String(Object.values(value)[0]);
  return String(value);
}

/** The flags that were typed, as overrides in a fitting order. */
export function overridesOf(typed: Readonly<Record<string, unknown>>): string[] {
  return settingFlags.flatMap(({ flags, path, kind }) => {
    const value = typed[new Option(flags).attributeName()];
    if (value === undefined) return [];
    const text = String(value);
    if (path === 'initialization') return [`${path}=${startOf(text)}`];
    if (kind === 'list') return [`${path}=[${text}]`];
    const plain = kind !== 'text' && /^[\w.+-]+$/.test(text);
    return [`${path}=${plain ? text : JSON.stringify(text)}`];
  });
}

/** `--init` takes a kind of start or, where it is none, an image file. */
function startOf(text: string): string {
  return ['content', 'style', 'noise', 'flat', 'details'].includes(text)
    ? text
    : `{from: file, file: ${JSON.stringify(text)}}`;
}
