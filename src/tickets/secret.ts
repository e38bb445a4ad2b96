import { inspect } from 'node:util';

/** A credential. It prints as stars wherever it is printed by mistake. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return STARS;
  }

  toJSON(): string {
    return STARS;
  }

  [inspect.custom](): string {
    return STARS;
  }
}

export const STARS = '***';

/** Takes secrets out of a text that another program wrote: some echo what they were sent. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length >= SHORTEST_SECRET) clean = clean.replaceAll(secret, STARS);
  }
  return clean;
}

/** A shorter one would take ordinary words out of messages. */
const SHORTEST_SECRET = 4;
