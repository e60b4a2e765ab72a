import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuOf } from '../../bench/support/process.ts';
import { resetPeak, residentOf } from '../../bench/support/stage.ts';
import { childScript } from './child-script.ts';
import type { MeasuredOptions } from './measured-server.ts';

/** A server in a process of its own whose memory is measured. */
export interface Measured {
  readonly url: string;
  /** Megabytes by which the resident memory grows at its peak while `work` runs. */
  growth(work: () => Promise<unknown>): Promise<number>;
  /** CPU seconds that it has used so far. */
  cpu(): number;
  /** Megabytes of its resident memory, without garbage. */
  resident(): Promise<number>;
  /** Errors that the server logged. */
  errors(): Promise<readonly string[]>;
  close(): Promise<void>;
}

type Report = { readonly url: string; readonly errors: readonly string[] };

const reportOf = async (child: ChildProcess): Promise<Report> => {
  const [report] = (await once(child, 'message')) as [Report];
  return report;
};

/** Starts one. */
export const startMeasured = async (options: Omit<MeasuredOptions, 'folder'> = {}): Promise<Measured> => {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-measured-'));
  const child = fork(childScript('test/support/measured-server.ts'), [JSON.stringify({ ...options, folder })], {
    execArgv: ['--expose-gc', '--no-warnings'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { url } = await reportOf(child);
  const collect = async (): Promise<Report> => {
    child.send({});
    return reportOf(child);
  };
  return {
    url,
    growth: async (work) => {
      await collect();
      const { pid = 0 } = child;
      resetPeak(pid);
      const before = residentOf(pid).now;
      await work();
      return residentOf(pid).peak - before;
    },
    cpu: () => cpuOf(child.pid ?? 0),
    resident: async () => {
      await collect();
      return residentOf(child.pid ?? 0).now;
    },
    errors: async () => (await collect()).errors,
    close: async () => {
      child.disconnect();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
