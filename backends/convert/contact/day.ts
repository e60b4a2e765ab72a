/** Days without a year or a time: BDAY and ANNIVERSARY (RFC 6350 4.3.1), Birthday and Anniversary ([MS-ASCNTC] 2.2.2.6). */

const DayMs = 86_400_000;

const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');

/** `1985-04-12`, `19850412` and either with a time; day and month without a year are no instant. */
const DayForm = /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ].*)?$/;

/** The day of a vCard as a device wants it: midnight UTC; `undefined`: it has no year, or is no day. */
export const readDay = (value: string): Date | undefined => {
  const [, year, month, day] = DayForm.exec(value.trim()) ?? [];
  if (year === undefined) return undefined;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) ? date : undefined;
};

/**
 * The day that a device means. Most send midnight UTC, some 08:00 or 11:00, some the instant that is
 * midnight where they are: up to twelve hours after a midnight UTC, or before one.
 */
export const dayOf = (date: Date): Date => new Date(Math.round(date.getTime() / DayMs) * DayMs);

/** A day as a vCard has it, `1985-04-12`. */
export const writeDay = (date: Date): string => {
  const day = dayOf(date);
  return `${pad(day.getUTCFullYear(), 4)}-${pad(day.getUTCMonth() + 1)}-${pad(day.getUTCDate())}`;
};
