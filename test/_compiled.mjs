// The command line as the package has it; `_bin.ts` says when tests start this.
const { main } = await import('../dist/src/cli/main.js');
await main(process.argv.slice(2));
