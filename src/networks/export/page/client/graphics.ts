/** Whether there is a GPU that the page may compute on. */

interface Adapter {
  readonly info?: Readonly<Record<'vendor' | 'architecture' | 'device' | 'description', string>>;
}

/** The GPU, or why there is none in a sentence. */
export async function findGraphics(): Promise<{ readonly adapter: Adapter } | { readonly why: string }> {
  const { gpu } = navigator as Navigator & {
    readonly gpu?: { requestAdapter(): Promise<Adapter | null> };
  };
  if (gpu === undefined) {
    return {
      why: window.isSecureContext
        ? 'This browser has no WebGPU.'
        : 'Browsers give WebGPU only to pages opened from disk or from an https address.',
    };
  }
  const adapter = await gpu.requestAdapter().catch(() => null);
  return adapter === null ? { why: 'This browser offers no GPU here.' } : { adapter };
}

export function describeGraphics({ info }: Adapter): Readonly<Record<string, string>> {
  const { vendor = '', architecture = '', device = '', description = '' } = info ?? {};
  return { vendor, architecture, device, description };
}
