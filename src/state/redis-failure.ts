/** What a failure of a command says about the command. */
export type FailureNature =
  /** It was not carried out; it may be later, or elsewhere. */
  | 'again'
  /** It was carried out or not: the connection was lost before the answer, or the answer took too long. */
  | 'unsure'
  /** Redis refuses it and will go on to: no memory (OOM), no disk (MISCONF), no right, no replicas (NOREPLICAS). */
  | 'refused';

/** Answers of a server that is not, or not yet, the one to ask; Redis 6 wraps those of commands within a script. */
const NotNow = /^(LOADING|MASTERDOWN|MOVED|ASK|CLUSTERDOWN|TRYAGAIN|NOSCRIPT|BUSY) |\bREADONLY You/;

/** What ioredis says when it did not even send a command. */
const NotSent = /^(Stream isn't writeable|Cluster isn't ready)/;

/** Tells what has become of a command that failed. */
export const natureOf = (error: unknown): FailureNature => {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (NotSent.test(message)) return 'again';
  if (name !== 'ReplyError') return 'unsure';
  return NotNow.test(message) ? 'again' : 'refused';
};

/** Where a Cluster sends a command that came to the wrong server. */
export interface Redirect {
  /** `host:port` */
  readonly node: string;
  /** Only this once, and with ASKING before it: the slot is just moving. */
  readonly asking: boolean;
}

/** The redirect that an error is; `undefined` for any other. */
export const redirectOf = (error: unknown): Redirect | undefined => {
  const [, kind, node] = /^(MOVED|ASK) \d+ (\S+)$/.exec((error as Error).message ?? '') ?? [];
  return node === undefined ? undefined : { node, asking: kind === 'ASK' };
};
