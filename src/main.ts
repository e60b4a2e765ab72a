#!/usr/bin/env -S node --initial-old-space-size=52 --max-semi-space-size=8 --no-parallel-scavenge --no-concurrent-marking
import { type Console, print } from './cli/console.ts';
import { CliFailure } from './cli/failure.ts';
import { createProgram } from './cli/program.ts';

const io: Console = { input: process.stdin, output: process.stdout, errors: process.stderr, env: process.env };

/** What is written about a failure: words for one that the user can do something about, all of it for a bug. */
const report = (error: unknown): string => {
  if (error instanceof CliFailure) return error.message;
  return `This should not happen; please report it:\n${error instanceof Error ? error.stack : String(error)}`;
};

const finish = async (work: Promise<number>): Promise<void> => {
  try {
    process.exitCode = await work;
  } catch (error) {
    print(io.errors, report(error));
    process.exitCode = 1;
  }
};

await createProgram(io, finish).parseAsync();
// A terminal that is still read from would keep the process.
process.exit();
