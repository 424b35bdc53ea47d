/** From the first page to the last. */

import { fileTransport } from './file.js';
import { openOutbox } from './outbox.js';
import { openPictures } from './pictures.js';
import {
  backgroundScreen,
  conditionsScreen,
  consentScreen,
  endScreen,
  problemScreen,
  refusedScreen,
  withdrawScreen,
} from './screens.js';
import { runSession } from './session.js';
import { randomId, withdrawalCodeOf } from './sha256.js';
import { formData, languageNow, preferredLanguage, setLanguage, text } from './texts.js';
import { openVault } from './vault.js';
import { webTransport } from './web.js';

/** Longer than this nobody reads or fills in one page. */
const longestScreenMilliseconds = 180_000;

async function start() {
  const { embedded } = formData;
  const fileVault = embedded === undefined ? undefined : openVault(`form ${embedded.form}`);
  const transport = embedded === undefined ? webTransport() : fileTransport(embedded, fileVault);
  setLanguage(preferredLanguage());
  const study = { ...(await insist(() => transport.study())), fromDisk: transport.fromDisk };
  const vault = fileVault ?? openVault(study.study);
  if (vault.record.language !== undefined) setLanguage(vault.record.language);
  if (location.hash === '#withdraw' && !transport.fromDisk) return await withdraw(transport);

  const session = vault.record.begun
    ? await resume(transport, vault, study)
    : await begin(transport, vault, study);
  if (session === undefined) return;
  if (session.finished || vault.record.finished) return await end({ transport, vault, study });
  await go({ transport, vault, study, session });
}

/** Consent, background, conditions: then the session. Undefined when the reader withdrew instead. */
async function begin(transport, vault, study) {
  if (vault.record.token === undefined) vault.put({ token: randomId() });
  let problem;
  for (;;) {
    const agreed = await timed(vault, () => consentScreen(study, problem));
    problem = undefined;
    if (agreed.withdraw) return await withdraw(transport);
    vault.put({ language: languageNow() });
    if (agreed.again) continue;
    // A wrong code is told before anything else is asked.
    if (agreed.accessCode) problem = await refusalOf(() => insist(() => transport.code(agreed.accessCode)));
    if (problem !== undefined) continue;
    const facts = await askFacts(vault);
    if (facts === undefined) continue;
    transport.useToken(vault.record.token);
    try {
      const body = {
        study: study.study,
        token: vault.record.token,
        ...(agreed.accessCode && { accessCode: agreed.accessCode }),
        consent: true,
        language: languageNow(),
        ...facts,
      };
      const session = await insist(() => transport.start(body));
      vault.put({ begun: true });
      return session;
    } catch (error) {
      problem = error.code;
      if (problem === 'other-study') location.reload();
    }
  }
}

async function askFacts(vault) {
  for (;;) {
    const kept = vault.record.draft ?? {};
    const background =
      formData.background.length === 0
        ? {}
        : await timed(vault, () => backgroundScreen(formData.background, kept, keep));
    if (background === undefined) return undefined;
    const conditions = await timed(vault, () =>
      conditionsScreen(formData.conditions, vault.record.draft ?? {}, keep),
    );
    if (conditions !== undefined) return { background, conditions };
    if (formData.background.length === 0) return undefined;
  }

  function keep(chosen) {
    const { colourRedGreen: _, colourBlueYellow: __, ...words } = chosen;
    vault.put({ draft: { ...vault.record.draft, ...words } });
  }
}

async function resume(transport, vault, study) {
  transport.useToken(vault.record.token);
  try {
    return await insist(() => transport.session());
  } catch (error) {
    if (error.code !== 'expired') {
      await lost(vault, error.code);
      return undefined;
    }
    // Given in time, but never sent: the server takes them, and marks them as late.
    const waiting = vault.record.outbox ?? [];
    let refused = 0;
    if (waiting.length > 0) {
      const { outcomes } = await insist(() => transport.answers(study.study, waiting)).catch(() => ({
        outcomes: waiting.map(({ id }) => ({ id, saved: false })),
      }));
      refused = outcomes.filter(({ saved }) => !saved).length;
      vault.put({ outbox: [] });
    }
    // The code with which all of it can be deleted stays within reach.
    await end({ transport, vault, study, ending: 'expired', refused });
    return undefined;
  }
}

async function go({ transport, vault, study, session }) {
  let status;
  const describe = ({ waiting, problem, refused }) => {
    if (status === undefined) return;
    const state =
      refused > 0 ? 'refused' : waiting === 0 ? 'saved' : problem === undefined ? 'saving' : 'kept';
    const key = state === 'kept' && problem !== 'offline' ? 'kept.server' : state;
    status.textContent = text(key, { count: state === 'refused' ? refused : waiting });
    status.dataset.state = state;
  };
  // Whatever ends the questions takes the page over; keys and late pictures change nothing any more.
  const stop = new AbortController();
  const instead = (work) => {
    if (stop.signal.aborted) return;
    stop.abort();
    work();
  };
  const onlost = (problem) => instead(() => lost(vault, problem));
  const outbox = openOutbox({
    vault,
    transport,
    study: study.study,
    onchange: describe,
    onlost,
    onended: (how) =>
      instead(() =>
        how === 'gone'
          ? lost(vault, 'no-session')
          : end({ transport, vault, study, ending: how === 'finished' ? 'elsewhere' : how }),
      ),
    onrefused: (codes) =>
      instead(async () => {
        await refusedScreen(codes);
        // The server's answers are the ones that count: the session goes on from them.
        location.reload();
      }),
  });
  outbox.send();
  const { ending } = await runSession({
    vault,
    outbox,
    study,
    session,
    pictures: openPictures(transport),
    onlost,
    stopped: stop.signal,
    onstatus: (node) => {
      status = node;
      if (session.answers.length > 0 || vault.record.answered) describe(outbox.state);
    },
  });
  if (stop.signal.aborted) return;
  await end({ transport, vault, study, ending, outbox });
}

/**
 * @param ending - `time`, `expired` or `elsewhere`, where that is why the session ends
 * @param refused - how many answers the server did not take
 */
async function end({ transport, vault, study, ending, outbox, refused = 0 }) {
  transport.useToken(vault.record.token);
  const saved = (async () => {
    await outbox?.emptied();
    if (vault.record.finished || ending === 'expired') return;
    await insistQuietly(() => transport.finish(study.study));
    vault.put({ finished: true });
  })();
  saved.catch(() => {});
  endScreen({
    code: withdrawalCodeOf(vault.record.token),
    ending,
    waiting: outbox?.waiting ?? 0,
    refused,
    saved,
    file: transport.fromDisk ? () => transport.file() : undefined,
    onwithdraw: async (code) => {
      if (await withdrawScreen(transport, code)) vault.clear();
      else location.reload();
    },
  });
}

async function withdraw(transport) {
  if (await withdrawScreen(transport)) return;
  history.replaceState(undefined, '', location.pathname);
  location.reload();
}

/** What a screen takes is time spent, unless someone left it open and went away. */
async function timed(vault, work) {
  const since = performance.now();
  const result = await work();
  const spent = Math.min(performance.now() - since, longestScreenMilliseconds);
  vault.put({ spent: (vault.record.spent ?? 0) + spent });
  return result;
}

/** The code of what went wrong, or undefined. */
async function refusalOf(work) {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error.code;
  }
}

/**
 * The session cannot go on: says why, what is not saved and how to delete what is, and begins anew. Of another study
 * nothing here is cleared: its record has another name, and this one is of use when the study is served again.
 */
async function lost(vault, code) {
  const { token, outbox = [] } = vault.record;
  const kept = code === 'other-study';
  const lines = [
    ...(outbox.length > 0
      ? [text(kept ? 'problem.unsent.kept' : 'problem.unsent', { count: outbox.length })]
      : []),
    ...(kept && token !== undefined ? [text('problem.code', { code: withdrawalCodeOf(token) })] : []),
  ];
  await problemScreen(code ?? 'defect', 'problem.begin', lines);
  if (!kept) vault.clear();
  location.reload();
}

/** Tries until it works or is refused for good; the reader decides when. */
async function insist(work) {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!error.passing) throw error;
      await problemScreen(error.code);
    }
  }
}

async function insistQuietly(work) {
  for (let delay = 1000; ; delay = Math.min(delay * 2, 30_000)) {
    try {
      return await work();
    } catch (error) {
      if (!error.passing) throw error;
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }
}

start();
