import { ActiveSyncPath } from '../../protocol/http/headers.ts';

/** What an Autodiscover v2 request is answered. */
export interface JsonAnswer {
  readonly http: number;
  readonly body: Readonly<Record<string, string>>;
}

const failed = (http: number, code: string, message: string): JsonAnswer => ({
  http,
  body: { ErrorCode: code, ErrorMessage: message },
});

/** What can be asked for, and where it is. */
const endpoints = (publicUrl: string): readonly { readonly protocol: string; readonly url: string }[] => [
  { protocol: 'ActiveSync', url: new URL(ActiveSyncPath, publicUrl).href },
  { protocol: 'AutodiscoverV1', url: new URL('/autodiscover/autodiscover.xml', publicUrl).href },
];

/**
 * Answers Autodiscover v2. It is asked without a password, so the answer is the same whether the
 * address exists or not.
 */
export const jsonAnswer = (publicUrl: string, email: string | undefined, protocol: string | undefined): JsonAnswer => {
  if (protocol === undefined || protocol === '') {
    return failed(
      400,
      'MandatoryParameterMissing',
      "A valid value must be provided for the query parameter 'Protocol'",
    );
  }
  if (email === undefined || !/^[^@\s]+@[^@\s]+$/.test(email)) {
    return failed(400, 'InvalidUserId', 'A valid smtp address must be provided');
  }
  const found = endpoints(publicUrl).find((endpoint) => endpoint.protocol.toLowerCase() === protocol.toLowerCase());
  if (found !== undefined) return { http: 200, body: { Protocol: found.protocol, Url: found.url } };
  return failed(
    400,
    'InvalidProtocol',
    'The given protocol value is invalid. Supported values are "ActiveSync" and "AutodiscoverV1".',
  );
};
