/** Path of the protocol; compared without regard to case ([MS-ASHTTP] 2.2.1.1.1). */
export const ActiveSyncPath = '/Microsoft-Server-ActiveSync';

/** Names of headers ([MS-ASHTTP] 2.2.1.1.2, 2.2.2.1.2), lower case as Node has them. */
export const Headers = {
  contentType: 'content-type',
  protocolVersion: 'ms-asprotocolversion',
  protocolVersions: 'ms-asprotocolversions',
  protocolCommands: 'ms-asprotocolcommands',
  acceptMultiPart: 'ms-asacceptmultipart',
  policyKey: 'x-ms-policykey',
  resynchronise: 'x-ms-rp',
  location: 'x-ms-location',
  throttleReason: 'x-ms-asthrottle',
  retryAfter: 'retry-after',
} as const;

/** Media types of bodies. */
export const ContentTypes = {
  wbxml: 'application/vnd.ms-sync.wbxml',
  /** The older name, which requests may use. */
  sync: 'application/vnd.ms-sync',
  multipart: 'application/vnd.ms-sync.multipart',
  mime: 'message/rfc822',
} as const;

/** Whether a body is WBXML, by its Content-Type; parameters and case do not matter. */
export const isWbxmlType = (contentType: string | undefined): boolean => {
  const type = mediaType(contentType);
  return type === ContentTypes.wbxml || type === ContentTypes.sync;
};

/** Whether a body is a mail, by its Content-Type. */
export const isMimeType = (contentType: string | undefined): boolean => mediaType(contentType) === ContentTypes.mime;

const mediaType = (contentType: string | undefined): string | undefined =>
  contentType?.split(';', 1)[0]?.trim().toLowerCase();

/** Highest policy key: an unsigned number of 32 bits ([MS-ASPROV] 2.2.2.42). */
export const MaxPolicyKey = 0xffff_ffff;

/**
 * Reads X-MS-PolicyKey: 0 (none) when absent, `undefined` when it is no decimal number of 32 bits.
 */
export const parsePolicyKey = (text: string | undefined): number | undefined => {
  const digits = text?.trim() ?? '';
  if (digits === '') return 0;
  if (!/^\d{1,10}$/.test(digits)) return undefined;
  const key = Number(digits);
  return key <= MaxPolicyKey ? key : undefined;
};
