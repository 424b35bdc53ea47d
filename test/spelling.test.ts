/**
 * Identifiers are spelt as in American English, as those of the language and of this field's libraries are; prose is
 * British. Whoever looks for a name need try one spelling alone.
 */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { isIdentifier, isPrivateIdentifier, type Node } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';

const root = fileURLToPath(new URL('..', import.meta.url));
const projects = [
  '',
  'reports/page/client/',
  'reports/live/client/',
  'src/study/form/client/',
  'src/networks/export/page/client/',
];

const british = [
  /(col|behavi|neighb|fav|flav|hon|lab|harb|rig|vap)our/,
  /grey|artefact|catalogue|analogue|dialogue|licence|defence|judgement/,
  /centre|centring|fibre|litre|theatre|calibre|(milli|centi|kilo)metre/,
  /[^aeo][iy]s(e|ed|er|ers|es|ing|ation|ations)$|[^aeo]isable$/,
  /(cancel|label|signal|model|travel|level|tunnel|channel|total|equal)l(ed|ing|er|ers)$/,
];
/** Spelt with an s on both sides of the ocean. */
const withS = /(^(r|ar|ir)|w|prom|prec|conc|exerc|surpr|adv|rev|dev|d)is(e|ed|es|ing|able)$/;

/** Words of an identifier in British spelling: `grey` of `greyImage`. */
function britishIn(name: string): string[] {
  const words = name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/([A-Z])([A-Z][a-z])/g, '$1 $2');
  return words
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => british.some((one) => one.test(word)) && !withS.test(word));
}

/** What users write, or what lies in stored files, which are to stay readable. */
const kept = new Map([
  ['artefacts', "of a trial's and a training's result; a question of studies"],
  ['artefactBytes', "of a trial's and a training's result"],
  ['favours', 'of compare --json; a column of differences.csv'],
  ['licence', 'of weights list --json and networks list --json'],
  ['colourfulness', 'of protocols and their pictures'],
  ['sise', 'a setting that the schema does not know, as somebody may write it'],
  ['toColourspace', "a function of sharp's"],
  ['colourRedGreen', "of a rater's answers"],
  ['colourBlueYellow', "of a rater's answers"],
  ['colourVision', "of a study's template"],
  ['optimisation', 'a class in trade-off.json; a variant of the experiment on it'],
  ['stylised', 'the output of exported ONNX files'],
  ['optimiser', 'a setting that the schema does not know, as somebody may write it'],
  ['colour', 'what a metric is for'],
  ['artefact', 'what a metric is for'],
]);
/** Named after the verb. */
const keptFiles = ['src/cli/study/analyse.ts'];

test('identifiers and files are spelt as in American English', (t) => {
  const api = new API({ cwd: root });
  t.teardown(() => api.close());
  const wanted = projects.map((folder) => `${root}${folder}tsconfig.json`);
  const opened = api.updateSnapshot({ openProjects: wanted }).getProjects();
  t.is(opened.length, projects.length);
  const found = new Map<string, string>();
  const seen = new Set<string>();
  const files = new Set<string>();
  for (const { rootFiles, program } of opened) {
    for (const path of rootFiles) {
      const file = relative(root, path);
      files.add(file);
      const visit = (node: Node): void => {
        if (isIdentifier(node) || isPrivateIdentifier(node)) {
          seen.add(node.text);
          if (!kept.has(node.text) && britishIn(node.text).length > 0) found.set(node.text, file);
        }
        node.forEachChild(visit);
      };
      visit(program.getSourceFile(path)!);
    }
  }
  t.true(files.size > 1000 && seen.size > 5000);
  t.deepEqual([...found], []);
  t.deepEqual(
    [...files].filter((file) => britishIn(file).length > 0 && !keptFiles.includes(file)),
    [],
  );
  t.deepEqual(
    [...kept.keys()].filter((name) => !seen.has(name)),
    [],
    'kept, and nowhere to be found',
  );
});

test('words are known as British wherever they stand in an identifier; those with an s everywhere are not', (t) => {
  for (const name of 'greyImage RGBColour isCentred neighbours#2 MAX_NEIGHBOURS Optimiser normalise analysed stylisation'.split(
    ' ',
  )) {
    t.is(britishIn(name).length, 1, name);
  }
  for (const name of 'colorOf noise raised arising likewise elementwise promised precise irises labeled unrolled called'.split(
    ' ',
  )) {
    t.deepEqual(britishIn(name), [], name);
  }
});
