import test from 'ava';
import { budgetOf, contentsOf, minutesFor } from '../../../src/study/design/budget.ts';
import { comparisonsOf, sessionLines } from '../../../src/study/design/session-words.ts';
import { bareStudy } from '../_study.ts';

test('eight minutes of four questions hold two comparisons, which is said, with what would be enough', (t) => {
  const study = bareStudy({ pairs: 6, minutes: 8 });
  t.is(comparisonsOf(study), 2);
  const [length, warning] = sessionLines(study);
  t.regex(
    length!,
    /^Each session: about \d minutes: 2 comparisons of two methods, \d shown again, 3 checks, 5 ratings\.$/,
  );
  const [, minutes, held] = /4 methods make 6 comparisons on one .* --minutes (\d+) would hold (\d+)/.exec(
    warning!,
  )!;
  // By the pace alone: the fewest minutes whose budget has six.
  t.true(budgetOf(Number(minutes), 4, 4, 6).comparisons >= 6);
  t.true(budgetOf(Number(minutes) - 1, 4, 4, 6).comparisons < 6);
  t.is(Number(held), budgetOf(Number(minutes), 4, 4, 6).comparisons);
  t.is(comparisonsOf(bareStudy({ pairs: 6, minutes: Number(minutes) })) >= 6, true);
});

test('a session of the usual length is described, and nothing is wrong with it', (t) => {
  const study = bareStudy({ pairs: 6, minutes: 25 });
  const lines = sessionLines(study);
  t.is(lines.length, 1);
  const { comparisons, repeats, checks, ratings } = contentsOf(study.sessions[0]!);
  t.is(comparisons + repeats + checks + ratings + 1, study.sessions[0]!.length, 'and the training');
  t.regex(lines[0]!, new RegExp(`${comparisons} comparisons of two methods`));
});

test('what no session holds is told so', (t) => {
  t.is(minutesFor(1000, 4, 4, 6), undefined);
  const many = bareStudy({ methods: 14, pairs: 3, minutes: 12, kind: 'active' });
  t.regex(
    sessionLines(many).join(' '),
    /14 methods make 91 comparisons .*--minutes 30, the longest, holds \d+/,
  );
});
