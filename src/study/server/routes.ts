/** What the server answers to what. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import { json, pathOf, Refusal, type Reply } from '../../platform/web.ts';
import { countsSoFar } from '../analysis/progress.ts';
import { forgetAnalysis } from '../analysis/stored.ts';
import { sessionOf } from '../design/active-session.ts';
import { stimulusFile } from '../design/manifest.ts';
import type { FormAssets } from '../form/assets.ts';
import { formOf } from '../form/shipped.ts';
import { answer, backgroundOf, conditions, languageOf, randomId } from '../storage/answer.ts';
import { StudyStorageError } from '../storage/database.ts';
import type { Rater } from '../storage/rows.ts';
import type { StudyStore } from '../storage/store.ts';
import { readJson } from './http.ts';
import { RateLimit } from './limits.ts';
import { publicSession, publicStudy, stimuliOf } from './public.ts';

export interface RouteOptions {
  readonly folder: string;
  readonly store: StudyStore;
  readonly assets: FormAssets;
  readonly accessCode?: string;
  /** Take the rater's address for rate limits from the last entry of X-Forwarded-For: only behind one's own proxy. */
  readonly trustProxy?: boolean;
}

const hash = z.string().max(64);
const answersBody = z.strictObject({ study: hash, answers: z.array(answer).min(1).max(200) });
const codeBody = z.strictObject({ accessCode: z.string().max(200) });
const finishBody = z.strictObject({ study: hash });
const withdrawBody = z.strictObject({ code: z.string().min(1).max(60) });

/** The function that answers requests. It throws Refusals; everything else it throws is a defect. */
export function createRoutes(options: RouteOptions): (request: IncomingMessage) => Promise<Reply> {
  const { folder, store, assets, accessCode } = options;
  const { study } = store;
  const form = formOf(study);
  const startBody = z.strictObject({
    study: hash,
    token: randomId,
    accessCode: z.string().max(200).optional(),
    consent: z.literal(true),
    language: languageOf(form),
    background: backgroundOf(form),
    conditions,
  });
  const stimuli = stimuliOf(study);
  // A laboratory of raters shares one address: only what fails is counted against an address.
  const failures = new RateLimit(10 / 60, 20);
  const starts = new RateLimit(10, 300);
  const perRater = new RateLimit(20, 120);

  const partyOf = (request: IncomingMessage): string => {
    const forwarded = options.trustProxy ? request.headers['x-forwarded-for'] : undefined;
    const last = String(forwarded ?? '')
      .split(',')
      .at(-1)!
      .trim();
    return last !== '' ? last : (request.socket.remoteAddress ?? 'unknown');
  };
  const requireCurrent = (stated: string): void => {
    if (stated === study.hash) return;
    throw new Refusal(
      409,
      'other-study',
      'This form belongs to another version of the study. Reload the page.',
    );
  };
  const checked = async <T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> => {
    const parsed = schema.safeParse(await readJson(request));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw new Refusal(
      400,
      'bad-request',
      `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'not understood'}`,
    );
  };
  const authenticated = (request: IncomingMessage): { rater: Rater; token: string } => {
    requireCurrent(String(request.headers['x-study'] ?? study.hash));
    const token = /^Bearer ([0-9a-f]{32})$/.exec(request.headers.authorization ?? '')?.[1];
    const party = partyOf(request);
    if (!failures.allows(party)) throw tooMany();
    const rater = token === undefined ? undefined : store.rater(token);
    if (token === undefined || rater === undefined) {
      failures.take(party);
      throw new Refusal(401, 'no-session', 'There is no such session.');
    }
    if (!perRater.take(rater.id)) throw tooMany();
    return { rater, token };
  };
  const requireCode = (request: IncomingMessage, given: string | undefined): void => {
    if (accessCode === undefined) return;
    const party = partyOf(request);
    if (!failures.allows(party)) throw tooMany();
    if (given !== undefined && sameText(given.trim(), accessCode)) return;
    failures.take(party);
    throw new Refusal(403, 'wrong-code', 'That is not the access code.');
  };

  const routes: Readonly<Record<string, (request: IncomingMessage) => Promise<Reply> | Reply>> = {
    'GET /': () => ({ status: 200, type: 'text/html; charset=utf-8', body: assets.page }),
    'GET /form.js': () => ({ status: 200, type: 'text/javascript; charset=utf-8', body: assets.script }),
    'GET /form.css': () => ({ status: 200, type: 'text/css; charset=utf-8', body: assets.style }),
    'GET /robots.txt': () => ({ status: 200, type: 'text/plain', body: 'User-agent: *\nDisallow: /\n' }),
    'GET /api/study': () => json(publicStudy(study, accessCode !== undefined)),
    'POST /api/code': async (request) => {
      requireCode(request, (await checked(request, codeBody)).accessCode);
      return json({ right: true });
    },
    'POST /api/start': async (request) => {
      if (!starts.take('everyone')) throw tooMany();
      const body = await checked(request, startBody);
      requireCurrent(body.study);
      requireCode(request, body.accessCode);
      const { token, language } = body;
      const rater = store.begin(
        { token, language, background: body.background, conditions: body.conditions },
        (slot) => sessionOf(study, slot, () => countsSoFar(store)),
      );
      return json(publicSession(study, rater, store.answers(rater.id)));
    },
    'GET /api/session': (request) => {
      const { rater } = authenticated(request);
      if (store.hasExpired(rater)) {
        throw new Refusal(410, 'expired', 'The time to continue this session has passed.');
      }
      return json(publicSession(study, rater, store.answers(rater.id)));
    },
    'POST /api/answers': async (request) => {
      const { rater, token } = authenticated(request);
      const body = await checked(request, answersBody);
      requireCurrent(body.study);
      const outcomes = await store.save(rater, body.answers);
      // The rater may have ended in another tab while this one was still asking.
      return json({ outcomes, session: store.stateOf(token) });
    },
    'POST /api/finish': async (request) => {
      const { token } = authenticated(request);
      requireCurrent((await checked(request, finishBody)).study);
      store.finish(token);
      return json({ finished: true });
    },
    'POST /api/withdraw': async (request) => {
      const party = partyOf(request);
      if (!failures.allows(party)) throw tooMany();
      const { code } = await checked(request, withdrawBody);
      if (store.withdraw(code)) {
        await forgetAnalysis(folder);
        return json({ withdrawn: true });
      }
      failures.take(party);
      throw new Refusal(404, 'unknown-code', 'There are no answers with that code.');
    },
  };

  return async (request) => {
    const path = pathOf(request);
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
    const picture = /^\/stimuli\/([0-9a-f]{64})$/.exec(path)?.[1];
    try {
      if (picture !== undefined && method === 'GET') {
        authenticated(request);
        const stimulus = stimuli.get(picture);
        if (stimulus === undefined) throw new Refusal(404, 'not-found', 'There is no such picture.');
        const body = await readFile(join(folder, 'stimuli', stimulusFile(stimulus)));
        return { status: 200, type: 'image/webp', body, keep: 'forever' };
      }
      const route = Object.hasOwn(routes, `${method} ${path}`) ? routes[`${method} ${path}`] : undefined;
      if (route !== undefined) return await route(request);
      const known = ['GET', 'POST'].some((other) => Object.hasOwn(routes, `${other} ${path}`));
      throw known
        ? new Refusal(405, 'bad-request', 'That is not how this address is asked.')
        : new Refusal(404, 'not-found', 'There is nothing here.');
    } catch (error) {
      if (error instanceof StudyStorageError)
        throw new Refusal(507, 'storage', 'Answers cannot be saved at the moment.');
      throw error;
    }
  };
}

function tooMany(): Refusal {
  return new Refusal(429, 'too-many', 'Too many attempts. Wait a minute.');
}

/** Compares in a time that does not depend on how much agrees. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
