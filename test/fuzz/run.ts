import { parseArgs } from 'node:util';
import type { CommandName } from '../../protocol/http/command-codes.ts';
import { supportedVersion } from '../../protocol/versions.ts';
import { Device } from '../../src/phone/device.ts';
import { startMeasured } from '../support/measured.ts';
import { type FuzzPlan, fuzzBatch, judge } from './fuzzer.ts';

/**
 * `npm run fuzz`: mutated requests of every command, a million of them, against a server in a process of its own.
 *
 *   npm run fuzz -- --count 50000 --seed 7      fewer, and others
 *   npm run fuzz -- --seed 7 --batch 123        one batch of a run again
 *   npm run fuzz -- --replay Sync:16.1:03016a…  one request again
 */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    batch: { type: 'string' },
    replay: { type: 'string' },
    workers: { type: 'string', default: '4' },
  },
});

/** Megabytes that the server may grow after its first tenth: more than that is a leak. */
const AllowedGrowth = 96;

/** Findings after which a run ends: one cause makes thousands. */
const MaxFindings = 20;

const server = await startMeasured({ attachmentBytes: 2_000 });
const users = ['anna@example.test', 'ben@example.test'];
const now = (): number => server.cpu() * 1000;
const plan: FuzzPlan = { url: server.url, users, seed: Number(values.seed), batchSize: 200, slowest: 1_000, now };

const replay = async (text: string): Promise<void> => {
  const [command = '', version, hex = ''] = text.split(':');
  const options = { url: plan.url, user: users[0] ?? '', password: 'secret', deviceId: 'replay' };
  const device = new Device({ ...options, version: supportedVersion(version) ?? '16.1' });
  console.log(await judge(device, command as CommandName, Buffer.from(hex, 'hex'), plan));
  device.close();
};

/** Batches from several devices at once, until there are enough or too much was found. */
const runAll = async (count: number, workers: number): Promise<number> => {
  const total = { sent: 0, held: 0, slowest: 0, findings: 0 };
  let [next, base] = [0, 0];
  const work = async (): Promise<void> => {
    while (total.sent < count && total.findings < MaxFindings) {
      const { findings, ...result } = await fuzzBatch(plan, next++);
      total.sent += result.sent;
      total.held += result.held;
      total.slowest = Math.max(total.slowest, result.slowest);
      total.findings += findings.length;
      for (const { batch, command, version, body, problem } of findings) {
        console.log(`batch ${batch}: ${problem}\n  --replay ${command}:${version}:${body}`);
      }
      if (base === 0 && total.sent >= count / 10) base = await server.resident();
      if (next % 50 === 0) console.log(`${total.sent} requests, ${Math.round(await server.resident())} MB`);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  const growth = (await server.resident()) - base;
  const bugs = await server.errors();
  for (const bug of bugs.slice(0, MaxFindings)) console.log(bug);
  console.log(
    `${total.sent} requests (${total.held} held), slowest ${Math.round(total.slowest)} ms, ` +
      `${total.findings} findings, ${bugs.length} bugs logged, grown by ${Math.round(growth)} MB`,
  );
  return total.findings + bugs.length + (growth > AllowedGrowth ? 1 : 0);
};

if (values.replay !== undefined) await replay(values.replay);
else if (values.batch !== undefined) console.log(await fuzzBatch(plan, Number(values.batch)));
else if ((await runAll(Number(values.count), Number(values.workers))) > 0) process.exitCode = 1;
await server.close();
