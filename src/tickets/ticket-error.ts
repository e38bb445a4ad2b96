/** Why a ticket could not be written. `usage` is a mistake in the call; of the others some may go away by themselves. */
export type TicketProblem =
  | 'usage'
  | 'credentials'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'too-large'
  | 'refused'
  | 'too-many-requests'
  | 'out-of-order'
  | 'unreachable'
  | 'certificate'
  | 'timed-out'
  | 'redirected'
  | 'unexpected-answer'
  | 'interrupted';

/**
 * The message says which system and address, what it said (bounded, without secrets, raw: escape it where it is
 * printed), and what to do.
 */
export class TicketError extends Error {
  override readonly name = 'TicketError';
  readonly problem: TicketProblem;

  constructor(problem: TicketProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}
