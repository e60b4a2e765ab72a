import { z } from 'zod';
import {
  type AddressScheme,
  addressOf,
  isServerUrl,
  type ServerAddress,
  serverUrlForm,
} from '../contract/server-address.ts';

const Scheme: AddressScheme = { scheme: 'smtp', ports: [587, 465] };

/** Settings of an SMTP backend, as they stand in the configuration. */
export const SmtpSettings = z.strictObject({
  url: z
    .string()
    .refine((text) => isServerUrl(text, Scheme), serverUrlForm(Scheme))
    .describe('`smtps://host[:465]`, or `smtp://host[:587]`, which demands STARTTLS except on loopback'),
  caFile: z.string().min(1).optional().describe("PEM file of certificate authorities to trust instead of the system's"),
  login: z
    .union([z.enum(['user', 'none']), z.strictObject({ user: z.string().min(1), password: z.string().min(1) })])
    .default('user')
    .describe(
      'Who logs in: `user` the sender, wherever the server offers a login; `none` nobody; or one fixed user for everybody, for a relay that trusts Postrider',
    ),
  maxConnections: z
    .int()
    .min(1)
    .max(10)
    .default(2)
    .describe('Connections an account at most; further mails wait for their turn'),
  idleSeconds: z
    .int()
    .min(1)
    .max(240)
    .default(30)
    .describe(
      'Seconds after which a connection without work is closed; less than servers wait (RFC 5321, 4.5.3.2.7: 300)',
    ),
  timeoutSeconds: z
    .int()
    .min(2)
    .max(600)
    .default(60)
    .describe('Seconds without an answer after which a connection counts as dead'),
  keepsSentCopy: z
    .boolean()
    .default(false)
    .describe("Whether the server puts a copy of each mail into the sender's Sent folder by itself, as Gmail does"),
});
/** Settings of an SMTP backend with all defaults filled in. */
export type SmtpSettings = z.output<typeof SmtpSettings>;

/** The address that `settings.url` names. */
export const serverAddress = (settings: Pick<SmtpSettings, 'url' | 'caFile'>): ServerAddress =>
  addressOf(settings, Scheme);
