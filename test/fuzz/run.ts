import { parseArgs } from 'node:util';
import type { CommandName } from '../../protocol/http/command-codes.ts';
import { supportedVersion } from '../../protocol/versions.ts';
import { Device } from '../../src/phone/device.ts';
import { startMeasured } from '../support/measured.ts';
import { deviceOfBatch, type Finding, type FuzzPlan, fuzzBatch, judge, userOfBatch } from './fuzzer.ts';

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

/** Requests that took too long beside others, after which a run ends. */
const MaxSlow = 500;

const replay = async (text: string, user = users[0] ?? '', deviceId = 'replay'): ReturnType<typeof judge> => {
  const [command = '', version, hex = ''] = text.split(':');
  const options = { url: plan.url, user, password: 'secret', deviceId };
  const device = new Device({ ...options, version: supportedVersion(version) ?? '16.1' });
  try {
    return await judge(device, command as CommandName, Buffer.from(hex, 'hex'), plan);
  } finally {
    device.close();
  }
};

const nameOf = ({ command, version, body }: Finding): string => `${command}:${version}:${body}`;

const show = (finding: Finding, problem: string): void =>
  console.log(`batch ${finding.batch}: ${problem}\n  --replay ${nameOf(finding)}`);

/** Asks again, alone, what took too long while others were served; gives how many took too long alone. */
const stillSlow = async (suspects: readonly Finding[]): Promise<number> => {
  let count = 0;
  for (const suspect of suspects) {
    const { tooSlow } = await replay(nameOf(suspect), userOfBatch(plan, suspect.batch), deviceOfBatch(suspect.batch));
    if (tooSlow === undefined) continue;
    count++;
    show(suspect, `${suspect.problem} beside others, alone ${tooSlow}`);
  }
  return count;
};

/** Batches from several devices at once, until there are enough or too much was found. */
const runAll = async (count: number, workers: number): Promise<number> => {
  const total = { sent: 0, held: 0, slowest: 0, findings: 0 };
  const suspects: Finding[] = [];
  let [next, base] = [0, 0];
  const work = async (): Promise<void> => {
    while (total.sent < count && total.findings < MaxFindings && suspects.length < MaxSlow) {
      const { findings, slow, ...result } = await fuzzBatch(plan, next++);
      total.sent += result.sent;
      total.held += result.held;
      total.slowest = Math.max(total.slowest, result.slowest);
      total.findings += findings.length;
      suspects.push(...slow);
      for (const finding of findings) show(finding, finding.problem);
      if (base === 0 && total.sent >= count / 10) base = await server.resident();
      if (next % 50 === 0) console.log(`${total.sent} requests, ${Math.round(await server.resident())} MB`);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  const slow = await stillSlow(suspects);
  const growth = (await server.resident()) - base;
  const bugs = await server.errors();
  for (const bug of bugs.slice(0, MaxFindings)) console.log(bug);
  console.log(
    `${total.sent} requests (${total.held} held), slowest ${Math.round(total.slowest)} ms beside others ` +
      `(${suspects.length} over ${plan.slowest} ms, ${slow} of them alone), ${total.findings} findings, ${bugs.length} bugs logged, grown by ${Math.round(growth)} MB`,
  );
  return total.findings + slow + bugs.length + (growth > AllowedGrowth ? 1 : 0);
};

if (values.replay !== undefined) console.log(await replay(values.replay));
else if (values.batch !== undefined) console.log(await fuzzBatch(plan, Number(values.batch)));
else if ((await runAll(Number(values.count), Number(values.workers))) > 0) process.exitCode = 1;
await server.close();
