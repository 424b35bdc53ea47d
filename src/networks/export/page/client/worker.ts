/** Runs the network beside the page, so that the page answers meanwhile. */
import * as ort from 'onnxruntime-web/webgpu';
import type { Answer, PassInputs, Pixels, Request } from './messages.ts';

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage(answer: Answer, transfer?: Transferable[]): void;
};
let session: ort.InferenceSession | undefined;

scope.onmessage = async ({ data: request }) => {
  try {
    if (request.kind === 'open') await open(request);
    else await pass(request);
  } catch (error) {
    scope.postMessage({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
};

async function open({ runtime, model, backend }: Extract<Request, { kind: 'open' }>): Promise<void> {
  const begun = performance.now();
  ort.env.logLevel = 'error';
  // A page opened from disk may not share memory, which threads need.
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = runtime;
  session = await ort.InferenceSession.create(new Uint8Array(model), {
    executionProviders: [backend],
    // Only what ends the work: that shapes are computed on the processor beside a GPU is no news to a reader.
    logSeverityLevel: 4,
  });
  scope.postMessage({ kind: 'opened', milliseconds: performance.now() - begun });
}

async function pass({ content, style, weights, alpha, noise = [] }: PassInputs): Promise<void> {
  const feeds: Record<string, ort.Tensor> = { content: planes(content) };
  if (style !== undefined) feeds.style = planes(style);
  if (weights !== undefined)
    feeds.weights = new ort.Tensor('float32', Float32Array.from(weights), [1, weights.length]);
  if (alpha !== undefined) feeds.alpha = new ort.Tensor('float32', Float32Array.of(alpha), [1]);
  for (const { input, shape } of noise) feeds[input] = random(shape);
  const begun = performance.now();
  const { stylised: stylized } = await session!.run(feeds);
  const values = (await stylized!.getData()) as Float32Array;
  const milliseconds = performance.now() - begun;
  const picture = pixels(values, stylized!.dims[3]!, stylized!.dims[2]!);
  stylized!.dispose();
  scope.postMessage({ kind: 'made', picture, milliseconds }, [picture.data.buffer]);
}

/** RGB in [0,1] as [1,3,H,W]. */
function planes({ width, height, data }: Pixels): ort.Tensor {
  const size = width * height;
  const values = new Float32Array(3 * size);
  for (let p = 0; p < size; p++) for (let c = 0; c < 3; c++) values[c * size + p] = data[4 * p + c]! / 255;
  return new ort.Tensor('float32', values, [1, 3, height, width]);
}

/** Numbers in [0,1), the same at every pass, so that a picture comes out the same: mulberry32. */
function random(shape: readonly number[]): ort.Tensor {
  let state = 1;
  const values = Float32Array.from({ length: shape.reduce((size, extent) => size * extent, 1) }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) * 2 ** -32;
  });
  return new ort.Tensor('float32', values, shape);
}

/** What lies as [1,3,H,W] in [0,1], as opaque samples. */
function pixels(values: Float32Array, width: number, height: number): Pixels {
  const size = width * height;
  const data = new Uint8ClampedArray(4 * size);
  for (let p = 0; p < size; p++) {
    for (let c = 0; c < 3; c++) data[4 * p + c] = Math.floor(255 * values[c * size + p]! + 0.5);
    data[4 * p + 3] = 255;
  }
  return { width, height, data };
}
