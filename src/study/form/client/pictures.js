/** Pictures, fetched ahead and checked: what is shown is what the study's manifest names. */
import { hexOf, sha256Bytes } from './sha256.js';
import { Problem } from './web.js';

/** The most pictures kept ready. */
const mostPictures = 48;

export function openPictures(transport) {
  const ready = new Map();
  const load = async ({ hash }) => {
    for (let attempt = 1; ; attempt++) {
      try {
        const bytes = await transport.picture(hash);
        if (hexOf(sha256Bytes(bytes)) !== hash) throw new Problem('picture', 500);
        const url = URL.createObjectURL(new Blob([bytes], { type: 'image/webp' }));
        const image = new Image();
        image.src = url;
        await image.decode();
        return url;
      } catch (problem) {
        const passing = problem.passing ?? true;
        if (!passing || attempt === 4) throw problem.code === undefined ? new Problem('picture') : problem;
        await new Promise((resolve) => setTimeout(resolve, 400 * 2 ** attempt));
      }
    }
  };
  const of = (picture) => {
    const before = ready.get(picture.hash);
    const promise = before ?? load(picture);
    ready.delete(picture.hash);
    ready.set(picture.hash, promise);
    promise.catch(() => ready.delete(picture.hash));
    while (ready.size > mostPictures) {
      const [oldest, url] = ready.entries().next().value;
      ready.delete(oldest);
      url.then(URL.revokeObjectURL, () => {});
    }
    return promise;
  };
  return {
    /** Part -> address of each picture of a trial, once all are there. */
    async trial({ pictures }) {
      const parts = Object.entries(pictures);
      const urls = await Promise.all(parts.map(([, picture]) => of(picture)));
      return Object.fromEntries(parts.map(([part], i) => [part, urls[i]]));
    },
    /** Begins to fetch a trial's pictures. */
    ahead(trial) {
      for (const picture of Object.values(trial?.pictures ?? {})) of(picture).catch(() => {});
    },
  };
}
