/** The page in Chromium, opened from disk. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import type { NetworkSpec } from '../../../src/networks/define.ts';
import { exportNetwork } from '../../../src/networks/export/model.ts';
import { stylizePage } from '../../../src/networks/export/page/page.ts';
import { networkSchema } from '../../../src/networks/registry.ts';
import { numbers } from '../../engines/compare.ts';
import { applied, drawn, pictureOf } from './_run.ts';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const found = existsSync(executablePath);
const maybe = found ? test.serial : test.serial.skip;
const why = found ? '' : ' (skipped: no Chromium here; name one in CHROMIUM)';

const spec = networkSchema.parse({ name: 'johnson', width: 0.125, blocks: 1 }) as NetworkSpec;
const parameters = drawn(spec);
/** Noise, in which every pixel that is out of place shows. */
const photograph = { width: 52, height: 40 };
const samples = Uint8Array.from(numbers(52 * 40 * 3, 7, 0, 256));

/** One page for all tests, as its opening is most of the work; they run one after the other. */
let browser: Browser;
let folder: string;
let url: string;
let file: string;
let page: Page;
const complaints: string[] = [];
const requests: string[] = [];

if (found) {
  test.before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'neckar-page-'));
    const text = await stylizePage(spec, exportNetwork(spec, parameters), { training: '4e9e' });
    await writeFile(join(folder, 'page.html'), text);
    url = pathToFileURL(join(folder, 'page.html')).href;
    file = join(folder, 'noise of mine.png');
    await sharp(samples, { raw: { ...photograph, channels: 3 } })
      .png()
      .toFile(file);
    browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
      ],
    });
    page = await opened();
  });
  test.after.always(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });
}

/** @param script - run before the page's own */
async function opened(script = '', address = url): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 375, height: 740 } });
  // A busy machine is slow, not broken.
  context.setDefaultTimeout(180_000);
  const page = await context.newPage();
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  await page.addInitScript(script);
  await page.goto(address);
  return page;
}

/** Until an element holds a text. */
const holds = (selector: string, text: string) => page.waitForSelector(`${selector}:has-text("${text}")`);

/** The samples that the page shows, RGB. */
async function shown(): Promise<{ width: number; height: number; data: number[] }> {
  const { width, height, data } = (await page.evaluate(`(() => {
    const canvas = document.querySelector('#picture');
    const copy = document.createElement('canvas');
    const { width, height } = Object.assign(copy, { width: canvas.width, height: canvas.height });
    const brush = copy.getContext('2d', { willReadFrequently: true });
    brush.drawImage(canvas, 0, 0);
    return { width, height, data: [...brush.getImageData(0, 0, width, height).data] };
  })()`)) as { width: number; height: number; data: number[] };
  return { width, height, data: data.filter((_, i) => i % 4 !== 3) };
}

maybe(`a photograph comes out as the engine makes it, at phone width${why}`, async (t) => {
  await page.setInputFiles('#photograph', file);
  await page.waitForSelector('#per-picture:not([hidden])');
  const { width, height, data } = await shown();
  t.deepEqual({ width, height }, photograph);
  const wanted = await applied(spec, parameters, pictureOf(samples, photograph));
  const differences = data.map((level, i) => Math.abs(level - Math.round(255 * wanted.data[i]!)));
  t.true(Math.max(...differences) <= 2, `${Math.max(...differences)} levels`);
  t.is(await page.evaluate('document.documentElement.scrollWidth'), 375);
  t.regex(
    (await page.textContent('#state'))!,
    /^52 × 40 pixels on one thread of the processor, by WebAssembly; the first pass/,
  );
  t.is(await page.getAttribute('#picture', 'aria-label'), 'noise of mine.png, stylised');
});

maybe(`the photograph is shown beside, and the picture saved${why}`, async (t) => {
  const { data } = await shown();
  await page.click('#original');
  t.deepEqual((await shown()).data, [...samples]);
  await page.click('#original');
  t.deepEqual((await shown()).data, data);
  const [picture] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
  t.is(picture.suggestedFilename(), 'noise of mine-johnson.png');
  const saved = await sharp(await picture.path())
    .removeAlpha()
    .raw()
    .toBuffer();
  t.deepEqual([...saved], data);
});

interface Times {
  readonly network: {
    readonly name: string;
    readonly training: string;
    readonly sha256: string;
    readonly settings: { readonly width: number };
  };
  readonly userAgent: string;
  readonly threads: number;
  readonly summary: readonly unknown[];
  readonly passes: readonly { readonly milliseconds: number; readonly first: boolean }[];
}

maybe(`times are measured, shown, and taken along as JSON${why}`, async (t) => {
  await page.click('#measure');
  await holds('#state', 'median of 5 passes after the first.');
  await holds('#measure', 'Measure 5 passes');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#times')]);
  t.is(download.suggestedFilename(), 'johnson-times.json');
  const times = JSON.parse(await readFile(await download.path(), 'utf8')) as Times;
  t.is(times.network.name, 'johnson');
  t.is(times.network.training, '4e9e');
  t.is(times.network.settings.width, 0.125);
  t.regex(times.network.sha256, /^[0-9a-f]{64}$/);
  t.is(times.userAgent, (await page.evaluate('navigator.userAgent')) as string);
  t.is(times.threads, 1);
  t.deepEqual(
    times.passes.map(({ first }) => first),
    [true, false, false, false, false, false],
  );
  const [first, ...later] = times.passes.map(({ milliseconds }) => milliseconds);
  later.sort((a, b) => a - b);
  t.deepEqual(times.summary, [
    { backend: 'wasm', width: 52, height: 40, first, median: later[2], least: later[0], passes: 5 },
  ]);
  const said = Number((await page.textContent('#milliseconds'))!.replaceAll(',', ''));
  t.true(Math.abs(said - later[2]!) <= Math.max(0.5, 0.05 * later[2]!));
});

maybe(
  `what is no picture, or too small, is refused in one sentence; the last picture stays${why}`,
  async (t) => {
    const { data } = await shown();
    await page.setInputFiles('#photograph', {
      name: 'notes.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('no'),
    });
    await holds('#problem', 'notes.txt');
    t.is(
      await page.textContent('#problem'),
      '“notes.txt” is no picture that this browser can read; choose a JPEG, PNG or WebP file.',
    );
    t.deepEqual((await shown()).data, data);
    const dot = { width: 8, height: 8, channels: 3 } as const;
    const small = await sharp(samples.subarray(0, 8 * 8 * 3), { raw: dot })
      .png()
      .toBuffer();
    await page.setInputFiles('#photograph', { name: 'dot.png', mimeType: 'image/png', buffer: small });
    await holds('#problem', 'dot.png');
    t.is(
      await page.textContent('#problem'),
      'At this size “dot.png” has 8 × 8 pixels, but this network needs 16 a side; choose a larger size or another picture.',
    );
    await page.setInputFiles('#photograph', file);
    await page.waitForSelector('#problem:empty', { state: 'attached' });
  },
);

maybe(`the camera's pictures are stylised until it is stopped${why}`, async (t) => {
  await page.selectOption('#size', '256');
  await holds('#state', '52 × 40');
  await page.click('#camera');
  // The camera's own proportions are the browser's to choose.
  await page.waitForSelector('#state:text-matches("^256 × [0-9]+ pixels .*; median of")');
  t.is(await page.textContent('#camera'), 'Stop camera');
  await page.click('#camera');
  t.is(await page.textContent('#camera'), 'Camera');
  t.is(await page.getAttribute('#picture', 'aria-label'), 'the camera, stylised');
});

/** What of the page breaks rules of accessibility, light or dark. */
async function broken(): Promise<string[]> {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = (await page.evaluate(`(() => { ${axe}; return axe.run(); })()`)) as {
      violations: { id: string; nodes: { html: string }[] }[];
    };
    found.push(
      ...violations.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map(({ html }) => html)}`),
    );
  }
  return found;
}

maybe(`every control is named, and no rule of accessibility is broken, light or dark${why}`, async (t) => {
  t.deepEqual(await broken(), []);
});

maybe(
  `a GPU that fails gives way to the processor; where there is no camera the page says so${why}`,
  async (t) => {
    page = await opened(`
    Object.defineProperty(navigator, 'mediaDevices', { value: undefined });
    Object.defineProperty(navigator, 'gpu', { value: { requestAdapter: async () => ({ info: {} }) } });
  `);
    t.false(await page.isVisible('#camera'));
    t.is(await page.textContent('#camera-note'), 'This browser gives pages no camera.');
    t.is(await page.inputValue('#backend'), 'webgpu');
    await page.setInputFiles('#photograph', file);
    await holds('#state', '52 × 40 pixels on one thread of the processor');
    t.is(await page.inputValue('#backend'), 'wasm');
    t.is(
      await page.textContent('#backend-note'),
      'WebGPU failed here, so the picture was made on the processor.',
    );
  },
);

maybe(`a network for any style waits for a style, and blends by its strength${why}`, async (t) => {
  const any = networkSchema.parse({ name: 'microast', width: 0.25 }) as NetworkSpec;
  const own = drawn(any);
  await writeFile(join(folder, 'any.html'), await stylizePage(any, exportNetwork(any, own)));
  page = await opened('', pathToFileURL(join(folder, 'any.html')).href);
  await page.setInputFiles('#photograph', file);
  await holds('#state', 'Choose a style picture.');
  const style = Uint8Array.from(numbers(24 * 32 * 3, 11, 0, 256));
  const buffer = await sharp(style, { raw: { width: 24, height: 32, channels: 3 } })
    .png()
    .toBuffer();
  await page.setInputFiles('#style-file', { name: 'dots.png', mimeType: 'image/png', buffer });
  await holds('#state', 'the first pass');
  await page.getByLabel('Strength').fill('60');
  await page.getByLabel('Strength').dispatchEvent('change');
  await holds('#state', 'after the first');
  const { data } = await shown();
  const wanted = await applied(any, own, pictureOf(samples, photograph), {
    style: pictureOf(style, { width: 24, height: 32 }),
    alpha: 0.6,
  });
  const differences = data.map((level, i) => Math.abs(level - Math.round(255 * wanted.data[i]!)));
  t.true(Math.max(...differences) <= 2, `${Math.max(...differences)} levels`);
  t.deepEqual(await broken(), []);
  t.is(await page.evaluate('document.documentElement.scrollWidth'), 375);
});

maybe(`nothing was requested from anywhere, and nothing complained of${why}`, (t) => {
  // What the page makes in memory has an address, too, but no way leads from there.
  const asked = new Set(requests.filter((address) => !/^(blob|data):/.test(address)));
  t.deepEqual([...asked], [url, url.replace('page.html', 'any.html')]);
  const own = complaints.filter((text) => text !== 'No available adapters.');
  t.deepEqual(own, []);
});
