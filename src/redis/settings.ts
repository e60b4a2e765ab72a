import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { RedisSettings } from './connection.ts';
import { parseRedisUrl, RedisUrlForms } from './url.ts';

/** An address of Redis, taken apart. The password is in it, so it is never printed. */
const redisUrl = z.string().transform((text, context) => {
  try {
    return parseRedisUrl(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
});

/** The settings of Redis, as they stand in the configuration. */
export const RedisConfigSchema = z.strictObject({
  url: redisUrl.describe(`Address: ${RedisUrlForms}`),
  caFile: z.string().min(1).optional().describe("PEM file of certificate authorities to trust instead of the system's"),
  sentinelPassword: z.string().min(1).optional().describe('Password of the Sentinels, where they have one'),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,40}$/, 'must be 1 to 40 of the characters A-Z a-z 0-9 . _ -')
    .default('postrider')
    .describe('What all keys and channels begin with; another one for each installation that shares a Redis'),
  replicas: z
    .int()
    .min(0)
    .max(5)
    .default(1)
    .describe(
      'Replicas that must have taken a change before it counts, as far as so many are connected; `0`: none, and a ' +
        'fail-over may lose the last second',
    ),
});

/** Redis, as the configuration describes it. */
export type RedisConfig = z.output<typeof RedisConfigSchema>;

/** What connections are opened with. Throws when the file of the certificates cannot be read. */
export const redisSettings = ({ url, caFile, sentinelPassword, prefix }: RedisConfig): RedisSettings => ({
  address: url,
  ca: caFile === undefined ? undefined : readFileSync(caFile, 'utf8'),
  sentinelPassword,
  prefix,
});
