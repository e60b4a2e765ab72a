import type { DeviceIdentity } from '../handlers/context.ts';

/** How a kind of client differs from the specification, or from the others. */
export interface Quirks {
  /** Milliseconds that it waits for the answer of a request that is not held; it repeats the request then. */
  readonly patience: number;
}

interface Family {
  /** What clients of the family are called, for people. */
  readonly name: string;
  readonly is: (device: DeviceIdentity) => boolean;
  readonly quirks: Quirks;
}

const typeIs =
  (pattern: RegExp) =>
  (device: DeviceIdentity): boolean =>
    pattern.test(device.type);

/** Clients that differ; the first family that fits counts. */
const Families: readonly Family[] = [
  { name: 'Apple Mail', is: typeIs(/^i(?:Phone|Pad|Pod)/i), quirks: { patience: 210_000 } },
  { name: 'Outlook for Windows', is: typeIs(/^WindowsOutlook/i), quirks: { patience: 210_000 } },
  { name: 'Samsung Email', is: typeIs(/^SAMSUNG/i), quirks: { patience: 85_000 } },
];

/** What holds for everybody else: the mail client of Android gives up after 30 s. */
const DefaultQuirks: Quirks = { patience: 28_000 };

/** The quirks of a device, by what its request line tells. */
export const quirksOf = (device: DeviceIdentity): Quirks =>
  Families.find((family) => family.is(device))?.quirks ?? DefaultQuirks;
