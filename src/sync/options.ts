import type { BodyPreference, BodyType, MailRequest } from '../../backends/contract/mail.ts';
import type { SyncOptions } from '../../protocol/commands/sync.ts';

/** The Options of a collection as they stick from request to request ([MS-ASCMD] 2.2.3.125.5). */
export interface StickyOptions {
  readonly filterType: number;
  /** 0: the device's version wins a conflict; 1: the server's ([MS-ASCMD] 2.2.3.35). */
  readonly conflict: 0 | 1;
  readonly mail: MailRequest;
}

/** Before a device has sent any Options. */
export const DefaultOptions: StickyOptions = {
  filterType: 0,
  conflict: 1,
  mail: { preferences: [], mimeSupport: 0 },
};

/** Bytes of MIME by MIMETruncation ([MS-ASCMD] 2.2.3.110); 8 and absent: all. */
const MimeTruncation: readonly (number | undefined)[] = [0, 4096, 5120, 7168, 10_240, 20_480, 51_200, 102_400];

type WireOptions = Pick<SyncOptions, 'bodyPreferences' | 'bodyPartPreference' | 'mimeSupport' | 'mimeTruncation'>;

type WirePreference = SyncOptions['bodyPreferences'][number];

const preferenceOf = (wire: WirePreference): BodyPreference => ({
  type: wire.type as BodyType,
  truncationSize: wire.truncationSize,
  allOrNone: wire.allOrNone,
  preview: wire.preview,
});

/** How mail is to be rendered, out of the Options of Sync, ItemOperations or Search. */
export const mailRequestOf = (options: WireOptions): MailRequest => ({
  preferences: options.bodyPreferences.map(preferenceOf),
  mimeSupport: options.mimeSupport === 1 || options.mimeSupport === 2 ? options.mimeSupport : 0,
  mimeTruncation: options.mimeTruncation === undefined ? undefined : MimeTruncation[options.mimeTruncation],
  bodyPart: options.bodyPartPreference === undefined ? undefined : preferenceOf(options.bodyPartPreference),
});

/**
 * The Options in force: a request that has some replaces all earlier ones, one that has none keeps
 * them ([MS-ASCMD] 2.2.3.125.5, R3598, R3599). Options for SMS stand beside those of mail and are
 * not for us.
 */
export const mergeOptions = (sticky: StickyOptions, options: readonly SyncOptions[]): StickyOptions => {
  const own = options.find((one) => one.class !== 'SMS');
  if (own === undefined) return sticky;
  return { filterType: own.filterType ?? 0, conflict: own.conflict === 0 ? 0 : 1, mail: mailRequestOf(own) };
};

/** Whether every value lies within what the specification allows; a violation is Status 4. */
export const optionsValid = (options: readonly SyncOptions[]): boolean =>
  options.every(
    ({ conflict = 1, mimeSupport = 0, mimeTruncation = 8, bodyPreferences }) =>
      within(conflict, 0, 1) &&
      within(mimeSupport, 0, 2) &&
      within(mimeTruncation, 0, 8) &&
      bodiesValid({ bodyPreferences }),
  );

/** Whether bodies are asked for in forms that there are ([MS-ASAIRS] 2.2.2.41.4), with previews of at most 255. */
export const bodiesValid = ({ bodyPreferences }: Pick<WireOptions, 'bodyPreferences'>): boolean =>
  bodyPreferences.every(({ type, preview = 0 }) => within(type, 1, 4) && within(preview, 0, 255));

/** Whether a part of the body is asked for in the one form that there is, HTML ([MS-ASCON] 3.2.5.7, R241); else Status 164. */
export const bodyPartAllowed = ({ bodyPartPreference }: Pick<WireOptions, 'bodyPartPreference'>): boolean =>
  bodyPartPreference === undefined || bodyPartPreference.type === 2;

const within = (value: number, low: number, high: number): boolean => value >= low && value <= high;
