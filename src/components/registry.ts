/**
 * Registries of components: losses, metrics, encoders, optimisers. Each component is one object that says everything
 * about itself and is entered when its module is loaded, ours and a researcher's own alike.
 */
import { z } from 'zod';
import { didYouMean, NeckarError } from '../errors.ts';

/** What every component says of itself. */
export interface Component {
  /** Unique in its registry; what configurations call it. */
  readonly name: string;
  /** One sentence with its source, for help and reports. */
  readonly description: string;
  /** `import.meta.url` of the module that defines it; needed of one that does not come with Neckar. */
  readonly module?: string;
}

declare const component: unique symbol;

/**
 * Marks, for the compiler alone, what a component's own function made: an experiment may hold it though its settings are
 * not among those that come with Neckar.
 */
export interface OfComponent {
  readonly [component]: true;
}

export interface Registry<Definition extends Component> {
  /** What its components are called in sentences. */
  readonly kind: string;
  /**
   * Enters a component. The same module may be loaded again.
   * @throws NeckarError when another module's component has that name, and when one that does not come with Neckar does
   *   not say in which module it is
   */
  add(definition: Definition): void;
  /**
   * Says that all that come with Neckar are entered: whoever follows must say in which module it is.
   * @param order - in which they are listed from now on; default: as they were entered
   */
  close(order?: readonly string[]): void;
  /** @throws NeckarError for a name that nobody has entered, with the nearest one */
  get(name: string): Definition;
  find(name: string): Definition | undefined;
  /** In the order of `close`, then in which they were entered. */
  all(): readonly Definition[];
  names(): string[];
}

/**
 * @param kind - what its components are called in sentences, such as `loss`
 * @param familyOf - what one module alone may have of a name; default: all of it
 */
export function createRegistry<Definition extends Component>(
  kind: string,
  familyOf: (name: string) => string = (name) => name,
): Registry<Definition> {
  const entries = new Map<string, Definition>();
  let closed = false;
  const registry: Registry<Definition> = {
    kind,
    add(definition) {
      const { name, module } = definition;
      if (module === undefined ? closed : !module.startsWith('file:')) {
        throw new NeckarError(
          `the ${kind} "${name}" does not say in which module it is, which whoever runs it needs to know; add "module: import.meta.url" to it.`,
        );
      }
      const known = [...entries.values()].find(
        (other) => familyOf(other.name) === familyOf(name) && fileOf(other.module) !== fileOf(module),
      );
      if (known !== undefined) {
        const owner =
          known.module === undefined ? 'comes with Neckar' : `is defined in ${fileOf(known.module)}`;
        throw new NeckarError(`the ${kind} "${name}" ${owner}; give yours another name.`);
      }
      entries.set(name, definition);
    },
    get(name) {
      const found = entries.get(name);
      if (found !== undefined) return found;
      throw new NeckarError(
        `there is no ${kind} "${name}". ${didYouMean(name, entries.keys())}There are ${registry.names().join(', ')}; one of your own is there once its module is imported.`,
      );
    },
    close(order = []) {
      closed = true;
      for (const name of order) {
        const definition = registry.get(name);
        entries.delete(name);
        entries.set(name, definition);
      }
    },
    find: (name) => entries.get(name),
    all: () => [...entries.values()],
    names: () => [...entries.keys()],
  };
  return registry;
}

/** A module's address without the query by which it was loaded anew. */
function fileOf(module: string | undefined): string | undefined {
  return module?.replace(/[?#].*$/, '');
}

/** What walking a schema finds behind an open one; see `openSchema`. */
export const opened = Symbol('opened');

/**
 * A schema that is only walked, so that overrides and sweeps know what is inside: what is checked is left as it is written,
 * for whoever checks it later and knows what it stands beside.
 */
export function writtenSchema(inside: () => z.ZodType): z.ZodType<unknown, unknown> {
  return z.unknown().transform(Object.assign((input: unknown) => input, { [opened]: inside }));
}

/**
 * A schema whose choices may still grow: what it checks is asked for whenever something is checked.
 *
 * @param current - the schema as it is now
 */
export function openSchema<Output, Input>(current: () => z.ZodType): z.ZodType<Output, Input> {
  const check = (input: unknown, context: z.core.$RefinementCtx): Output => {
    const checked = current().safeParse(input);
    if (checked.success) return checked.data as Output;
    for (const issue of checked.error.issues) context.issues.push(issue as z.core.$ZodRawIssue);
    return z.NEVER;
  };
  return z.unknown().transform(Object.assign(check, { [opened]: current })) as unknown as z.ZodType<
    Output,
    Input
  >;
}
