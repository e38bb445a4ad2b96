import type { Store } from '../store/store.ts';
import { LOCAL, type Viewer } from '../store/stored-capture.ts';
import type { Role } from '../store/tokens.ts';

/** What the routes share. */
export interface Service {
  readonly store: Store;
  readonly version: string;
  readonly maxUploadBytes: number;
  /** That the uploads of one token may take together; undefined for no limit. */
  readonly quotaBytes: number | undefined;
  /** Of one caller. */
  readonly requestsAMinute: number;
  /** Whether a token is demanded. Else only this machine reaches the service. */
  readonly demandsTokens: boolean;
  /** Host names (lower case, with the port where it is not the usual one) that requests may name. */
  readonly isOwnHost: (host: string) => boolean;
  /** Whether it is one of the names that were given for it, just as it was given. */
  readonly isGivenName: (host: string) => boolean;
  readonly isHttps: boolean;
  /** Of the built page; undefined where it was not built. */
  readonly pageFolder: string | undefined;
  readonly log: (event: LogEvent) => void;
  /** Whether findings may be sent there: who may upload must not make this machine call others. */
  readonly isTicketAddress: (address: string) => boolean;
  /** Runs `sshfate ticket` with these words; returns its exit code and what it printed. */
  readonly runTicket: (
    words: readonly string[],
    environment: Readonly<Record<string, string>>,
  ) => Promise<{ readonly code: number; readonly text: string }>;
}

export interface LogEvent {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly [detail: string]: string | number | boolean | undefined;
}

/** Who asks. */
export interface Caller {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
}

export const LOCAL_CALLER: Caller = { id: LOCAL, name: LOCAL, role: 'admin' };

/** Those who may only upload see what they uploaded. */
export const viewerOf = ({ id, role }: Caller): Viewer => ({ owner: id, seesAll: role !== 'upload' });

/** What Hono carries along with a request. */
export interface Environment {
  Variables: { caller: Caller };
  Bindings: { incoming?: { socket?: { remoteAddress?: string } } };
}

/** An answer that says no. `message`: what is wrong, and what to do. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: RefusalStatus;
  readonly code: string;

  constructor(status: RefusalStatus, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export type RefusalStatus =
  | 400
  | 401
  | 403
  | 404
  | 408
  | 409
  | 411
  | 413
  | 415
  | 421
  | 422
  | 429
  | 500
  | 501
  | 503
  | 507;
