/** Bytes that are no ActiveSync WBXML, or more of it than the limits allow. The sender is at fault. */
export class WbxmlError extends Error {
  override readonly name = 'WbxmlError';
  /** Position in the document, in bytes from its start, at which reading stopped. */
  readonly offset: number;
  /** What is wrong there, without the position. */
  readonly problem: string;

  constructor(offset: number, problem: string) {
    super(`WBXML at byte ${offset}: ${problem}`);
    this.offset = offset;
    this.problem = problem;
  }
}
