import { z } from 'zod';
import { TimeZoneSetting } from '../contract/time-zone-setting.ts';
import { AccessSchemes } from './access.ts';

/** A machine's own addresses: only there passwords may go without TLS. */
const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a password may be sent to a URL. */
export const isSafeUrl = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname));

const isServerUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return isSafeUrl(url) && url.username === '' && url.password === '' && url.search + url.hash === '';
};

const seconds = (least: number, most: number) => z.int().min(least).max(most);

const path = z.string().regex(/^\/[^?#]*$/, 'must be a path that begins with /');

const userPath = ' A path; `{user}` is the name that is sent to this server';

/** Settings that both kinds have. */
const shared = {
  url: z
    .string()
    .refine(isServerUrl, 'must be https://host[:port][/path], or http:// on loopback')
    .describe('`https://host[:port][/path]`; `http://` on loopback only, since passwords are sent'),
  caFile: z.string().min(1).optional().describe("PEM file of certificate authorities to trust instead of the system's"),
  principal: path
    .optional()
    .describe(`The user's principal, instead of the one that the server tells (RFC 6764).${userPath}`),
  home: path.optional().describe(`Where the user's collections are, instead of what the server tells.${userPath}`),
  authentication: z
    .enum(AccessSchemes)
    .default('auto')
    .describe(
      'How passwords are sent: `auto` by Basic, or by Digest where the server asks for that alone; `digest` never sends a password itself',
    ),
  hosts: z
    .array(z.string().min(1))
    .default([])
    .describe('Further hosts that the server may send Postrider to: they get the passwords of users, too'),
  default: z
    .string()
    .min(1)
    .optional()
    .describe('Name or path of the collection that is the default folder, instead of the one that the server prefers'),
  leaveOut: z
    .array(z.string().min(1))
    .default([])
    .describe('Names or paths (`*` for any characters) of collections that phones do not see'),
  create: z.boolean().default(true).describe('Make a collection for users who have none'),
  changesBy: z
    .enum(['auto', 'ctag', 'etags'])
    .default('auto')
    .describe(
      '`auto` asks for changes by sync-collection (RFC 6578) where the server has it; `ctag` compares all ETags of a collection whose ctag changed; `etags` compares them at each look',
    ),
  maxConnections: z
    .int()
    .min(1)
    .max(1000)
    .default(32)
    .describe('Connections to the server at most, for all users together: each serves one request at a time'),
  requestsPerUser: z
    .int()
    .min(1)
    .max(32)
    .default(4)
    .describe('Requests of one user at a time, so that one cannot take all connections'),
  timeoutSeconds: seconds(2, 600)
    .default(25)
    .describe('Seconds without a byte after which a request counts as failed: phones give up after 30'),
  watch: z
    .strictObject({
      pollSeconds: seconds(1, 3600)
        .default(30)
        .describe('Seconds between two looks for changes, one look an account however many phones wait'),
      quietSeconds: seconds(1, 3600)
        .default(120)
        .describe('Seconds between two looks where nothing has changed for some time'),
    })
    .refine(
      ({ pollSeconds, quietSeconds }) => quietSeconds >= pollSeconds,
      'quietSeconds must not be below pollSeconds',
    )
    .prefault({})
    .describe('How changes are watched for'),
  limits: z
    .strictObject({
      objectBytes: z
        .int()
        .min(65_536)
        .default(10_485_760)
        .describe('Bytes of one contact or event at most; a larger one is set aside'),
      readBatch: z
        .int()
        .min(1)
        .max(500)
        .default(50)
        .describe('Objects asked for at a time: the next ones are on their way while these are converted'),
    })
    .prefault({})
    .describe('Limits on reading'),
};

/** Settings of a CardDAV backend, as they stand in the configuration. */
export const CardDavSettings = z.strictObject(shared);

/** Settings of a CalDAV backend, as they stand in the configuration. */
export const CalDavSettings = z.strictObject({
  ...shared,
  timeZone: TimeZoneSetting,
  components: z
    .array(z.enum(['VEVENT', 'VTODO', 'VJOURNAL']))
    .min(1)
    .default(['VEVENT', 'VTODO', 'VJOURNAL'])
    .describe('What is served: events, tasks, notes'),
  scheduling: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe('Whether the server itself sends invitations and answers (RFC 6638); `auto` asks it'),
});

export type CardDavSettings = z.output<typeof CardDavSettings>;
export type CalDavSettings = z.output<typeof CalDavSettings>;
/** What both kinds of settings have in common. */
export type DavSettings = CardDavSettings & Partial<Pick<CalDavSettings, 'components' | 'scheduling' | 'timeZone'>>;
