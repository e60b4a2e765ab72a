/** Certificate and key of the listener; read again when the files change. */
export interface TlsOptions {
  /** PEM file of the certificate and its intermediate ones. */
  readonly certFile: string;
  /** PEM file of the key. */
  readonly keyFile: string;
}

/** The listener of the phones. */
export interface HttpOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tls?: TlsOptions | undefined;
  /** Plain HTTP beyond loopback, where passwords can be read on the way; refused unless set. */
  readonly allowPlainHttp?: boolean | undefined;
  /** Addresses and networks (`10.0.0.0/8`, `::1`) of the proxies whose word about the client's address counts. */
  readonly trustedProxies?: readonly string[] | undefined;
  readonly limits?: Partial<HttpLimits> | undefined;
}

/** Limits on requests. */
export interface HttpLimits {
  /** Largest request body in bytes: base64 makes 64 MB of a mail with 48 MB of attachments. */
  readonly maxBody: number;
  /** Bodies up to this size stay in memory, larger ones are spooled to a file. */
  readonly maxBodyInMemory: number;
  /** Milliseconds for a request to arrive whole: 64 MB at 1 Mbit/s take nine minutes. A wait after that is not bounded by it. */
  readonly requestTimeout: number;
  /** Milliseconds that an idle connection is kept: phones come back within a minute of the last command. */
  readonly keepAliveTimeout: number;
  /** Response bodies of WBXML above this size are compressed: below it a packet is not saved. */
  readonly gzipAbove: number;
}

export const DefaultLimits: HttpLimits = {
  maxBody: 64 * 1024 * 1024,
  maxBodyInMemory: 1024 * 1024,
  requestTimeout: 600_000,
  keepAliveTimeout: 65_000,
  gzipAbove: 1024,
};
