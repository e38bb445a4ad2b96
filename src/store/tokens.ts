import { createHash, randomBytes } from 'node:crypto';
import type { Database } from './sqlite.ts';

export const ROLES = ['read', 'upload', 'admin'] as const;
/** `upload` sees and deletes what it uploaded; `read` sees all; `admin` may do all. */
export type Role = (typeof ROLES)[number];

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: string;
  readonly revokedAt?: string;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly created_at: string;
  readonly revoked_at: string | null;
}

/** Secrets that let somebody in. Only their hashes are kept: they have 256 random bits, so that none can be guessed. */
export class Tokens {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** The secret is told this once. */
  create(name: string, role: Role): { readonly token: Token; readonly secret: string } {
    const secret = `sshf_${randomBytes(32).toString('base64url')}`;
    const token: Token = {
      id: randomBytes(6).toString('hex'),
      name,
      role,
      createdAt: new Date().toISOString(),
    };
    this.database
      .prepare('INSERT INTO tokens VALUES (?, ?, ?, ?, ?, NULL)')
      .run(token.id, name, role, hashOf(secret), token.createdAt);
    return { token, secret };
  }

  /** Undefined for one that is not known or was revoked. */
  of(secret: string): Token | undefined {
    const row = this.database
      .prepare('SELECT * FROM tokens WHERE hash = ? AND revoked_at IS NULL')
      .get(hashOf(secret)) as Row | undefined;
    return row && tokenOf(row);
  }

  /** Whether the one with this id still lets somebody in. */
  isGood(id: string): boolean {
    return (
      this.database.prepare('SELECT 1 FROM tokens WHERE id = ? AND revoked_at IS NULL').get(id) !== undefined
    );
  }

  /** Whether there is one that lets somebody in. */
  exist(): boolean {
    return this.database.prepare('SELECT 1 FROM tokens WHERE revoked_at IS NULL').get() !== undefined;
  }

  list(): Token[] {
    return (this.database.prepare('SELECT * FROM tokens ORDER BY created_at').all() as Row[]).map(tokenOf);
  }

  /** Whether there was one to be revoked. */
  revoke(id: string): boolean {
    const { changes } = this.database
      .prepare('UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
      .run(new Date().toISOString(), id);
    return changes > 0;
  }
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

const tokenOf = ({ id, name, role, created_at, revoked_at }: Row): Token => ({
  id,
  name,
  role,
  createdAt: created_at,
  ...(revoked_at !== null && { revokedAt: revoked_at }),
});
