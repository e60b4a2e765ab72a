import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A part of a bench in a process of its own, so that its cost is told apart. */
export interface Part {
  readonly pid: number;
  /** Sends a message and resolves with the next one that comes back. */
  ask<T>(message: object): Promise<T>;
  kill(signal: NodeJS.Signals): void;
  ended(): Promise<void>;
}

/** The heap of `postrider` itself: what its shebang line and `npm start` give. */
const HeapFlags =
  '--initial-old-space-size=52 --max-semi-space-size=8 --no-parallel-scavenge --no-concurrent-marking'.split(' ');

/** Built benches have built parts: `npm run bench`. */
const Ending = extname(import.meta.url);
const Loader = Ending === '.ts' ? ['--import', 'tsx'] : [];

/** Starts `file` (beside the caller, without its ending) with an IPC channel. */
export const startPart = async (caller: string, file: string, args: readonly string[] = []): Promise<Part> => {
  const child = fork(fileURLToPath(new URL(`${file}${Ending}`, caller)), [...args], {
    execArgv: [...Loader, '--expose-gc', '--no-warnings', ...HeapFlags, ...(process.env.PART_ARGS?.split(' ') ?? [])],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return partOf(child);
};

const partOf = (child: ChildProcess): Part => ({
  pid: child.pid ?? 0,
  ask: async <T>(message: object): Promise<T> => {
    const stop = new AbortController();
    const answer = once(child, 'message', { signal: stop.signal }) as Promise<[T]>;
    const onExit = (): void => stop.abort(new Error(`A part of the bench ended: ${JSON.stringify(message)}`));
    child.once('exit', onExit);
    child.send(message);
    const [value] = await answer.finally(() => child.off('exit', onExit));
    return value;
  },
  kill: (signal) => void child.kill(signal),
  ended: async () => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  },
});

/** Answers messages of the process that started this one. */
export const serveParent = (handlers: Readonly<Record<string, (message: never) => unknown>>): void => {
  process.on('message', async (message: { kind: string }) => {
    const handler = handlers[message.kind] as ((message: object) => unknown) | undefined;
    process.send?.((await handler?.(message)) ?? {});
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ kind: 'ready' });
};

/** Proportional set size of a process in kB. */
export const memoryOf = (pid: number): number => {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
};

/**
 * The same without what comes from files, in kB: of the pages of Node itself a process has the smaller
 * a share, the more other Node processes run.
 */
export const ownMemoryOf = (pid: number): number => {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss_Anon:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
};

/** CPU seconds that a process has used so far. */
export const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

/** Seconds that the main thread of a process was ready to run and got no CPU, for others had it. */
export const starvedOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e9;

/** Waits; benches measure what happens meanwhile. */
export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

/** The value below which a share of the values lies. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
};
