import { cpuOf, memoryOf, type Part, pause, quantile, startPart } from './support/process.ts';

/**
 * What a waiting phone costs: local store, one device an account, the clients in processes of
 * their own. Usage: `npm run bench waiting-room [devices]`. Needs as many file descriptors as
 * devices (`ulimit -n`) in the server and in the clients together on one machine.
 */
const devices = Number(process.argv[2] ?? 15_000);
const PerProcess = 5000;
const Heartbeat = 3000;
const Rest = 30_000;
/** V8 gives memory back some 15 s after work has ceased, by two whole collections: paid once, not at rest. */
const CollectorTime = 40_000;

const server = await startPart(import.meta.url, './support/bench-server');
const { url, domain } = await server.ask<{ url: string; domain: string }>({
  kind: 'accounts',
  count: devices,
  mails: 1,
});
const clients: Part[] = [];
for (let from = 0; from < devices; from += PerProcess) {
  const part = await startPart(import.meta.url, './support/pinging-clients');
  await part.ask({ kind: 'create', url, domain, from, to: Math.min(devices, from + PerProcess) });
  clients.push(part);
}
const all = (message: object): Promise<unknown[]> => Promise.all(clients.map((part) => part.ask(message)));

const begun = Date.now();
await all({ kind: 'prepare', parallel: 20 });
console.log(`${devices} devices set up in ${((Date.now() - begun) / 1000).toFixed(0)} s (4 requests each)`);
await pause(Number(process.env.IDLE ?? 70) * 1000); // connections kept alive for the next request are closed
const heapIdle = (await server.ask<{ heap: number }>({ kind: 'collect' })).heap;
const idle = memoryOf(server.pid);

await all({ kind: 'wait', heartbeat: Heartbeat });
const waiting = async (): Promise<number> => (await server.ask<{ waiting: number }>({ kind: 'collect' })).waiting;
for (let tries = 0; tries < 60 && (await waiting()) < devices; tries++) await pause(1000);
console.log(`${await waiting()} devices wait`);
await pause(2000);
const heapHeld = (await server.ask<{ heap: number }>({ kind: 'collect' })).heap;
const held = memoryOf(server.pid);
await pause(CollectorTime);
const [cpu, from] = [cpuOf(server.pid), Date.now()];
await pause(Rest);
const share = (100 * (cpuOf(server.pid) - cpu)) / ((Date.now() - from) / 1000);

const stopped = Date.now();
server.kill('SIGTERM');
await server.ended();
await pause(500);
const answers = (await all({ kind: 'answered' })) as { times: number[]; failures: string[] }[];
const times = answers.flatMap((one) => one.times).map((at) => at - stopped);
const failures = answers.flatMap((one) => one.failures);

console.log(`idle server               ${(idle / 1024).toFixed(1)} MiB (PSS)`);
console.log(`with ${devices} waiting        ${(held / 1024).toFixed(1)} MiB`);
console.log(`a waiting device          ${((held - idle) / devices).toFixed(2)} kB   (at most 15)`);
console.log(`  of it in the JS heap    ${((heapHeld - heapIdle) / 1024 / devices).toFixed(2)} kB`);
console.log(`CPU at rest               ${share.toFixed(2)} % of a core   (at most 2)`);
console.log(
  `answered after SIGTERM    ${times.length} of ${devices}, the last after ${Math.max(...times)} ms, median ${quantile(times, 0.5)} ms   (at most 2000)`,
);
if (failures.length > 0) console.log(`failures                  ${failures.length}, for instance ${failures[0]}`);
for (const part of clients) part.kill('SIGKILL');
