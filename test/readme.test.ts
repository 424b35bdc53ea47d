/** The README's networks are variants that an experiment can have. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { contents, styles } from '../fixtures/index.ts';
import { planTrials } from '../src/experiment/plan.ts';
import { adain, content, gram, johnson, onnx } from '../src/index.ts';

const readme = readFileSync(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');

test('variants with networks are written as they are read: only files and weights are missing', (t) => {
  const section = readme.slice(readme.indexOf('## Networks that stylise'));
  const written = /```ts\nvariants: (\{[\s\S]*?\n\}),\n```/.exec(section)![1]!;
  const names = { adain, gram, johnson, onnx, losses: [content(), gram()] };
  const variants = new Function(...Object.keys(names), `return ${written}`)(...Object.values(names));
  t.true(Object.keys(variants).length >= 4);
  const pairs = [[contents.town, styles.swirl]];
  for (const [name, variant] of Object.entries(variants)) {
    const problems = (() => {
      try {
        planTrials({ name: 'readme', pairs, variants: { [name]: variant } } as never);
        return [];
      } catch (error) {
        return (error as Error).message.split('\n');
      }
    })();
    for (const problem of problems) t.regex(problem, /is not installed|theirs\.onnx/, name);
  }
});
