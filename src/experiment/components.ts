/** Which of a trial's components come from modules of a researcher's own. */
import { type ComponentModule, modulesOf } from '../components/modules.ts';
import type { Component } from '../components/registry.ts';
import { losses as knownLosses } from '../losses/define.ts';
import { optimizers } from '../optimizers/define.ts';
import type { TrialConfig } from './trial.ts';

/** Every component that a trial names. */
function* componentsOf({
  losses,
  optimizer,
  levels = [],
}: Omit<TrialConfig, 'swept'>): Generator<Component | undefined> {
  for (const { type } of losses) yield knownLosses.find(type);
  yield optimizers.find(optimizer.name);
  for (const level of levels) if (level.optimizer !== undefined) yield optimizers.find(level.optimizer.name);
}

/**
 * Adds to configurations the modules that their components are defined in. Of one plan, which reads each module once.
 * @throws NeckarError when a module cannot be read
 */
export function moduleFinder(): <Config extends Omit<TrialConfig, 'swept'>>(config: Config) => Config {
  const known = new Map<string, readonly ComponentModule[]>();
  return (config) => {
    const foreign = [...componentsOf(config)].filter((component) => component?.module !== undefined);
    if (foreign.length === 0) return config;
    const key = JSON.stringify(foreign.map((component) => component!.module));
    const modules = known.get(key) ?? modulesOf(foreign);
    known.set(key, modules);
    return { ...config, modules };
  };
}
