/** Which of a trial's components come from modules of a researcher's own. */
import { familyOf, metrics } from '../../metrics/define.ts';
import { type ComponentModule, modulesOf } from '../components/modules.ts';
import type { Component } from '../components/registry.ts';
import { encoders } from '../encoders/define.ts';
import { losses as knownLosses } from '../losses/define.ts';
import { networks } from '../networks/define.ts';
import { optimizers } from '../optimizers/define.ts';
import type { TrialConfig } from './trial.ts';

type Config = Omit<TrialConfig, 'swept'>;

/** Every component that decides a trial's picture. */
function* making({
  losses,
  encoder,
  optimizer,
  levels = [],
  budget,
  method,
}: Config): Generator<Component | undefined> {
  for (const { type } of losses) yield knownLosses.find(type);
  if (method?.kind === 'network') yield networks.find(method.network.name);
  yield encoders.find(encoder.name);
  yield optimizers.find(optimizer.name);
  for (const level of levels) if (level.optimizer !== undefined) yield optimizers.find(level.optimizer.name);
  // What decides whether a trial goes on decides its picture.
  if (budget.pruning !== undefined) yield* metricsCalled(budget.pruning.metric);
}

/** Every component that only measures it. */
function* measuring({ heldOut, metrics: wanted = [] }: Config): Generator<Component | undefined> {
  if (heldOut !== undefined) yield encoders.find(heldOut.name);
  for (const name of wanted) yield* metricsCalled(name);
  // Measured on every trial's picture once they are known.
  yield* metrics.all().filter(({ essential }) => essential);
}

function metricsCalled(wanted: string): Component[] {
  return metrics.all().filter(({ name }) => wanted === 'all' || familyOf(name) === familyOf(wanted));
}

/**
 * Adds to configurations the modules that their components are defined in. Of one plan, which reads each module once.
 * @throws NeckarError when a module cannot be read
 */
export function moduleFinder(): <Given extends Config>(config: Given) => Given {
  const known = new Map<string, readonly ComponentModule[]>();
  const modulesFor = (components: Iterable<Component | undefined>) => {
    const foreign = [...components].filter((component) => component?.module !== undefined);
    const key = JSON.stringify(foreign.map((component) => component!.module));
    const modules = known.get(key) ?? modulesOf(foreign);
    known.set(key, modules);
    return modules;
  };
  return (config) => {
    const [modules, measuringModules] = [modulesFor(making(config)), modulesFor(measuring(config))];
    return {
      ...config,
      ...(modules.length > 0 && { modules }),
      ...(measuringModules.length > 0 && { measuringModules }),
    };
  };
}
