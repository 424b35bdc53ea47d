/** Letting Node read what researchers write: TypeScript anywhere on the disk that imports Neckar by its name. */
import { register } from 'node:module';
import { register as readTypeScript } from 'tsx/esm/api';
import { moduleBeside } from './modules.ts';

/** What an experiment may import, and where it lies from here. */
const faces = {
  neckar: '../index',
  'neckar/run': '../run',
  'neckar/metrics': '../../metrics/index',
  'neckar/statistics': '../../metrics/statistics/index',
  'neckar/report': '../../reports/index',
  'neckar/fixtures': '../../fixtures/index',
};

let ready = false;

/** From now on this process reads such files; once is enough, twice does no harm. */
export function readExperimentCode(): void {
  if (ready) return;
  ready = true;
  const urls = Object.entries(faces).map(([name, path]) => [name, moduleBeside(import.meta.url, path).href]);
  // In a checkout TypeScript is read already, or Neckar itself would not run.
  if (!import.meta.url.endsWith('.ts')) readTypeScript();
  register(new URL('./module-hooks.mjs', import.meta.url).href, {
    data: { faces: Object.fromEntries(urls) },
  });
}
