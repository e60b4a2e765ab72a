import { ValidateCert } from '../code-pages/index.ts';
import { base64, boolean, container, type Infer, integer, list, many, optional } from '../schema/describe.ts';

/** A ValidateCert request ([MS-ASCMD] 2.2.1.22): X.509 certificates in DER. */
export const ValidateCertRequest = container(ValidateCert.ValidateCert, {
  certificateChain: optional(list(ValidateCert.CertificateChain, base64(ValidateCert.Certificate))),
  certificates: optional(list(ValidateCert.Certificates, base64(ValidateCert.Certificate))),
  checkCrl: optional(boolean(ValidateCert.CheckCRL)),
});
export type ValidateCertRequest = Infer<typeof ValidateCertRequest>;

/** A ValidateCert response: one `certificate` for each of the request's. */
export const ValidateCertResponse = container(ValidateCert.ValidateCert, {
  status: integer(ValidateCert.Status),
  certificate: many(container(ValidateCert.Certificate, { status: many(integer(ValidateCert.Status)) })),
});
export type ValidateCertResponse = Infer<typeof ValidateCertResponse>;
