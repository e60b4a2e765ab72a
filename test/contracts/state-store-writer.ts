/**
 * A child process that commits two documents at a time until it is killed, and prints the number of
 * each commit once it is acknowledged. Arguments: the module with `openStore`, and the location.
 */
import { writeSync } from 'node:fs';
import type { StateStore } from '../../src/state/contract.ts';

const [moduleUrl, location] = process.argv.slice(2) as [string, string];
const { openStore } = (await import(moduleUrl)) as { openStore(location: string): Promise<StateStore> };
const store = await openStore(location);
const padding = 'x'.repeat(100_000);

for (;;) {
  const stored = (await store.load('p', ['left'])).get('left');
  const count = Number(new TextDecoder().decode(stored?.value.subarray(0, 10) ?? new Uint8Array())) + 1;
  const value = new TextEncoder().encode(`${String(count).padStart(10, '0')}${padding}`);
  const expected = stored?.revision ?? 0;
  const written = await store.commit('p', [
    { name: 'left', value, expect: expected },
    { name: 'right', value, expect: expected },
  ]);
  if (!written) throw new Error('Nobody else writes here');
  writeSync(1, `${count}\n`);
}
