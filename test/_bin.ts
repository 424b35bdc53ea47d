/**
 * What to start where a test wants the command in a process of its own: what `npm run build` compiled, which starts in
 * less than half the time and is what users get, or the sources where they are newer than that.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The path of the program. */
export const bin: string = isCompiled() ? join(root, 'test/_compiled.mjs') : join(root, 'src/cli/bin.mjs');

function isCompiled(): boolean {
  const built = statSync(join(root, 'dist/src/cli/main.js'), { throwIfNoEntry: false })?.mtimeMs;
  if (built === undefined) return false;
  return ['src', 'metrics', 'reports', 'fixtures'].every((room) =>
    readdirSync(join(root, room), { recursive: true }).every(
      (file) => statSync(join(root, room, String(file))).mtimeMs <= built,
    ),
  );
}
