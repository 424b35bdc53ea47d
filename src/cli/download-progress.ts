/** The progress of a download: one line that changes on a terminal, a line per tenth elsewhere. */
import { bytes, roughDuration } from '../platform/format.ts';
import type { DownloadProgress } from '../weights/download.ts';
import { cut, drawOver, type Output } from './terminal.ts';

export interface DownloadReporter {
  report(progress: DownloadProgress): void;
  /** Ends the changing line, so that what follows stands on its own. */
  close(): void;
}

/** Least milliseconds between two changes of the line. */
const interval = 200;

/**
 * @param name - what is downloaded
 * @param now - milliseconds, for the rate
 */
export function downloadReporter(
  name: string,
  stderr: Output['stderr'],
  now: () => number = () => performance.now(),
): DownloadReporter {
  let start: { readonly time: number; readonly received: number } | undefined;
  let shown = Number.NEGATIVE_INFINITY;
  let tenth = -1;
  let open = false;
  const lineOf = ({ received, total }: DownloadProgress): string => {
    const seconds = (now() - start!.time) / 1000;
    const rate = seconds > 0.5 ? (received - start!.received) / seconds : 0;
    const share =
      total === undefined
        ? bytes(received)
        : `${bytes(received)} of ${bytes(total)} (${Math.floor((100 * received) / total)} %)`;
    const speed = rate > 0 ? `, ${(rate / 1e6).toFixed(1)} MB/s` : '';
    const rest =
      rate > 0 && total !== undefined && received < total
        ? `, ${roughDuration((total - received) / rate)} left`
        : '';
    return `${name}: ${share}${speed}${rest}`;
  };
  return {
    report(progress) {
      start ??= { time: now(), received: progress.received };
      const { received, total } = progress;
      if (stderr.isTTY) {
        if (now() - shown < interval && received !== total) return;
        shown = now();
        drawOver(stderr, '\r\u001b[K', cut(lineOf(progress), (stderr.columns ?? 80) - 1));
        open = true;
        return;
      }
      const reached = total === undefined ? Math.floor(received / 10e6) : Math.floor((10 * received) / total);
      if (reached === tenth) return;
      tenth = reached;
      stderr.write(`${lineOf(progress)}\n`);
    },
    close() {
      if (open) stderr.write('\n');
      open = false;
    },
  };
}
