/** A failure that is told to the user in words, without a stack: what happened, what it means, what to do. */
export class CliFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CliFailure';
  }
}
