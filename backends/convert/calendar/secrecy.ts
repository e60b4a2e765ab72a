import { Sensitivity } from '../../../protocol/classes/event.ts';

/** CLASS of iCalendar (RFC 5545 3.8.1.3) as Sensitivity of events and tasks, and back. */

const Classes: Readonly<Record<string, number>> = {
  PUBLIC: Sensitivity.normal,
  'X-PERSONAL': Sensitivity.personal,
  PRIVATE: Sensitivity.private,
  CONFIDENTIAL: Sensitivity.confidential,
};

/** What a CLASS means; without one it is public, and one that nobody knows is private. */
export const sensitivityOf = (secrecy: string | undefined): number =>
  Classes[(secrecy ?? 'PUBLIC').toUpperCase()] ?? Sensitivity.private;

/** The CLASS for a Sensitivity; `undefined`: none is needed. */
export const secrecyOf = (sensitivity: number | undefined): string | undefined => {
  const name = Object.keys(Classes).find((one) => Classes[one] === (sensitivity ?? Sensitivity.normal));
  return name === 'PUBLIC' ? undefined : name;
};
