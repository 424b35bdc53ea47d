import test from 'ava';
import { designGroups, sessionOf } from '../../../src/study/design/active-session.ts';
import { minutesOf } from '../../../src/study/design/budget.ts';
import { type PairTrial, parseManifest, seal } from '../../../src/study/design/manifest.ts';
import { formOf } from '../../../src/study/form/shipped.ts';
import { bareStudy } from '../_study.ts';

const mainOf = (session: readonly { kind: string; role: string }[]) =>
  session.filter((trial): trial is PairTrial => trial.kind === 'pair' && trial.role === 'main');

test('the same seed makes the same study; another one another', (t) => {
  const study = bareStudy();
  t.deepEqual(bareStudy(), study);
  t.not(bareStudy({ raters: 13 }).hash, study.hash);
});

test('any two methods meet equally often on each picture, on either side, over a full round of raters', (t) => {
  // 7 methods, short sessions: blocks of three out of seven.
  const study = bareStudy({ methods: 7, pairs: 5, raters: 14, minutes: 15 });
  const { design } = study;
  if (design.kind !== 'blocks') throw new Error('expected blocks');
  t.deepEqual([design.v, design.b, design.r, design.k, design.lambda], [7, 7, 3, 3, 1]);
  const met = new Map<string, { left: number; right: number }>();
  for (const { pair, left, right } of study.sessions.flatMap(mainOf)) {
    const [low, high] = [Math.min(Number(left), Number(right)), Math.max(Number(left), Number(right))];
    const key = `${pair} ${low} ${high}`;
    const count = met.get(key) ?? { left: 0, right: 0 };
    count[left === low ? 'left' : 'right']++;
    met.set(key, count);
  }
  t.is(met.size, 5 * 21);
  // 14 raters are two rounds of the 7 blocks: each pair of methods twice, once on each side.
  for (const count of met.values()) t.deepEqual(count, { left: 1, right: 1 });
});

test('sessions keep to their time, and neighbours show different pictures where they can', (t) => {
  for (const options of [{}, { methods: 6, pairs: 8 }, { methods: 3, pairs: 2, minutes: 30 }]) {
    const study = bareStudy(options);
    for (const session of study.sessions) {
      t.true(minutesOf(session) <= study.minutes, `${minutesOf(session)} of ${study.minutes}`);
      t.is(session[0]!.role, 'training');
    }
  }
  const session = bareStudy({ methods: 4, pairs: 8 }).sessions[0]!;
  const pairs = mainOf(session).map(({ pair }) => pair);
  const alike = pairs.filter((pair, i) => i > 0 && pair === pairs[i - 1]).length;
  t.true(alike <= 2, `${alike} of ${pairs.length}`);
});

test('practice shows real results, every method and both sides in turn, and what is not asked later where there is such', (t) => {
  const practice = (study: ReturnType<typeof bareStudy>) =>
    study.sessions.map((session) => session[0] as PairTrial);
  const study = bareStudy({ methods: 7, pairs: 5, raters: 42, minutes: 15 });
  const seen = practice(study);
  for (const [n, { left, right, role, pair }] of seen.entries()) {
    t.is(role, 'training');
    t.true(typeof left === 'number' && typeof right === 'number' && left !== right);
    const key = (trial: PairTrial) => [trial.pair, ...[trial.left, trial.right].map(Number).sort()].join(' ');
    t.false(
      study.sessions[n]!.slice(1).some(
        (trial) => trial.kind === 'pair' && trial.role !== 'anchor' && key(trial) === key(seen[n]!),
      ),
    );
    t.true(pair < 5);
  }
  // 42 raters, 7 methods: twelve times each, about as often on the left.
  for (let method = 0; method < 7; method++) {
    const left = seen.filter((trial) => trial.left === method).length;
    const right = seen.filter((trial) => trial.right === method).length;
    t.true(left + right >= 9 && left + right <= 15, `${method}: ${left} + ${right}`);
    t.true(Math.abs(left - right) <= 6, `${method}: ${left} + ${right}`);
  }
  // Where everything is asked of everyone, it is one of those.
  t.true(
    practice(bareStudy({ methods: 2, pairs: 2 })).every(
      ({ left, right }) => Number(left) + Number(right) === 1,
    ),
  );
});

test('a manifest of the first version, without a form, is read and asks what it asked', (t) => {
  const { hash: _, ...now } = bareStudy();
  const old = seal({
    ...now,
    manifestVersion: 1,
    sessions: now.sessions.map(([first, ...rest]) => [
      { ...(first as PairTrial), left: 'content', right: 'style' },
      ...rest,
    ]),
  });
  t.false('form' in old);
  const read = parseManifest(JSON.stringify(old), 'manifest.json');
  t.deepEqual(read, old);
  t.deepEqual(
    formOf(read).background.map(({ id }) => id),
    ['age', 'occupation', 'education', 'artTraining', 'vision', 'colourVision'],
  );
  t.deepEqual(formOf(read).languages, ['en', 'de']);
});

test('repeats show an earlier trial with its sides swapped; anchors have a known answer', (t) => {
  for (const session of bareStudy().sessions) {
    const repeats = session.filter((trial): trial is PairTrial => trial.role === 'repeat');
    t.true(repeats.length >= 2);
    for (const trial of repeats) {
      const first = session[trial.repeats!] as PairTrial;
      t.is(first.role, 'main');
      t.true(session.indexOf(trial) > trial.repeats! + 1);
      t.deepEqual([trial.left, trial.right, trial.pair], [first.right, first.left, first.pair]);
    }
    const anchors = session.filter(
      (trial): trial is PairTrial => trial.kind === 'pair' && trial.role === 'anchor',
    );
    t.deepEqual(anchors.map(({ questions }) => questions[0]).sort(), ['content', 'style']);
    for (const anchor of anchors) t.is(anchor[anchor.expected!], anchor.questions[0] as 'content' | 'style');
    const self = session.filter(({ role }) => role === 'self') as PairTrial[];
    t.is(self.length, 1);
    t.is(self[0]!.left, self[0]!.right);
  }
});

test('ratings: every method once per rated picture, the reference hidden among them', (t) => {
  const { sessions } = bareStudy({ methods: 3, pairs: 2 });
  for (const session of sessions) {
    const ratings = session.filter((trial) => trial.kind === 'rating');
    for (const pair of new Set(ratings.map((trial) => trial.pair))) {
      const shown = ratings.filter((trial) => trial.pair === pair).map((trial) => trial.shown);
      t.deepEqual(shown.map(String).sort(), ['0', '1', '2', 'content']);
      t.is(shown.length, 4);
    }
  }
});

test('too few raters leave a design in pieces', (t) => {
  t.throws(() => bareStudy({ methods: 10, pairs: 1, raters: 1, minutes: 10 }), {
    name: 'NeckarError',
    message: /With 1 rater the design falls apart: .* are never compared with one another\. Plan more raters/,
  });
});

test('a session too short to ask anything is refused', (t) => {
  t.throws(() => bareStudy({ minutes: 2 }), { name: 'NeckarError', message: /2 minutes are too short/ });
});

test('an active design asks first about what is least known', (t) => {
  const study = bareStudy({ methods: 14, pairs: 4, kind: 'active' });
  const empty = sessionOf(study, 0, () => []);
  t.is(designGroups(14, [empty]).length, 1, 'the first session alone connects all methods');
  // All methods but 2 and 3 have been compared many times.
  const known = Array.from({ length: 14 }, (_, i) => i)
    .flatMap((i) => Array.from({ length: i }, (_, j) => [j, i] as const))
    .map(([first, second]) => ({ first, second, firstWins: 40, secondWins: 40 }));
  const [first] = mainOf(
    sessionOf(study, 1, () =>
      known.filter(({ first: a, second: b }) => a !== 2 && b !== 2 && a !== 3 && b !== 3),
    ),
  );
  t.truthy(first);
  const seen = mainOf(
    sessionOf(study, 1, () =>
      known.filter(({ first: a, second: b }) => ![2, 3].includes(a) && ![2, 3].includes(b)),
    ),
  );
  const about = seen.filter(
    ({ left, right }) => [2, 3].includes(Number(left)) || [2, 3].includes(Number(right)),
  );
  t.is(about.length, seen.length);
});

test('an edited manifest, or one from the future, is refused', (t) => {
  const study = bareStudy();
  t.deepEqual(parseManifest(JSON.stringify(study), 'm'), study);
  t.throws(() => parseManifest(JSON.stringify({ ...study, reference: 1 }), 'm'), {
    message: /was changed after the study was made/,
  });
  t.throws(() => parseManifest(JSON.stringify({ ...study, manifestVersion: 99 }), 'm'), {
    message: /newer Neckar/,
  });
  t.throws(() => parseManifest('{', 'm'), { message: /is not a study's manifest/ });
  const { hash: _, ...content } = study;
  const loosened = seal({ ...content, rules: { ...content.rules, oneSide: 1 } });
  t.throws(() => parseManifest(JSON.stringify(loosened), 'm'), { message: /exclusion rules do not match/ });
});
