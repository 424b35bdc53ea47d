import test from 'ava';
import { createRandom } from '../../../src/random.ts';
import { countsSoFar } from '../../../src/study/analysis/progress.ts';
import { informativePairs } from '../../../src/study/design/active.ts';
import { sessionOf } from '../../../src/study/design/active-session.ts';
import { StudyStore } from '../../../src/study/storage/store.ts';
import { background, bareStudy, conditions, temporaryFolder } from '../_study.ts';

const id = (n: number) => n.toString(16).padStart(32, '0');

test('what others are being asked counts as on its way, until it is answered, finished or expired', async (t) => {
  let now = 1e12;
  const study = bareStudy({ methods: 14, kind: 'active', minutes: 12 });
  const store = new StudyStore(await temporaryFolder(t), study, { now: () => now });
  t.teardown(() => store.close());
  const rater = store.begin({ token: id(1), language: 'en', background, conditions }, (slot) =>
    sessionOf(study, slot, () => countsSoFar(store)),
  );
  const main = rater.session.flatMap((trial, at) =>
    trial.role === 'main' && trial.kind === 'pair' ? [at] : [],
  );
  const pending = () => countsSoFar(store).reduce((sum, one) => sum + (one.pending ?? 0), 0);
  t.is(pending(), main.length);
  const answer = { id: id(5), trial: main[0]!, question: 'preference', revision: 0, choice: 'left' } as const;
  await store.save(rater, [{ ...answer, milliseconds: 1000, zooms: 0 }]);
  t.is(pending(), main.length - 1);
  t.is(countsSoFar(store).filter((one) => one.firstWins + one.secondWins === 1).length, 1);
  const form = store.handOut((slot) => sessionOf(study, slot, () => countsSoFar(store)));
  const inForm = form.session.filter(({ kind, role }) => kind === 'pair' && role === 'main').length;
  t.is(pending(), main.length - 1 + inForm);
  now += 49 * 3_600_000;
  t.is(pending(), inForm, 'who has gone away is not waited for');
  store.begin(
    {
      token: id(2),
      language: 'en',
      background,
      conditions,
      origin: 'file',
      slot: form.slot,
      session: form.session,
    },
    () => form.session,
  );
  store.finish(id(2));
  t.is(pending(), 0, 'the form has come back');
});

test('a pair that is being asked is not asked again before others', (t) => {
  const asked = [{ first: 0, second: 1, firstWins: 0, secondWins: 0, pending: 1 }];
  for (let seed = 0; seed < 20; seed++) {
    // Of six pairs of equals, five are as informative as ever; the sixth is on its way.
    const chosen = informativePairs(4, asked, 1, createRandom(seed));
    t.notDeepEqual(chosen, [[0, 1]]);
  }
});
