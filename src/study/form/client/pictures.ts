/** Pictures, fetched ahead and checked: what is shown is what the study's manifest names. */
import type { PublicPicture, PublicTrial } from '../exchange.ts';
import { hexOf, sha256Bytes } from './sha256.ts';
import type { Transport } from './transport.ts';
import { Problem } from './web.ts';

/** The most pictures kept ready. */
const mostPictures = 48;

export interface Pictures {
  /** Part -> address of each picture of a trial, once all are there. */
  trial(trial: PublicTrial): Promise<Readonly<Record<string, string>>>;
  /** Begins to fetch a trial's pictures. */
  ahead(trial: PublicTrial | undefined): void;
}

export function openPictures(transport: Transport): Pictures {
  const ready = new Map<string, Promise<string>>();
  const load = async ({ hash }: PublicPicture) => {
    for (let attempt = 1; ; attempt++) {
      try {
        const bytes = await transport.picture(hash);
        if (hexOf(sha256Bytes(bytes)) !== hash) throw new Problem('picture', 500);
        const url = URL.createObjectURL(new Blob([bytes], { type: 'image/webp' }));
        const image = new Image();
        image.src = url;
        await image.decode();
        return url;
      } catch (error) {
        // What is no problem of fetching is one of the picture, such as bytes that show none.
        const problem = error instanceof Problem ? error : new Problem('picture');
        if (!problem.passing || attempt === 4) throw problem;
        await new Promise((resolve) => setTimeout(resolve, 400 * 2 ** attempt));
      }
    }
  };
  const of = (picture: PublicPicture) => {
    const before = ready.get(picture.hash);
    const promise = before ?? load(picture);
    ready.delete(picture.hash);
    ready.set(picture.hash, promise);
    promise.catch(() => ready.delete(picture.hash));
    while (ready.size > mostPictures) {
      const [[oldest, url]] = [...ready] as [[string, Promise<string>]];
      ready.delete(oldest);
      url.then(URL.revokeObjectURL, () => {});
    }
    return promise;
  };
  return {
    async trial({ pictures }) {
      const parts = Object.entries(pictures);
      const urls = await Promise.all(parts.map(([, picture]) => of(picture)));
      return Object.fromEntries(parts.map(([part], i) => [part, urls[i]]));
    },
    ahead(trial) {
      for (const picture of Object.values(trial?.pictures ?? {})) of(picture).catch(() => {});
    },
  };
}
