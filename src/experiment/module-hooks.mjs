// Module hooks for experiment files, which Node runs in a thread of its own, where TypeScript is not read: an
// experiment anywhere on the disk finds the Neckar that runs it under the name `neckar`, and its TypeScript is an
// ES module whatever the package.json around it says.

let neckar;

/** @param {{ neckar: string }} data - the URL of Neckar's public face */
export async function initialize(data) {
  neckar = data.neckar;
}

export async function resolve(specifier, context, nextResolve) {
  if (specifier === 'neckar') return { url: neckar, format: 'module', shortCircuit: true };
  const resolved = await nextResolve(specifier, context);
  const isTypeScript = resolved.url.startsWith('file:') && /\.ts(\?|$)/.test(resolved.url);
  return isTypeScript ? { ...resolved, format: 'module' } : resolved;
}
