/** The page: a photograph or the camera, stylised here, with the time it took. */

import type { PageData } from '../data.ts';
import { type Camera, noCamera, openCamera } from './camera.ts';
import { partOf, readJson } from './document.ts';
import { describeGraphics, findGraphics } from './graphics.ts';
import type { Backend, PassInputs, Pixels } from './messages.ts';
import { noiseFor } from './noise.ts';
import { download, readEmbedded, readPicture, type Source, samplesOf, show, unpacked } from './pictures.ts';
import { createRunner } from './runner.ts';
import { type StyleChoice, startStyles } from './styles.ts';
import { deviceFacts, type Pass, summaryOf, timesText } from './times.ts';

/** Passes of one measurement, beside the first, which prepares. */
const measured = 5;

const data = readJson<PageData>('page-data');
const canvas = partOf<HTMLCanvasElement>('#picture');
const state = partOf('#state');
const problem = partOf('#problem');
const file = partOf<HTMLInputElement>('#photograph');
const cameraButton = partOf<HTMLButtonElement>('#camera');
const size = partOf<HTMLSelectElement>('#size');
const backend = partOf<HTMLSelectElement>('#backend');
const original = partOf<HTMLButtonElement>('#original');
const save = partOf<HTMLButtonElement>('#save');
const measure = partOf<HTMLButtonElement>('#measure');
const timesButton = partOf<HTMLButtonElement>('#times');

const runner = createRunner({
  script: () => partOf('#worker').textContent,
  runtime: once(() => unpacked('runtime')),
  model: once(() => unpacked('model')),
});
const passes: Pass[] = [];
let source: Source | undefined;
let camera: Camera | undefined;
let shown: { readonly content: Pixels; readonly made: Pixels; readonly of: Source } | undefined;
let graphics: Readonly<Record<string, string>> | undefined;
let working = false;
let again = false;
let measuring = false;

let styles: StyleChoice | undefined;

void start();

async function start(): Promise<void> {
  styles = await startStyles(data, partOf('#styles'), refresh, complain);
  await findBackends();
  startControls();
  if (data.example === undefined) return say('Choose a photograph.');
  source = await readEmbedded(data.example, 'example');
  refresh();
}

/** Stylises what is chosen, as soon as the picture that is being made is done. */
function refresh(): void {
  if (camera !== undefined || measuring) return;
  again = true;
  if (!working) void work();
}

async function work(): Promise<void> {
  working = true;
  while (again) {
    again = false;
    if (source !== undefined) await stylize(source);
  }
  working = false;
}

/** One pass, and whether it came to a picture; if not, the reason is said. */
async function stylize(of: Source): Promise<boolean> {
  const inputs = inputsOf(of);
  if (inputs === undefined) return false;
  const { content } = inputs;
  const chosen = backend.value as Backend;
  canvas.setAttribute('aria-busy', 'true');
  try {
    if (camera === undefined && !measuring) say(`Stylising ${content.width} × ${content.height} pixels …`);
    await runner.open(chosen);
    const { picture, milliseconds, first } = await runner.pass(inputs);
    const { width, height } = picture;
    const at = new Date().toISOString();
    passes.push({ at, backend: chosen, width, height, milliseconds, first, of: of.kind });
    shown = { content, made: picture, of };
    draw();
    problem.textContent = '';
    sayTimes();
    return true;
  } catch (error) {
    return failed((error as Error).message);
  } finally {
    canvas.removeAttribute('aria-busy');
  }
}

/** What the network is to be given; undefined, with a sentence, while there is no such thing. */
function inputsOf(of: Source): PassInputs | undefined {
  try {
    const longest = Number(size.value);
    const content = samplesOf(of, longest, data.minimumSize);
    const style = styles!.inputs(longest);
    if (style === undefined) say('Choose a style picture.');
    return style && { content, ...style, noise: noiseFor(data, content) };
  } catch (error) {
    complain((error as Error).message);
    return undefined;
  }
}

/** What does not run on the GPU is run without it; whatever else fails is said. */
function failed(message: string): boolean {
  if (backend.value === 'webgpu') {
    withoutGraphics('WebGPU failed here, so the picture was made on the processor.');
    again = camera === undefined;
    return camera !== undefined;
  }
  const full = /memory|allocat|out of bounds|OOM/i.test(message);
  complain(
    full ? `There is not enough memory for ${size.value} pixels here; choose a smaller size.` : message,
  );
  say(shown === undefined ? 'No picture yet.' : 'The last picture that was made.');
  return false;
}

function draw(): void {
  if (shown === undefined) return;
  const before = original.getAttribute('aria-pressed') === 'true';
  show(canvas, before ? shown.content : shown.made);
  const what = before ? 'as it was' : 'stylised';
  const name = shown.of.kind === 'photograph' ? shown.of.name : `the ${shown.of.kind}`;
  canvas.setAttribute('aria-label', `${name}, ${what}`);
  for (const button of [original, save, measure, timesButton]) button.disabled = false;
}

function sayTimes(): void {
  const summary = summaryOf(passes)!;
  const { width, height, backend: on } = passes.at(-1)!;
  const number = summary.median >= 100 ? Math.round(summary.median) : Number(summary.median.toPrecision(2));
  partOf('#milliseconds').textContent = number.toLocaleString('en');
  partOf('#per-picture').hidden = false;
  const where = on === 'webgpu' ? 'the GPU, by WebGPU' : 'one thread of the processor, by WebAssembly';
  const counted = summary.first
    ? 'the first pass, which prepares what later ones reuse'
    : summary.count === 1
      ? 'one pass after the first'
      : `median of ${summary.count} passes after the first`;
  say(`${width} × ${height} pixels on ${where}; ${counted}.`);
}

function startControls(): void {
  file.addEventListener('change', () => {
    const [chosen] = file.files ?? [];
    // So that the same file may be chosen again.
    file.value = '';
    if (chosen !== undefined) void take(chosen);
  });
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    const [dropped] = event.dataTransfer?.files ?? [];
    if (dropped !== undefined) void take(dropped);
  });
  size.addEventListener('change', refresh);
  backend.addEventListener('change', refresh);
  original.addEventListener('click', () => {
    original.setAttribute('aria-pressed', String(original.getAttribute('aria-pressed') !== 'true'));
    draw();
  });
  save.addEventListener('click', () => {
    const { made, of } = shown!;
    const whole = document.createElement('canvas');
    show(whole, made);
    const name = of.name.replace(/\.[^.]*$/, '');
    whole.toBlob((blob) => download(blob!, `${name}-${data.network}.png`), 'image/png');
  });
  measure.addEventListener('click', () => {
    if (measuring) measuring = false;
    else void measureTimes();
  });
  timesButton.addEventListener('click', async () => {
    const text = timesText(data, await deviceFacts(), graphics, passes);
    download(new Blob([text], { type: 'application/json' }), `${data.network}-times.json`);
  });
  const why = noCamera();
  if (why !== undefined) {
    cameraButton.hidden = true;
    partOf('#camera-note').textContent = why;
  }
  cameraButton.addEventListener('click', () => void (camera === undefined ? film() : stopFilm()));
}

async function take(chosen: File): Promise<void> {
  try {
    const picture = await readPicture(chosen, chosen.name, 'photograph');
    stopFilm();
    source = picture;
    original.setAttribute('aria-pressed', 'false');
    problem.textContent = '';
    refresh();
  } catch (error) {
    complain((error as Error).message);
  }
}

async function film(): Promise<void> {
  try {
    cameraButton.disabled = true;
    camera = await openCamera();
  } catch (error) {
    complain((error as Error).message);
    return;
  } finally {
    cameraButton.disabled = false;
  }
  cameraButton.textContent = 'Stop camera';
  original.setAttribute('aria-pressed', 'false');
  while (working) await new Promise((resolve) => setTimeout(resolve, 50));
  while (camera !== undefined) {
    if (!(await stylize(camera.frame()))) stopFilm();
    // The page draws what was made before the next frame is taken.
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}

/** The last frame stays, as a picture that can be saved. */
function stopFilm(): void {
  if (camera === undefined) return;
  camera.stop();
  camera = undefined;
  cameraButton.textContent = 'Camera';
}

async function measureTimes(): Promise<void> {
  const of = source;
  if (of === undefined || working || camera !== undefined) return;
  measuring = true;
  working = true;
  measure.textContent = 'Stop';
  let done = 0;
  while (measuring && done < measured) {
    if (!(await stylize(of))) break;
    if (!passes.at(-1)!.first) done++;
    measure.textContent = `Stop (${done} of ${measured})`;
  }
  measuring = false;
  working = false;
  measure.textContent = `Measure ${measured} passes`;
  if (again) void work();
}

async function findBackends(): Promise<void> {
  const found = await findGraphics();
  if ('adapter' in found) {
    graphics = describeGraphics(found.adapter);
    backend.value = 'webgpu';
    return;
  }
  withoutGraphics(found.why);
}

function withoutGraphics(why: string): void {
  backend.value = 'wasm';
  partOf<HTMLOptionElement>('#backend option[value=webgpu]').disabled = true;
  partOf('#backend-note').textContent = why;
}

function say(sentence: string): void {
  state.textContent = sentence;
}

function complain(sentence: string): void {
  problem.textContent = sentence;
}

/** Makes a thing when it is first asked for, and then gives the same. */
function once<Thing>(make: () => Promise<Thing>): () => Promise<Thing> {
  let made: Promise<Thing> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
