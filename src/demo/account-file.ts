import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/** Name of the file in the data folder that keeps the demo's passwords. */
export const PasswordFile = 'demo-accounts.json';

const AccountFile = z.object({
  /** Where phones reach the server that ran last. */
  url: z.string().optional(),
  /** SHA-256 of its certificate, where it has one of its own. */
  fingerprint: z.string().optional(),
  /** Where it takes mail, `smtp://127.0.0.1:2525`. */
  smtp: z.string().optional(),
  accounts: z.array(z.object({ user: z.string().min(1), password: z.string().min(1) })),
});

/** What the terminal phone needs to know of the demo server. */
export type AccountFile = z.infer<typeof AccountFile>;

/** Reads the file; `undefined` when it is not there or cannot be understood. */
export const readAccountFile = async (file: string): Promise<AccountFile | undefined> => {
  try {
    return AccountFile.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/** Writes the file, for its owner's eyes only, at once or not at all. */
export const writeAccountFile = async (file: string, content: AccountFile): Promise<void> => {
  const partial = `${file}.partial`;
  await writeFile(partial, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  await rename(partial, file);
};
