import { generatedMessages } from './generated.ts';
import { packagedMessages } from './packaged.ts';

/** A message that must come through whole. */
export interface CorpusMessage {
  /** Unique; says where it is from or what is in it. */
  readonly name: string;
  readonly raw: Uint8Array;
  /** Content of its attachments, decoded, in any order; `undefined`: ask an independent decoder. */
  readonly attachments?: readonly Uint8Array[] | undefined;
  /** What its text must hold. */
  readonly text?: string | undefined;
  /** Its MessageClass, where it is not a plain mail. */
  readonly messageClass?: string | undefined;
}

/**
 * The corpus: messages that packages on this machine ship as test data, read where they lie, and generated
 * ones for every feature of mail. Always the same ones in the same order.
 */
export const corpusMessages = (): readonly CorpusMessage[] => [...packagedMessages(), ...generatedMessages()];
