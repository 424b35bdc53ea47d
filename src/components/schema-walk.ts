/** Walking a zod schema along a path: which keys are allowed at a place, and what stands below them. */
import type { z } from 'zod';
import { opened } from './registry.ts';

export type Schema = z.core.$ZodType;

/** The parts of a zod schema's definition that walking needs. */
interface Definition {
  readonly type: string;
  readonly innerType?: Schema;
  readonly in?: Schema;
  readonly out?: Schema;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly options?: readonly Schema[];
  readonly discriminator?: string;
  readonly element?: Schema;
  readonly valueType?: Schema;
  readonly values?: readonly unknown[];
  readonly entries?: Readonly<Record<string, string>>;
  readonly defaultValue?: unknown;
  readonly transform?: { readonly [opened]?: () => Schema };
}

const definitionOf = (schema: Schema): Definition => schema._zod.def as unknown as Definition;

/**
 * The schema inside of defaults, optionals and transforms; of a union, the option that `value` picks by its
 * discriminator, or undefined when it picks none.
 */
function plainSchema(schema: Schema, value: unknown): Schema | undefined {
  const definition = definitionOf(schema);
  const inner = innerOf(definition);
  if (inner !== undefined) return plainSchema(inner, value);
  if (definition.type !== 'union') return schema;
  const options = definition.options!;
  if (definition.discriminator === undefined) return closestOption(options, value);
  const wanted = isRecord(value) ? value[definition.discriminator] : undefined;
  return options.find((option) =>
    literalsOf(definitionOf(option).shape![definition.discriminator!]!).includes(wanted),
  );
}

/** What stands here when nothing is written. */
export function defaultOf(schema: Schema): unknown {
  const { innerType, defaultValue } = definitionOf(schema);
  return defaultValue ?? (innerType && defaultOf(innerType));
}

/** The key that tells a union's options apart, or undefined where there is none. */
export function discriminatorOf(schema: Schema): string | undefined {
  const definition = definitionOf(schema);
  const inner = innerOf(definition);
  return inner === undefined ? definition.discriminator : discriminatorOf(inner);
}

/**
 * What a wrapper checks: inside of optionals and defaults; before a transform, or after a preprocessing step; of an open
 * schema, what it is now.
 */
function innerOf({ type, innerType, in: first, out }: Definition): Schema | undefined {
  if (type !== 'pipe') return innerType;
  const open = definitionOf(out!).transform?.[opened];
  if (open !== undefined) return open();
  return definitionOf(first!).type === 'transform' ? out : first;
}

/** Of a union without a discriminator: the option of the value's kind that shares a key with it, or the first of its kind. */
function closestOption(options: readonly Schema[], value: unknown): Schema | undefined {
  const kinds = Array.isArray(value) ? ['array', 'tuple'] : ['object', 'record'];
  const fitting = options
    .map((option) => plainSchema(option, value))
    .filter((option) => option !== undefined && kinds.includes(definitionOf(option).type));
  const sharing = fitting.find((option) =>
    keysOf(option!, value)?.some((key) => isRecord(value) && key in value),
  );
  return sharing ?? fitting[0];
}

/** The keys an object may have at this place; undefined where keys are free (records) or where no object belongs. */
export function keysOf(schema: Schema, value: unknown): string[] | undefined {
  const plain = plainSchema(schema, value);
  const shape = plain && definitionOf(plain).shape;
  return shape && Object.keys(shape);
}

/** The schema below a key (or an item of a list), or undefined where the key does not belong. */
export function childOf(schema: Schema, key: string | number, value: unknown): Schema | undefined {
  const plain = plainSchema(schema, value);
  if (plain === undefined) return undefined;
  const { shape, element, valueType } = definitionOf(plain);
  if (shape !== undefined) return Object.hasOwn(shape, key) ? shape[key] : undefined;
  return element ?? valueType;
}

/** Whether this place holds entries under names of the experiment's own choosing. */
export function isOpen(schema: Schema, value: unknown): boolean {
  const plain = plainSchema(schema, value);
  return plain !== undefined && definitionOf(plain).type === 'record';
}

/** The allowed words of an enum or literal schema; empty for any other. */
export function literalsOf(schema: Schema): readonly unknown[] {
  const definition = definitionOf(schema);
  if (definition.innerType !== undefined) return literalsOf(definition.innerType);
  return definition.values ?? (definition.entries === undefined ? [] : Object.values(definition.entries));
}

/** Whether something is a plain object (not null, not a list). */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The schema at a path of keys below `schema`, for a given value; undefined where the path does not lead. */
export function schemaAt(schema: Schema, path: readonly PropertyKey[], value: unknown): Schema | undefined {
  let current: Schema | undefined = schema;
  let inside = value;
  for (const key of path) {
    if (current === undefined) return undefined;
    current = childOf(current, key as string | number, inside);
    inside = (inside as Record<PropertyKey, unknown> | undefined)?.[key];
  }
  return current;
}

/** What a schema says it is for, looked for inside of wrappers as well. */
export function descriptionOf(schema: Schema | undefined): string | undefined {
  if (schema === undefined) return undefined;
  const own = (schema as { description?: string }).description;
  const inner = innerOf(definitionOf(schema));
  return own ?? (inner && descriptionOf(inner));
}
