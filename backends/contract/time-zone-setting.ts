import { z } from 'zod';

const isZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

/** The zone of a backend's users, as it stands in the configuration. */
export const TimeZoneSetting = z
  .string()
  .default('UTC')
  .refine(isZone, 'must be a name of the tz database, such as Europe/Berlin')
  .describe('Zone of the users: that of all-day events, and of times without one');
