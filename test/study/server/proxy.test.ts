import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { ask, id, served } from './_client.ts';

/** A proxy in front of a study: under `/people/`, with the client's address in X-Forwarded-For. */
async function proxied(t: ExecutionContext, target: string, client: () => string): Promise<string> {
  const { hostname, port } = new URL(target);
  const proxy = createServer((incoming, outgoing) => {
    if (!incoming.url?.startsWith('/people/')) {
      outgoing.writeHead(404).end();
      return;
    }
    const before = incoming.headers['x-forwarded-for'];
    const forwarded = [...(before === undefined ? [] : [String(before)]), client()].join(', ');
    const headers = { ...incoming.headers, 'x-forwarded-for': forwarded, 'x-forwarded-proto': 'https' };
    const path = incoming.url.slice('/people'.length);
    const sent = request({ hostname, port, path, method: incoming.method, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    sent.on('error', () => outgoing.destroy());
    incoming.pipe(sent);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => proxy.close());
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

test('behind a proxy under a path: nothing the page names leads outside of it, and nothing is a cookie', async (t) => {
  const { url, study } = await served(t);
  const front = await proxied(t, url, () => '203.0.113.7');
  const page = await ask(front, 'GET', '/people/');
  t.is(page.status, 200);
  for (const [, address] of page.text.matchAll(/(?:href|src)="([^"]*)"/g))
    t.regex(address!, /^(data:|form\.)/);
  const script = (await ask(front, 'GET', '/people/form.js')).text;
  t.notRegex(script, /fetch\(['"`]\/|ask\(['"`]\//);
  for (const { headers } of [page, await ask(front, 'GET', '/people/api/study')]) {
    t.is(headers['set-cookie'], undefined);
    t.is(headers.location, undefined);
  }
  t.is((await ask(front, 'GET', '/people/api/study')).json.study, study.hash);
});

test('the proxy’s word for an address is taken only where it is trusted, and only its own', async (t) => {
  const guess = (front: string, n: number, headers: Record<string, string> = {}) =>
    ask(front, 'POST', '/people/api/withdraw', { body: { code: `guess${n}` }, headers });
  let client = '203.0.113.7';
  const trusting = await proxied(t, (await served(t, { trustProxy: true })).url, () => client);
  const statuses = async (front: string, headers: (n: number) => Record<string, string> = () => ({})) => {
    const all = [];
    for (let n = 0; n < 30; n++) all.push((await guess(front, n, headers(n))).status);
    return all;
  };
  // What the client itself claims comes before the proxy's entry, and counts for nothing.
  t.true((await statuses(trusting, (n) => ({ 'X-Forwarded-For': `198.51.100.${n}` }))).includes(429));
  client = '203.0.113.8';
  t.is((await guess(trusting, 99)).status, 404, 'another client is not locked out with the first');
  const plain = await served(t);
  const all = [];
  for (let n = 0; n < 30; n++) {
    const headers = { 'X-Forwarded-For': `198.51.100.${n}` };
    all.push(
      (await ask(plain.url, 'POST', '/api/withdraw', { body: { code: `guess${n}` }, headers })).status,
    );
  }
  t.true(all.includes(429), 'without a proxy the header does not help anyone');
});

test('a session through a proxy', async (t) => {
  const { url, study, store } = await served(t, { trustProxy: true });
  const front = await proxied(t, url, () => '203.0.113.7');
  const { background, conditions } = await import('../_study.ts');
  const facts = { consent: true, language: 'en', background, conditions };
  const begun = await ask(front, 'POST', '/people/api/start', {
    body: { study: study.hash, token: id(1), ...facts },
  });
  t.is(begun.status, 200);
  const { hash } = begun.json.trials[0].pictures.content;
  t.is((await ask(front, 'GET', `/people/stimuli/${hash}`, { token: id(1) })).status, 200);
  t.is(store.raters().length, 1);
  t.notRegex(JSON.stringify(store.raters()), /203\.0\.113/, 'the address is nowhere');
});
