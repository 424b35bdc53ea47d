// Module hooks for experiment files, which Node runs in a thread of its own, where TypeScript is not read: an
// experiment anywhere on the disk finds the Neckar that runs it under the name `neckar`, and its TypeScript is an
// ES module whatever the package.json around it says.

let faces;

/** @param {{ faces: Record<string, string> }} data - the URL of each public face, such as `neckar/fixtures` */
export async function initialize(data) {
  faces = data.faces;
}

export async function resolve(specifier, context, nextResolve) {
  const face = faces[specifier];
  if (face !== undefined) return { url: face, format: 'module', shortCircuit: true };
  const resolved = await nextResolve(specifier, context);
  if (!resolved.url.startsWith('file:')) return resolved;
  // tsx marks TypeScript that it takes for CommonJS, as it does where no package.json says otherwise, by what it adds to
  // the file's address; without it the file is what it looks like.
  const [, file, query = ''] = /^(.*?\.[cm]?ts)(?:%3Ftsx-[^?]*)?(\?.*)?$/.exec(resolved.url) ?? [];
  if (file === undefined || file.endsWith('.cts')) return resolved;
  const url = file + (query.includes('tsx-commonjs') ? '' : query);
  return { ...resolved, url, format: 'module' };
}
