import { AirSyncBase, Email2, ItemOperations } from '../code-pages/index.ts';
import {
  boolean,
  container,
  data,
  decimal,
  type Infer,
  integer,
  optional,
  text,
  variants,
} from '../schema/describe.ts';

/** Elements that several classes share ([MS-ASAIRS] 2.2.2). */

/** Fields of BodyPreference and BodyPartPreference ([MS-ASAIRS] 2.2.2.12, 2.2.2.11). */
const PreferenceFields = {
  type: integer(AirSyncBase.Type),
  truncationSize: optional(integer(AirSyncBase.TruncationSize)),
  allOrNone: optional(boolean(AirSyncBase.AllOrNone)),
  preview: optional(integer(AirSyncBase.Preview)),
};

/** What form of a body a device wants: 1 plain text, 2 HTML, 3 RTF, 4 MIME ([MS-ASAIRS] 2.2.2.12). */
export const BodyPreference = container(AirSyncBase.BodyPreference, PreferenceFields);
export type BodyPreference = Infer<typeof BodyPreference>;

/** The same for the part of a body that its conversation does not yet show ([MS-ASAIRS] 2.2.2.11). */
export const BodyPartPreference = container(AirSyncBase.BodyPartPreference, PreferenceFields);
export type BodyPartPreference = Infer<typeof BodyPartPreference>;

/**
 * A body ([MS-ASAIRS] 2.2.2.9). `estimatedDataSize` is the size in bytes before truncation;
 * `part` is the number of the part of a multipart response that holds the data instead of `data`.
 */
export const Body = container(AirSyncBase.Body, {
  type: integer(AirSyncBase.Type),
  estimatedDataSize: optional(integer(AirSyncBase.EstimatedDataSize)),
  truncated: optional(boolean(AirSyncBase.Truncated)),
  data: optional(data(AirSyncBase.Data)),
  preview: optional(text(AirSyncBase.Preview)),
  part: optional(integer(ItemOperations.Part)),
});
export type Body = Infer<typeof Body>;

/** The part of a mail that its conversation does not yet show ([MS-ASAIRS] 2.2.2.10). */
export const BodyPart = container(AirSyncBase.BodyPart, {
  status: integer(AirSyncBase.Status),
  type: integer(AirSyncBase.Type),
  estimatedDataSize: integer(AirSyncBase.EstimatedDataSize),
  truncated: optional(boolean(AirSyncBase.Truncated)),
  data: optional(data(AirSyncBase.Data)),
  preview: optional(text(AirSyncBase.Preview)),
});
export type BodyPart = Infer<typeof BodyPart>;

/** How an attachment is attached ([MS-ASAIRS] 2.2.2.31.2). */
export const AttachmentMethod = { normal: 1, embeddedMessage: 5, ole: 6 } as const;

/** An attachment as the server lists it ([MS-ASAIRS] 2.2.2.7). */
const Attachment = container(AirSyncBase.Attachment, {
  displayName: optional(text(AirSyncBase.DisplayName)),
  fileReference: text(AirSyncBase.FileReference),
  clientId: optional(text(AirSyncBase.ClientId)),
  method: optional(integer(AirSyncBase.Method)),
  estimatedDataSize: optional(integer(AirSyncBase.EstimatedDataSize)),
  contentId: optional(text(AirSyncBase.ContentId)),
  contentLocation: optional(text(AirSyncBase.ContentLocation)),
  isInline: optional(boolean(AirSyncBase.IsInline)),
  umAttDuration: optional(integer(Email2.UmAttDuration)),
  umAttOrder: optional(integer(Email2.UmAttOrder)),
});

/**
 * An attachment that a device adds ([MS-ASAIRS] 2.2.2.2). `content` is the attachment's base64
 * text, or for an attached message its reference; devices also send the bytes as OPAQUE.
 */
const AddAttachment = container(AirSyncBase.Add, {
  clientId: text(AirSyncBase.ClientId),
  method: integer(AirSyncBase.Method),
  contentType: optional(text(AirSyncBase.ContentType)),
  content: data(AirSyncBase.Content),
  displayName: text(AirSyncBase.DisplayName),
  contentId: optional(text(AirSyncBase.ContentId)),
  contentLocation: optional(text(AirSyncBase.ContentLocation)),
  isInline: optional(boolean(AirSyncBase.IsInline)),
});

/** An attachment that a device removes ([MS-ASAIRS] 2.2.2.21). */
const DeleteAttachment = container(AirSyncBase.Delete, { fileReference: text(AirSyncBase.FileReference) });

/** Attachments as listed by the server, or as added and removed by a device ([MS-ASAIRS] 2.2.2.8). */
export const Attachments = variants(AirSyncBase.Attachments, {
  attachment: Attachment,
  add: AddAttachment,
  delete: DeleteAttachment,
});
export type Attachment = Infer<typeof Attachment>;
export type AddAttachment = Infer<typeof AddAttachment>;
export type Attachments = Infer<typeof Attachments>;

/** A place ([MS-ASAIRS] 2.2.2.28). */
export const Location = container(AirSyncBase.Location, {
  displayName: optional(text(AirSyncBase.DisplayName)),
  annotation: optional(text(AirSyncBase.Annotation)),
  street: optional(text(AirSyncBase.Street)),
  city: optional(text(AirSyncBase.City)),
  state: optional(text(AirSyncBase.State)),
  country: optional(text(AirSyncBase.Country)),
  postalCode: optional(text(AirSyncBase.PostalCode)),
  latitude: optional(decimal(AirSyncBase.Latitude)),
  longitude: optional(decimal(AirSyncBase.Longitude)),
  accuracy: optional(decimal(AirSyncBase.Accuracy)),
  altitude: optional(decimal(AirSyncBase.Altitude)),
  altitudeAccuracy: optional(decimal(AirSyncBase.AltitudeAccuracy)),
  locationUri: optional(text(AirSyncBase.LocationUri)),
});
export type Location = Infer<typeof Location>;
