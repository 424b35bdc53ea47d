import test from 'ava';
import { z } from 'zod';
import { factoryOf, type NamedDefinition, openNamed } from '../../src/components/named.ts';
import { createRegistry } from '../../src/components/registry.ts';

function filters() {
  const registry = createRegistry<NamedDefinition>('edge');
  const define = <const Name extends string, Shape extends z.ZodRawShape>(
    definition: NamedDefinition<Name, Shape>,
  ) => {
    registry.add(definition as unknown as NamedDefinition);
    return factoryOf(definition);
  };
  return { registry, define };
}

const sobel = { name: 'sobel', description: 'Sobel.', settings: { width: z.number().default(3) } } as const;
const plain = { name: 'plain', description: 'Nothing to set.', settings: {} } as const;

test('a component is written by its function, with any of its settings', (t) => {
  const { define } = filters();
  const written = define(sobel);
  t.is(written.definition, sobel);
  t.deepEqual(written({ width: 5 }) as object, { name: 'sobel', width: 5 });
  t.deepEqual(define(plain)() as object, { name: 'plain' });
});

test('a name alone or an object becomes the object with every default, of one entered later as well', (t) => {
  const { registry, define } = filters();
  define(sobel);
  const schema = openNamed(registry);
  t.deepEqual(schema.parse('sobel'), { name: 'sobel', width: 3 });
  t.deepEqual(schema.parse({ name: 'sobel', width: 7 }), { name: 'sobel', width: 7 });
  t.false(schema.safeParse('plain').success);
  define(plain);
  t.deepEqual(schema.parse('plain'), { name: 'plain' });
  t.false(schema.safeParse({ name: 'plain', width: 3 }).success);
});

test('a component that is entered anew by its module replaces what the schema knew of it', (t) => {
  const { registry, define } = filters();
  const module = 'file:///lab/edges.ts';
  define({ ...sobel, module });
  const schema = openNamed(registry);
  t.deepEqual(schema.parse('sobel'), { name: 'sobel', width: 3 });
  define({ ...sobel, module: `${module}?again`, settings: { width: z.number().default(9) } });
  t.deepEqual(schema.parse('sobel'), { name: 'sobel', width: 9 });
});

test('a name that nobody has is one sentence with the nearest name and the advice', (t) => {
  const { registry, define } = filters();
  define(sobel);
  define(plain);
  const saidOf = (input: unknown) =>
    openNamed(registry, 'see the manual')
      .safeParse(input)
      .error!.issues.map(({ message }) => message);
  t.deepEqual(saidOf('sobbel'), [
    'there is no edge "sobbel". Did you mean "sobel"? Edges are sobel, plain; see the manual',
  ]);
  t.deepEqual(saidOf({ nam: 'sobel' }), ['an edge is one of sobel, plain, or an object with such a name']);
});
