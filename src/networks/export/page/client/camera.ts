/** The camera, where the browser gives one. */
import type { Source } from './pictures.ts';

/** Why there can be no camera, in a sentence; undefined where there may be one. */
export function noCamera(): string | undefined {
  if (navigator.mediaDevices?.getUserMedia !== undefined) return undefined;
  return window.isSecureContext
    ? 'This browser gives pages no camera.'
    : 'Browsers give the camera only to pages opened from disk or from an https address; take a photograph and choose it instead.';
}

export interface Camera {
  /** The picture it shows now. */
  frame(): Source;
  stop(): void;
}

/** @throws Error in a sentence when there is none, or it is refused */
export async function openCamera(): Promise<Camera> {
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: 'environment', width: { ideal: 1280 } },
      audio: false,
    });
  } catch (error) {
    const { name } = error as DOMException;
    throw new Error(
      name === 'NotAllowedError'
        ? 'The camera was refused; allow it in the browser’s settings for this page, or choose a photograph.'
        : name === 'NotFoundError'
          ? 'There is no camera here; choose a photograph.'
          : `The camera does not start (${name}); choose a photograph.`,
    );
  }
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  await video.play();
  return {
    frame: () => ({
      name: 'camera',
      kind: 'camera',
      image: video,
      width: video.videoWidth,
      height: video.videoHeight,
    }),
    stop() {
      for (const track of stream.getTracks()) track.stop();
      video.srcObject = null;
    },
  };
}
