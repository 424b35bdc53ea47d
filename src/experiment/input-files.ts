/** Which files go into a trial. */
import { fileAt } from '../networks/variant.ts';
import type { TrialConfig } from './trial.ts';

/** The files a trial reads, by role. */
export function inputFiles(config: TrialConfig): Record<string, string> {
  const files: Record<string, string> = { content: config.content, style: config.style };
  const { encoder, initialization, styles = [], regions } = config;
  for (const [i, { file }] of styles.slice(1).entries()) files[`style ${i + 2}`] = file;
  if (regions !== undefined && 'masks' in regions) {
    for (const [name, file] of Object.entries(regions.masks.content)) files[`content mask ${name}`] = file;
    for (const [i, masks] of regions.masks.styles.entries()) {
      for (const [name, file] of Object.entries(masks)) files[`style ${i + 1} mask ${name}`] = file;
    }
  } else if (regions !== undefined) {
    files['content regions'] = regions.content;
    for (const [i, file] of regions.styles.entries()) files[`style ${i + 1} regions`] = file;
  }
  if ('weights' in encoder && 'file' in encoder.weights) files.encoder = encoder.weights.file;
  if (initialization.from === 'file') files.initialization = initialization.file;
  const { method } = config;
  if (method?.kind === 'network') {
    if (method.parameters.from === 'file') files.network = method.parameters.file;
    for (const place of method.files ?? []) files[`network ${place}`] = fileAt(method.network, place)!;
  }
  return files;
}
