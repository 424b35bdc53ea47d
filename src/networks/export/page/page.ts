/** A network as one page that stylises the visitor's own photograph, from disk and without a connection. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { browserScript } from '../../../platform/browser-script.ts';
import { html, jsonForScript, trusted } from '../../../platform/html.ts';
import { neckarVersion } from '../../../platform/modules.ts';
import { pageStyle } from '../../../platform/page-style.ts';
import type { NetworkClass, NetworkSpec } from '../../define.ts';
import { networks } from '../../registry.ts';
import type { ExportedModel, Origin } from '../model.ts';
import type { EmbeddedPicture, PageData } from './data.ts';

export interface PageOptions extends Origin {
  /** What the page is called. Default: made of the network's name. */
  readonly title?: string;
  /** Shown, stylised, before the visitor has chosen a photograph. */
  readonly example?: EmbeddedPicture;
  /** Styles to choose from, for networks that take any. */
  readonly stylePictures?: readonly EmbeddedPicture[];
  /** Names of the learnt styles, for networks of many. */
  readonly styleNames?: readonly string[];
}

/** Longest sides that the visitor may choose; the second is chosen at first. */
const sizes = [256, 384, 512, 768, 1024];

const classes: Readonly<Record<NetworkClass, string>> = {
  'per-style': 'a network trained for one style',
  'many-styles': 'a network that has learnt several styles',
  'any-style': 'a network for any style',
};

/**
 * The page as one HTML document: network, runtime (WebGPU and WebAssembly in one), style sheet and script. Its policy
 * allows no request to anywhere.
 *
 * @param model - as `exportNetwork` wrote it
 */
export async function stylizePage(
  spec: NetworkSpec,
  model: ExportedModel,
  { title, example, stylePictures = [], styleNames, weights, training, trial }: PageOptions = {},
): Promise<string> {
  const definition = networks.get(spec.name);
  const { name, ...settings } = spec;
  const [script, worker, plain, own, runtime] = await Promise.all([
    browserScript(import.meta.url, './client/main'),
    browserScript(import.meta.url, './client/worker'),
    pageStyle(),
    readFile(new URL('page.css', import.meta.url), 'utf8'),
    readRuntime(),
  ]);
  const style = `${plain}\n${own}`;
  const sha256 = createHash('sha256').update(model.bytes).digest('hex');
  const data: PageData = {
    neckar: neckarVersion(),
    runtime: runtime.name,
    network: name,
    settings,
    model: { sha256, bytes: model.bytes.byteLength },
    inputs: model.inputs,
    minimumSize: model.minimumSize,
    noise: model.noise,
    multiple: model.multiple,
    stylePictures,
    ...(model.styles !== undefined && { styles: model.styles }),
    ...(styleNames !== undefined && { styleNames }),
    ...(weights !== undefined && { weights }),
    ...(training !== undefined && { training }),
    ...(trial !== undefined && { trial }),
    ...(example !== undefined && { example }),
  };
  const [packedRuntime, packedModel] = await Promise.all([runtime.bytes, model.bytes].map(packed));
  const policy = `default-src 'none'; script-src '${hashOf(script)}' 'wasm-unsafe-eval'; worker-src blob:; style-src '${hashOf(style)}'; img-src blob: data:; base-uri 'none'; form-action 'none'`;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Network', `${name}: ${definition.description}`],
    ['Source', definition.source],
    [
      'Settings',
      Object.entries(settings)
        .map(([key, value]) => `${key} ${wordsOf(value)}`)
        .join(', '),
    ],
    ['Weights', weights],
    ['Training', training],
    ['Trial', trial],
    ['File', `${megabytes(model.bytes.byteLength)}, SHA-256 ${sha256.slice(0, 16)}…`],
    ['Runs on', runtime.name],
    ['Made by', `Neckar ${neckarVersion()}`],
  ];
  const heading = title ?? 'Your photograph, stylised';
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="generator" content="Neckar">
<meta name="color-scheme" content="light dark">
<title>${heading} – ${name}</title>
<link rel="icon" href="data:,">
<style>${trusted(style)}</style>
</head>
<body>
<header>
<p class="overline">Neckar · ${classes[definition.class]}</p>
<h1>${heading}</h1>
<p class="remark">Everything happens on this device: the page holds the network, and sends nothing anywhere.</p>
</header>
<main>
<figure id="stage"><canvas id="picture" width="384" height="256" role="img" aria-label="No picture yet"></canvas></figure>
<div class="panel">
<noscript><p>This page needs JavaScript.</p></noscript>
<p id="problem" role="alert"></p>
<div class="row">
<input type="file" id="photograph" accept="image/*" class="unseen"><label for="photograph" class="button primary">Choose a photograph</label>
<button type="button" id="camera">Camera</button>
</div>
<p class="remark" id="camera-note"></p>
<section class="speed" aria-label="Speed">
<p id="per-picture" hidden><span id="milliseconds"></span> ms per picture</p>
<p id="state" role="status">Opening the network …</p>
</section>
<div id="styles" hidden></div>
<div class="fields">
<label class="field"><span>Longest side</span><select id="size">${sizes.map((size, i) => html`<option value="${size}"${trusted(i === 1 ? ' selected' : '')}>${size} pixels</option>`)}</select></label>
<label class="field"><span>Computed on</span><select id="backend"><option value="webgpu">GPU</option><option value="wasm">processor</option></select></label>
</div>
<p class="remark" id="backend-note"></p>
<div class="fields">
<button type="button" id="original" aria-pressed="false" disabled>Show original</button>
<button type="button" id="save" disabled>Save picture</button>
<button type="button" id="measure" disabled>Measure 5 passes</button>
<button type="button" id="times" disabled>Download times</button>
</div>
</div>
<div class="about">
<details><summary>About the time</summary>
<p class="remark">From the network’s input in memory to its output in memory: without reading the photograph and without drawing. The first pass of a size is slower, as it prepares what later ones reuse, and is left out where there are others. A page opened from disk may not share memory between threads, so that the processor’s time is that of one thread. “Download times” gives every pass, the browser and what it says of the device, as JSON.</p>
</details>
<details><summary>About the network</summary>
<dl>${facts.map(([term, text]) => text && html`<dt>${term}</dt><dd>${text}</dd>`)}</dl>
</details>
<details><summary>Licence of ${runtime.name}</summary>
${runtimeLicense.map((paragraph) => html`<p class="remark">${paragraph}</p>`)}
</details>
</div>
</main>
<script type="application/json" id="page-data">${jsonForScript(data)}</script>
<script type="text/plain" id="worker">${trusted(forScript(worker))}</script>
<script type="text/plain" id="runtime">${trusted(packedRuntime!)}</script>
<script type="text/plain" id="model">${trusted(packedModel!)}</script>
<script>${trusted(script)}</script>
</body>
</html>
`.html;
}

/** ONNX Runtime Web's one file that computes both on a GPU and without. */
async function readRuntime(): Promise<{ readonly name: string; readonly bytes: Uint8Array }> {
  const file = import.meta.resolve('onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm');
  // The package does not export it, but it lies a folder above.
  const about = await readFile(new URL('../package.json', file), 'utf8');
  const { version } = JSON.parse(about) as { version: string };
  return { name: `ONNX Runtime Web ${version}`, bytes: await readFile(new URL(file)) };
}

/** By the paragraph; it asks to be in every copy. */
const runtimeLicense = [
  'MIT License. Copyright (c) Microsoft Corporation',
  'Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:',
  'The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.',
  'THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.',
];

const compress = promisify(gzip);

async function packed(bytes: Uint8Array): Promise<string> {
  return (await compress(bytes, { level: 9 })).toString('base64');
}

/** A script inside a script element: no text in it may end the element or open a comment. */
function forScript(script: string): string {
  return script.replace(/<(?=\/script|!--)/gi, '\\x3C');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function wordsOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`;
}
