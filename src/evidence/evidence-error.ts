/** What was asked for is not there or cannot be: the message says what is wrong and what to do. */
export class EvidenceError extends Error {
  override readonly name = 'EvidenceError';
}
