/**
 * Components that are written as `{name, ...settings}`, or by their name alone: encoders, optimisers, networks. What is
 * here serves all of their kinds; a kind adds what it knows of its own:
 *
 *     interface ThingDefinition<Name extends string = string, Shape extends z.ZodRawShape = z.ZodRawShape>
 *       extends NamedDefinition<Name, Shape> { make(settings: SettingsOf<Shape>): Thing }
 *
 *     const things = createRegistry<ThingDefinition>('thing');
 *
 *     function defineThing<const Name extends string, Shape extends z.ZodRawShape>(
 *       definition: ThingDefinition<Name, Shape>,
 *     ) {
 *       things.add(definition as unknown as ThingDefinition);
 *       return factoryOf(definition);
 *     }
 *
 *     const thingSchema = openNamed<ThingSpec, ThingInput>(things);
 */
import { z } from 'zod';
import { didYouMean } from '../errors.ts';
import { type Component, type OfComponent, openSchema, type Registry } from './registry.ts';

/** What is known of every component of such a kind. */
export interface NamedDefinition<Name extends string = string, Shape extends z.ZodRawShape = z.ZodRawShape>
  extends Component {
  readonly name: Name;
  /** Its settings, each with a default where it has one. */
  readonly settings: Shape;
}

/** A component's settings, every default filled in. */
export type SettingsOf<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>;

// An object without settings is to zod one that may have no keys at all, not even a name.
type Written<Name extends string, Shape extends z.ZodRawShape> = {
  readonly name: Name;
} & (keyof Shape extends never ? unknown : z.input<z.ZodObject<Shape>>);
type Resolved<Name extends string, Shape extends z.ZodRawShape> = {
  readonly name: Name;
} & (keyof Shape extends never ? unknown : Readonly<z.output<z.ZodObject<Shape>>>);

/** The function by which experiments write a component, with the object behind it. */
export interface NamedFactory<
  Name extends string,
  Shape extends z.ZodRawShape,
  Definition = NamedDefinition<Name, Shape>,
> {
  (settings?: z.input<z.ZodObject<Shape>>): Written<Name, Shape> & OfComponent;
  readonly definition: Definition;
}

/** What experiments write by a factory: the name with any of the settings. */
export type WrittenBy<Factory> =
  Factory extends NamedFactory<infer Name, infer Shape, infer _Definition> ? Written<Name, Shape> : never;

/** The same with every default filled in, as a trial's configuration has it. */
export type ResolvedBy<Factory> =
  Factory extends NamedFactory<infer Name, infer Shape, infer _Definition> ? Resolved<Name, Shape> : never;

/** The function by which experiments write a component. */
export function factoryOf<
  const Name extends string,
  Shape extends z.ZodRawShape,
  Definition extends NamedDefinition<Name, Shape>,
>(definition: Definition & NamedDefinition<Name, Shape>): NamedFactory<Name, Shape, Definition> {
  const write = (settings?: z.input<z.ZodObject<Shape>>) => ({ name: definition.name, ...settings });
  return Object.assign(write as NamedFactory<Name, Shape, Definition>, { definition });
}

/**
 * The schema of whatever components a registry has now: a name alone, or an object with its settings. It gives the
 * object, every default filled in.
 *
 * @param advice - a sentence more for a name that nobody has
 */
export function openNamed<Output, Input>(
  registry: Registry<NamedDefinition>,
  advice?: string,
): z.ZodType<Output, Input> {
  const error = ({ input }: { readonly input?: unknown }) => unknownName(registry, input, advice);
  const written = (input: unknown) => (typeof input === 'string' ? { name: input } : input);
  return openUnion(registry, (all) => {
    const objects = all.map(({ name, settings }) => z.strictObject({ name: z.literal(name), ...settings }));
    const known = z.discriminatedUnion('name', objects as unknown as [z.ZodObject], { error });
    return z.preprocess(written, known);
  });
}

/**
 * The schema that components of a registry make together, made anew only where one was entered meanwhile.
 *
 * @param schemaOf - from all of them, in the registry's order
 */
export function openUnion<Output, Input, Definition extends Component>(
  registry: Pick<Registry<Definition>, 'all'>,
  schemaOf: (all: readonly Definition[]) => z.ZodType,
): z.ZodType<Output, Input> {
  let known: { readonly of: readonly Definition[]; readonly schema: z.ZodType } | undefined;
  return openSchema(() => {
    const all = registry.all();
    if (known === undefined || all.length !== known.of.length || all.some((one, i) => one !== known!.of[i])) {
      known = { of: all, schema: schemaOf(all) };
    }
    return known.schema;
  });
}

function unknownName(registry: Registry<NamedDefinition>, input: unknown, advice?: string): string {
  const [kind, plural, names] = [registry.kind, `${registry.kind}s`, registry.names()];
  const one = `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
  const name = nameIn(input);
  if (name === undefined) return `${one} is one of ${names.join(', ')}, or an object with such a name`;
  const list = `${plural[0]!.toUpperCase()}${plural.slice(1)} are ${names.join(', ')}`;
  return `there is no ${kind} "${name}". ${didYouMean(name, names)}${list}${advice === undefined ? '' : `; ${advice}`}`;
}

/** The name that is written of a component, in whichever form. */
function nameIn(written: unknown): string | undefined {
  if (typeof written === 'string') return written;
  if (written === null || typeof written !== 'object' || !('name' in written)) return undefined;
  return typeof written.name === 'string' ? written.name : undefined;
}
