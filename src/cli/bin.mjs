#!/usr/bin/env node
// JavaScript, so that Node can start it: it lets Node read the TypeScript sources, then hands over.
import { register } from 'tsx/esm/api';

register();
const { main } = await import('./main.ts');
await main(process.argv.slice(2));
