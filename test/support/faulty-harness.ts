import type { Harness, HarnessOptions } from './harness.js';
import { startHarness } from './harness.js';
import { saveHistories } from './histories.js';
import type { Proxy } from './proxy.js';
import { startProxy } from './proxy.js';

/** A harness whose dependencies can be taken away. What the test itself looks at (`pool`, `mail`) stays within reach. */
export interface FaultyHarness extends Harness {
  readonly postgres: Proxy;
  readonly temporal: Proxy;
  readonly smtp: Proxy;
}

/** The service with a proxy before its database, its Temporal server and its mail server. */
export async function startFaultyHarness(options: HarnessOptions = {}): Promise<FaultyHarness> {
  const temporal = await startProxy(process.env.LATCHKEY_TEST_TEMPORAL ?? '');
  const proxies: Partial<Record<'postgres' | 'smtp', Proxy>> = {};
  const via = (name: 'postgres' | 'smtp') => async (address: string) => {
    const proxy = await startProxy(address);
    proxies[name] = proxy;
    return proxy.address;
  };
  const harness = await startHarness({
    ...options,
    temporal: { address: temporal.address, namespace: 'default' },
    via: { postgres: via('postgres'), smtp: via('smtp') },
  });
  const { postgres, smtp } = proxies;
  if (!postgres || !smtp) throw new Error('the harness did not go through its proxies');
  return {
    ...harness,
    postgres,
    temporal,
    smtp,
    async stop() {
      const all = [postgres, temporal, smtp];
      for (const proxy of all) await proxy.resume();
      await harness.stop();
      await saveHistories(temporal.address);
      for (const proxy of all) await proxy.stop();
    },
  };
}
