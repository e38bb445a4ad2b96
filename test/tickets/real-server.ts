/** A ticket system that runs for a test. */
export interface RealServer {
  readonly url: string;
  /** For `…_CREDENTIALS`. */
  readonly credential: string;
  /** A request of the test's own, with the credential. */
  request(method: string, path: string, body?: unknown): Promise<Response>;
  stop(): Promise<void>;
}
