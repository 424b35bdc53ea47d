/** The network in its worker: opened when it is first needed, and anew after it failed. */
import type { Answer, Backend, PassInputs, Pixels, Request } from './messages.ts';

export interface Made {
  readonly picture: Pixels;
  /** From the network's input in memory to its output in memory. */
  readonly milliseconds: number;
  /** Whether it was the first picture of this size since the network was opened on this backend. */
  readonly first: boolean;
}

export interface Runner {
  /** Milliseconds that opening took; 0 when it is open already. */
  open(backend: Backend): Promise<number>;
  /** One pass, after `open`. One at a time. */
  pass(inputs: PassInputs): Promise<Made>;
  /** Ends the worker, whatever it does. */
  close(): void;
}

/** @param files - the worker's script, the runtime and the network, read when they are first needed */
export function createRunner(files: {
  readonly script: () => string;
  readonly runtime: () => Promise<ArrayBuffer>;
  readonly model: () => Promise<ArrayBuffer>;
}): Runner {
  let worker: Worker | undefined;
  let opened: Backend | undefined;
  let sizes = new Set<string>();
  let address: string | undefined;

  function ask(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      worker!.onmessage = ({ data }: MessageEvent<Answer>) => resolve(data);
      worker!.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message || 'its worker does not start'));
      };
      worker!.postMessage(request);
    });
  }

  async function answered<Kind extends Answer['kind']>(
    request: Request,
    wanted: Kind,
  ): Promise<Extract<Answer, { kind: Kind }>> {
    try {
      const answer = await ask(request);
      if (answer.kind === 'failed') throw new Error(answer.message);
      if (answer.kind !== wanted) throw new Error(`its worker answered "${answer.kind}"`);
      return answer as Extract<Answer, { kind: Kind }>;
    } catch (error) {
      // What has run out of memory does not recover.
      runner.close();
      throw error;
    }
  }

  const runner: Runner = {
    async open(backend) {
      if (worker !== undefined && opened === backend) return 0;
      runner.close();
      const [runtime, model] = await Promise.all([files.runtime(), files.model()]);
      address ??= URL.createObjectURL(new Blob([files.script()], { type: 'text/javascript' }));
      worker = new Worker(address);
      const { milliseconds } = await answered({ kind: 'open', runtime, model, backend }, 'opened');
      opened = backend;
      return milliseconds;
    },
    async pass(inputs) {
      const { width, height } = inputs.content;
      const size = `${width}×${height}`;
      const { picture, milliseconds } = await answered({ kind: 'pass', ...inputs }, 'made');
      const first = !sizes.has(size);
      sizes.add(size);
      return { picture, milliseconds, first };
    },
    close() {
      worker?.terminate();
      worker = undefined;
      opened = undefined;
      sizes = new Set();
    },
  };
  return runner;
}
