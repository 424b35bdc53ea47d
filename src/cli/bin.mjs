#!/usr/bin/env node
// JavaScript, so that Node can start it. In a checkout the sources are TypeScript and Node is taught to read them; the
// installed package was compiled.
import { existsSync } from 'node:fs';

// Said before anything is loaded: what an older Node makes of the rest is no sentence.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 9)) {
  console.error(
    `Neckar needs Node 20.9 or newer; this is ${process.versions.node}. Install a newer one from nodejs.org.`,
  );
  process.exit(2);
}

const candidates = ['./main.ts', './main.js', '../../dist/src/cli/main.js'];
const found = candidates.map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url));
if (found === undefined) throw new Error('Neckar is not complete here: install it anew.');
if (found.pathname.endsWith('.ts')) (await import('tsx/esm/api')).register();
const { main } = await import(found.href);
await main(process.argv.slice(2));
