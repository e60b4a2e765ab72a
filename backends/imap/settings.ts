import { z } from 'zod';
import {
  type AddressScheme,
  addressOf,
  isServerUrl,
  type ServerAddress,
  serverUrlForm,
} from '../contract/server-address.ts';

/** Roles that an administrator can give to a folder by its name. */
const AssignableRole = z.enum(['drafts', 'trash', 'sent', 'junk', 'archive']);

const Scheme: AddressScheme = { scheme: 'imap', ports: [143, 993] };

const seconds = (least: number, most: number) => z.int().min(least).max(most);

/** Settings of an IMAP backend, as they stand in the configuration. */
export const ImapSettings = z.strictObject({
  url: z
    .string()
    .refine((text) => isServerUrl(text, Scheme), serverUrlForm(Scheme))
    .describe('`imaps://host[:993]`, or `imap://host[:143]`, which demands STARTTLS except on loopback'),
  caFile: z.string().min(1).optional().describe("PEM file of certificate authorities to trust instead of the system's"),
  masterUser: z
    .strictObject({
      user: z.string().min(1).describe('Name to log in with'),
      password: z.string().min(1).describe('Its password'),
      form: z
        .enum(['authzid', 'separator'])
        .default('authzid')
        .describe('`authzid`: SASL PLAIN with the user as authorization identity; `separator`: `user*master`'),
      separator: z.string().length(1).default('*').describe('Character between the two names for the form `separator`'),
    })
    .optional()
    .describe('A user who may open every mailbox; passwords of users are then proved but not used for work'),
  maxConnections: z
    .int()
    .min(1)
    .max(10)
    .default(3)
    .describe('Connections an account at most: one watches, the others work. Servers commonly allow 10 a user'),
  idleSeconds: seconds(1, 1500).default(30).describe('Seconds after which a connection without work is closed'),
  timeoutSeconds: seconds(2, 600)
    .default(25)
    .describe('Seconds without an answer after which a connection counts as dead: phones give up after 30'),
  folders: z
    .strictObject({
      subscribedOnly: z.boolean().default(false).describe('Show only folders that the user has subscribed to'),
      roles: z
        .partialRecord(AssignableRole, z.string().min(1))
        .default({})
        .describe('Folder paths (decoded, as the server separates them) by role; they win over SPECIAL-USE'),
      notes: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Path of the mailbox whose mails are notes, `Notes` for those of Apple devices: phones see it, and what is below it, as notes. Without it notes stay mail',
        ),
      create: z
        .boolean()
        .default(true)
        .describe('Make folders for Trash, Sent, Drafts and `notes` in mailboxes that have none'),
    })
    .prefault({})
    .describe('Which folders phones see, and what they are for'),
  watch: z
    .strictObject({
      mode: z
        .enum(['auto', 'notify', 'idle', 'poll', 'none'])
        .default('auto')
        .describe(
          '`auto` takes the best the server has, or `none` where a webhook is configured; `poll` never holds a connection; `none` relies on the webhook alone',
        ),
      pollSeconds: seconds(5, 3600)
        .default(60)
        .describe('Seconds between two looks at folders that the server does not tell of by itself'),
      renewSeconds: seconds(5, 1740)
        .default(540)
        .describe(
          'Seconds after which a waiting command is renewed: firewalls forget silent connections after ten minutes and more, servers may hang up after 30',
        ),
    })
    .prefault({})
    .describe('How changes are watched for'),
  limits: z
    .strictObject({
      memoryBytes: z
        .int()
        .min(65_536)
        .default(1_048_576)
        .describe('Bytes of one message that are held in memory at most, for MIME bodies; larger ones are streamed'),
      readBatch: z
        .int()
        .min(1)
        .max(500)
        .default(50)
        .describe('Messages asked for at a time: the next ones are on their way while these are converted'),
    })
    .prefault({})
    .describe('Limits on reading'),
  ignoreCapabilities: z
    .array(z.string().min(1))
    .default([])
    .describe('Capabilities not to use although the server names them, because it does them wrong'),
});
/** Settings of an IMAP backend with all defaults filled in. */
export type ImapSettings = z.output<typeof ImapSettings>;

/** The address that `settings.url` names. */
export const serverAddress = (settings: Pick<ImapSettings, 'url' | 'caFile'>): ServerAddress =>
  addressOf(settings, Scheme);
