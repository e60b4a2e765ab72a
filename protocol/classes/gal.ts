import { Gal } from '../code-pages/index.ts';
import { container, type InferFields, integer, opaque, optional, text } from '../schema/describe.ts';

/** An entry of the directory, as results of Search and Find show it ([MS-ASCMD] 2.2.3.139). */
export const GalFields = {
  displayName: optional(text(Gal.DisplayName)),
  phone: optional(text(Gal.Phone)),
  office: optional(text(Gal.Office)),
  title: optional(text(Gal.Title)),
  company: optional(text(Gal.Company)),
  alias: optional(text(Gal.Alias)),
  firstName: optional(text(Gal.FirstName)),
  lastName: optional(text(Gal.LastName)),
  homePhone: optional(text(Gal.HomePhone)),
  mobilePhone: optional(text(Gal.MobilePhone)),
  emailAddress: optional(text(Gal.EmailAddress)),
  picture: optional(container(Gal.Picture, { status: integer(Gal.Status), data: optional(opaque(Gal.Data)) })),
};

/** An entry of the directory. */
export type GalEntry = InferFields<typeof GalFields>;
