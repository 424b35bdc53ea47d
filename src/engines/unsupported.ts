/** What engines say when a function asks for an operation they do not have. */
import { NeckarError } from '../errors.ts';

/** An engine lacks an operation (or one setting of it) that a function uses. */
export class UnsupportedOperationError extends NeckarError {
  override readonly name = 'UnsupportedOperationError';
  /** The tfjs kernel's name, such as `Conv3D`. */
  readonly operation: string;
  /** The program that wanted it, see `CompileOptions.label`. */
  readonly label: string;

  /**
   * @param operation - the tfjs kernel's name
   * @param label - the program's label
   * @param engine - the engine and provider, such as `onnx (cpu)`
   * @param detail - which setting is missing, such as `dilations`, when the operation itself exists
   */
  constructor(operation: string, label: string, engine: string, detail?: string) {
    const what = detail === undefined ? `"${operation}"` : `"${operation}" with ${detail}`;
    super(
      `${label}: the ${engine} engine has no operation ${what}. ` +
        'Write the function without it, or run it with engine "tensorflow".',
    );
    this.operation = operation;
    this.label = label;
  }
}

const missingKernel = /Kernel '([^']+)' not registered/;
const missingGradient = /gradient function not found for ([\w$]+)/;

/**
 * Runs `compute`; what tfjs says about a missing kernel or gradient becomes an `UnsupportedOperationError` that
 * carries the program's label.
 */
export function namingUnsupported<T>(label: string, engine: string, compute: () => T): T {
  try {
    return compute();
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : '';
    const kernel = missingKernel.exec(message)?.[1];
    if (kernel !== undefined) throw new UnsupportedOperationError(kernel, label, engine);
    const gradient = missingGradient.exec(message)?.[1];
    if (gradient !== undefined) throw new UnsupportedOperationError(gradient, label, engine, 'a gradient');
    throw thrown;
  }
}
