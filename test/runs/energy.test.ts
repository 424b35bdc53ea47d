import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { startEnergyMeter } from '../../src/runs/energy.ts';

/** A folder like /sys/class/powercap; returns a function that sets a zone's counter. */
function powercap(zones: Record<string, { name: string; range?: number; energy: number }>) {
  const folder = mkdtempSync(join(tmpdir(), 'neckar-powercap-'));
  const set = (zone: string, energy: number | string) =>
    writeFileSync(join(folder, zone, 'energy_uj'), `${energy}\n`);
  for (const [zone, { name, range = 262_143_328_850, energy }] of Object.entries(zones)) {
    mkdirSync(join(folder, zone));
    writeFileSync(join(folder, zone, 'name'), `${name}\n`);
    writeFileSync(join(folder, zone, 'max_energy_range_uj'), `${range}\n`);
    set(zone, energy);
  }
  return { folder, set };
}

test('packages are added up; their parts and the platform are not counted again', (t) => {
  const { folder, set } = powercap({
    'intel-rapl:0': { name: 'package-0', energy: 5_000_000 },
    'intel-rapl:0:0': { name: 'core', energy: 0 },
    'intel-rapl:1': { name: 'package-1', energy: 0 },
    'intel-rapl:2': { name: 'psys', energy: 0 },
  });
  t.teardown(() => rmSync(folder, { recursive: true }));
  const meter = startEnergyMeter(folder);
  set('intel-rapl:0', 17_500_000);
  set('intel-rapl:0:0', 9_000_000);
  set('intel-rapl:1', 1_000_000);
  set('intel-rapl:2', 99_000_000);
  t.deepEqual(meter.stop(), { joules: 13.5, source: 'rapl-package' });
  set('intel-rapl:1', 2_000_000);
  t.deepEqual(meter.stop(), { joules: 13.5, source: 'rapl-package' }, 'a stopped meter stands still');
});

test('a counter that went round is followed', (t) => {
  const { folder, set } = powercap({
    'intel-rapl:0': { name: 'package-0', range: 10_000_000, energy: 9_000_000 },
  });
  t.teardown(() => rmSync(folder, { recursive: true }));
  const meter = startEnergyMeter(folder);
  set('intel-rapl:0', 2_000_000);
  t.deepEqual(meter.stop(), { joules: 3, source: 'rapl-package' });
});

test('without counters, or when they break, a sentence', (t) => {
  const none = startEnergyMeter('/nowhere/powercap').stop();
  t.regex('refused' in none ? none.refused : '', /^Not measured: .*no energy counters/);
  const { folder, set } = powercap({ 'intel-rapl:0': { name: 'package-0', energy: 1 } });
  t.teardown(() => rmSync(folder, { recursive: true }));
  const meter = startEnergyMeter(folder);
  set('intel-rapl:0', 'broken');
  const broken = meter.stop();
  t.regex('refused' in broken ? broken.refused : '', /^Not measured: .*could not be read/);
});
