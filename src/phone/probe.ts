import { type Clock, systemClock } from './clock.ts';
import type { Device } from './device.ts';
import { HttpFailure } from './failures.ts';
import { Phone } from './phone.ts';
import { TransportError } from './transport-error.ts';

/** One line of the result, in words. */
export interface ProbeLine {
  readonly ok: boolean;
  /** What was looked at, `Ping of 5 minutes`. */
  readonly what: string;
  /** What was found, what it means and what to do. */
  readonly meaning: string;
}

/** How to probe. */
export interface ProbeOptions {
  /** Seconds of the Pings to try, ascending. */
  readonly durations?: readonly number[] | undefined;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Sees each line as soon as it is known: the longest Ping takes half an hour. */
  readonly onLine?: ((line: ProbeLine) => void) | undefined;
}

/** What proxies commonly allow (1, 5, 15 minutes), and what phones reach when nothing cuts them (29). */
const PingDurations: readonly number[] = [60, 300, 900, 1740];
/** Seconds by which a Ping may end early and still count as whole. */
const Tolerance = 2;

type Report = (line: ProbeLine) => void;

/**
 * Looks at a server from outside, as a phone sees it: does it speak ActiveSync, does it let this
 * user in, and how long does a Ping survive everything on the way.
 *
 * @returns every line; the probe ends at the first that makes the rest useless
 */
export const probeServer = async (device: Device, options: ProbeOptions = {}): Promise<readonly ProbeLine[]> => {
  const lines: ProbeLine[] = [];
  const report = (line: ProbeLine): void => {
    lines.push(line);
    options.onLine?.(line);
  };
  try {
    const phone = await probeAccount(device, options, report);
    if (phone !== undefined) await probePings(phone, device, options, report);
  } catch (error) {
    report({ ok: false, what: 'Server', meaning: error instanceof Error ? error.message : String(error) });
  }
  return lines;
};

const probeAccount = async (
  device: Device,
  { clock, signal }: ProbeOptions,
  report: Report,
): Promise<Phone | undefined> => {
  const phone = new Phone(device, { clock });
  const offered = await step(report, 'OPTIONS', async () => {
    await device.negotiate({ signal });
    const versions = device.offer?.versions.join(', ');
    return `the server speaks ActiveSync ${versions} and accepts this user; this phone uses ${device.version}`;
  });
  if (!offered) return undefined;
  const provisioned = await step(report, 'Provision', async () => {
    await device.provision({ signal });
    return device.policyKey === 0 ? 'the server has no policy for this device' : 'the policy was acknowledged';
  });
  if (!provisioned) return undefined;
  const found = await step(report, 'FolderSync', async () => {
    await phone.folderSync(signal);
    return `the account shows ${phone.mailbox.folders.all().length} folders`;
  });
  return found ? phone : undefined;
};

/** Does one step; a failure becomes a line with what it means. */
const step = async (report: Report, what: string, work: () => Promise<string>): Promise<boolean> => {
  try {
    report({ ok: true, what, meaning: await work() });
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    report({ ok: false, what, meaning: `${error.message}${adviceFor(error)}` });
    return false;
  }
};

const adviceFor = (error: Error): string => {
  if (!(error instanceof HttpFailure)) return '';
  if (error.status === 401) return '. Does the proxy in front pass the header Authorization on?';
  if (error.status === 404) return '. Does the proxy in front pass /Microsoft-Server-ActiveSync on?';
  return '';
};

const probePings = async (
  phone: Phone,
  device: Device,
  { durations = PingDurations, clock = systemClock, signal }: ProbeOptions,
  report: Report,
): Promise<void> => {
  const inbox = phone.mailbox.folders.byRole('inbox');
  if (inbox === undefined)
    return report({ ok: false, what: 'Ping', meaning: 'the account shows no Inbox to wait for' });
  await phone.syncFolder(inbox.serverId, undefined, signal);
  for (const seconds of durations) {
    if (!(await probePing({ phone, device, clock, signal, id: inbox.serverId }, seconds, report))) return;
  }
};

interface PingProbe {
  readonly phone: Phone;
  readonly device: Device;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly id: string;
}

/** How a Ping ended. */
type Ending = { readonly status: number; readonly limit?: number | undefined } | { readonly error: Error };

/** Holds one Ping for `seconds`; mail that arrives meanwhile is fetched and the Ping begun again. */
const probePing = async (probe: PingProbe, seconds: number, report: Report): Promise<boolean> => {
  for (;;) {
    const { clock } = probe;
    const started = clock.now();
    const ending = await holdPing(probe, seconds);
    const lasted = (clock.now() - started) / 1000;
    if ('status' in ending && ending.status === 2) await probe.phone.syncFolder(probe.id, undefined, probe.signal);
    else {
      const line = judge(seconds, lasted, ending);
      report(line);
      return line.ok;
    }
  }
};

const holdPing = async ({ device, signal, id }: PingProbe, seconds: number): Promise<Ending> => {
  try {
    const request = { heartbeatInterval: seconds, folders: [{ id, class: 'Email' }] };
    const { status, heartbeatInterval } = await device.ping(request, { signal });
    return { status, limit: heartbeatInterval };
  } catch (error) {
    if (!(error instanceof HttpFailure || error instanceof TransportError)) throw error;
    return { error };
  }
};

const judge = (seconds: number, lasted: number, ending: Ending): ProbeLine => {
  const what = `Ping of ${spoken(seconds)}`;
  if ('error' in ending) return { ok: false, what, meaning: cutMeaning(seconds, lasted, ending.error) };
  if (ending.status === 5) {
    const limit = ending.limit === undefined ? 'less' : spoken(ending.limit);
    return { ok: false, what, meaning: `the server allows ${limit} at most; phones obey that, nothing is lost` };
  }
  if (ending.status !== 1) return { ok: false, what, meaning: `the server answers Status ${ending.status}` };
  if (lasted + Tolerance >= seconds) return { ok: true, what, meaning: 'survives everything on the way' };
  return {
    ok: false,
    what,
    meaning: `the server ended it after ${spoken(lasted)} already; phones then ask more often`,
  };
};

const cutMeaning = (seconds: number, lasted: number, error: Error): string => {
  const by = error instanceof HttpFailure ? `answered HTTP ${error.status}` : 'cut';
  return (
    `${by} after ${spoken(lasted)}: something between the phone and Postrider ends requests that wait so long. ` +
    `Raise the read timeout of the proxy in front to more than ${spoken(seconds)}; until then phones reconnect more ` +
    'often, which costs battery, and may learn of new mail late'
  );
};

const spoken = (seconds: number): string => {
  const whole = Math.round(seconds);
  if (whole < 60 || whole % 60 !== 0) return whole < 120 ? `${whole} s` : `${(seconds / 60).toFixed(1)} minutes`;
  return whole === 60 ? '1 minute' : `${whole / 60} minutes`;
};
