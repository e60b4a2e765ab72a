import { ResolveRecipients } from '../code-pages/index.ts';
import { base64, container, dateTime, type Infer, integer, many, opaque, optional, text } from '../schema/describe.ts';

const Options = container(ResolveRecipients.Options, {
  certificateRetrieval: optional(integer(ResolveRecipients.CertificateRetrieval)),
  maxCertificates: optional(integer(ResolveRecipients.MaxCertificates)),
  maxAmbiguousRecipients: optional(integer(ResolveRecipients.MaxAmbiguousRecipients)),
  availability: optional(
    container(ResolveRecipients.Availability, {
      startTime: dateTime(ResolveRecipients.StartTime),
      endTime: optional(dateTime(ResolveRecipients.EndTime)),
    }),
  ),
  picture: optional(
    container(ResolveRecipients.Picture, {
      maxSize: optional(integer(ResolveRecipients.MaxSize)),
      maxPictures: optional(integer(ResolveRecipients.MaxPictures)),
    }),
  ),
});

/** A ResolveRecipients request ([MS-ASCMD] 2.2.1.15): names or addresses, at most 1000. */
export const ResolveRecipientsRequest = container(ResolveRecipients.ResolveRecipients, {
  to: many(text(ResolveRecipients.To)),
  options: optional(Options),
});
export type ResolveRecipientsRequest = Infer<typeof ResolveRecipientsRequest>;

/** Free and busy times, one digit for each 30 minutes ([MS-ASCMD] 2.2.3.107). */
const Availability = container(ResolveRecipients.Availability, {
  status: integer(ResolveRecipients.Status),
  mergedFreeBusy: optional(text(ResolveRecipients.MergedFreeBusy)),
});

const Certificates = container(ResolveRecipients.Certificates, {
  status: integer(ResolveRecipients.Status),
  certificateCount: optional(integer(ResolveRecipients.CertificateCount)),
  recipientCount: optional(integer(ResolveRecipients.RecipientCount)),
  certificate: many(base64(ResolveRecipients.Certificate)),
  miniCertificate: optional(base64(ResolveRecipients.MiniCertificate)),
});

const Picture = container(ResolveRecipients.Picture, {
  status: integer(ResolveRecipients.Status),
  data: optional(opaque(ResolveRecipients.Data)),
});

/** Someone found. `type` is 1 in the directory, 2 among the contacts. */
const Recipient = container(ResolveRecipients.Recipient, {
  type: integer(ResolveRecipients.Type),
  displayName: text(ResolveRecipients.DisplayName),
  emailAddress: text(ResolveRecipients.EmailAddress),
  availability: optional(Availability),
  certificates: optional(Certificates),
  picture: many(Picture),
});

/** A ResolveRecipients response: one `response` a name. */
export const ResolveRecipientsResponse = container(ResolveRecipients.ResolveRecipients, {
  status: integer(ResolveRecipients.Status),
  response: many(
    container(ResolveRecipients.Response, {
      to: text(ResolveRecipients.To),
      status: integer(ResolveRecipients.Status),
      recipientCount: optional(integer(ResolveRecipients.RecipientCount)),
      recipient: many(Recipient),
    }),
  ),
});
export type ResolveRecipientsResponse = Infer<typeof ResolveRecipientsResponse>;
