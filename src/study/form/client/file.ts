/** The form on its own: the session and the pictures are in the page, answers go into a sealed file. */
import type { EmbeddedForm, GivenAnswer, KnownAnswer } from '../exchange.ts';
import { hmacOf } from './sha256.ts';
import type { Transport } from './transport.ts';
import type { Vault } from './vault.ts';
import { Problem } from './web.ts';

/** @param embedded - what the page holds; @param vault - where the sealed answers are kept until they are saved */
export function fileTransport(embedded: EmbeddedForm, vault: Vault): Transport {
  const { form, seal } = embedded;
  const { study } = embedded.study;
  return {
    fromDisk: true,
    useToken() {},
    study: async () => embedded.study,
    code: async () => {},
    withdraw: async () => {},
    start: async ({ language, background, conditions }) => {
      vault.put({ told: { language, background, conditions }, sealed: [], begunAt: Date.now() });
      return embedded.session;
    },
    session: async () => {
      if (Date.now() - (vault.record.begunAt ?? 0) > embedded.study.resumeHours * 3_600_000) {
        throw new Problem('expired', 410);
      }
      const newest = new Map<string, KnownAnswer>();
      for (const given of vault.record.sealed ?? []) newest.set(`${given.trial} ${given.question}`, given);
      return { ...embedded.session, answers: [...newest.values()] };
    },
    answers: async (_, answers) => {
      const sealed = [...(vault.record.sealed ?? [])];
      const refused = new Set<string>();
      for (const given of answers) {
        if (sealed.some(({ id }) => id === given.id)) continue;
        // As the server does: in another tab the question was answered first.
        if (
          sealed.some((one) =>
            (['trial', 'question', 'revision'] as const).every((key) => one[key] === given[key]),
          )
        ) {
          refused.add(given.id);
          continue;
        }
        const before = sealed.at(-1)?.seal ?? `${study} ${form} ${vault.record.token}`;
        sealed.push({ ...given, seal: hmacOf(seal, before + sealedText(given)) });
      }
      vault.put({ sealed });
      return {
        outcomes: answers.map(({ id }) =>
          refused.has(id) ? { id, saved: false, code: 'answered' } : { id, saved: true },
        ),
      };
    },
    finish: async () => ({ finished: true }),
    picture: async (hash) => {
      const text = atob(embedded.pictures[hash] ?? '');
      return Uint8Array.from(text, (char) => char.charCodeAt(0));
    },
    /** The file's name and text. */
    file() {
      const { token, told, sealed = [] } = vault.record;
      if (told === undefined) throw new Problem('no-session');
      const facts = Object.entries({ ...told.background, ...told.conditions })
        .map(([name, value]) => `${name}=${value}`)
        .sort();
      const before = sealed.at(-1)?.seal ?? `${study} ${form} ${token}`;
      const end = hmacOf(seal, `${before}\nend ${[sealed.length, told.language, ...facts].join(' ')}`);
      const content = {
        kind: 'neckar answers',
        version: 1,
        study,
        form,
        token,
        ...told,
        answers: sealed,
        end,
      };
      return { name: `answers-${form.slice(0, 8)}.json`, text: `${JSON.stringify(content, null, 1)}\n` };
    },
  };
}

function sealedText({ id, trial, question, revision, choice, milliseconds, zooms }: GivenAnswer): string {
  return `\n${[id, trial, question, revision, choice, milliseconds, zooms].join(' ')}`;
}
