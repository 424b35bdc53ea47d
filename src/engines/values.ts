/** Checks at the border between an engine and the values it is given. */
import { NeckarError } from '../errors.ts';
import type { NamedValues } from '../tensor.ts';
import type { CompileOptions } from './engine.ts';

/** The inputs' specification with every default filled in; throws when a constant bears an input's name. */
export function checkedInputs(
  options: CompileOptions,
): Map<string, { shape: number[]; dtype: 'float32' | 'int32' }> {
  const specs = new Map(
    Object.entries(options.inputs).map(([name, { shape, dtype }]) => [
      name,
      { shape: [...shape], dtype: dtype ?? ('float32' as const) },
    ]),
  );
  for (const [name, { shape, data }] of Object.entries(options.constants ?? {})) {
    if (specs.has(name)) {
      throw new NeckarError(
        `${options.label}: "${name}" is both an input and a constant; rename one of them.`,
      );
    }
    checkSize(options.label, name, shape, data.length);
  }
  return specs;
}

/**
 * Throws a NeckarError naming the first value that is missing, unknown, or of another shape or type than the
 * program was compiled for.
 */
export function checkValues(
  label: string,
  specs: ReadonlyMap<string, { shape: readonly number[]; dtype: string }>,
  values: NamedValues,
): void {
  for (const name of Object.keys(values)) {
    if (!specs.has(name)) {
      throw new NeckarError(`${label}: unknown input "${name}", expected ${[...specs.keys()].join(', ')}.`);
    }
  }
  for (const [name, { shape, dtype }] of specs) {
    const value = values[name];
    if (value === undefined) throw new NeckarError(`${label}: the input "${name}" is missing.`);
    if (value.dtype !== dtype || String(value.shape) !== String(shape)) {
      throw new NeckarError(
        `${label}: the input "${name}" is ${value.dtype} [${value.shape}], expected ${dtype} [${shape}].`,
      );
    }
    checkSize(label, name, shape, value.data.length);
  }
}

function checkSize(label: string, name: string, shape: readonly number[], length: number): void {
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (size !== length) throw new NeckarError(`${label}: "${name}" is [${shape}] but holds ${length} values.`);
}
