/** Why an input cannot be read as a capture. */
export type CaptureErrorCode =
  | 'not-found'
  | 'no-permission'
  | 'empty'
  | 'not-a-capture'
  | 'unsupported'
  | 'is-directory'
  | 'read-failed';

/**
 * An input that cannot be read as a capture at all. The message is one sentence that says what is wrong and one that
 * says what to do; it holds the input's name as the user gave it, unescaped.
 */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  /** For programs; the message is for people. */
  readonly code: CaptureErrorCode;
  /** As named by the user. */
  readonly input: string;

  constructor(code: CaptureErrorCode, input: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.input = input;
  }
}

/** What an input is called in a sentence. */
export const inputName = (input: string): string => (input === '-' ? 'Standard input' : `'${input}'`);

/** The error for a failed system call on the input. */
export function systemError(input: string, cause: unknown): CaptureError {
  const name = inputName(input);
  const code = systemCode(cause);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
    case 'ERR_INVALID_ARG_VALUE': // a name with a NUL byte
      return new CaptureError('not-found', input, `${name} does not exist. Check the path.`, { cause });
    case 'ELOOP':
      return new CaptureError(
        'not-found',
        input,
        `${name} is a symbolic link that leads back to itself. Name the file that is meant.`,
        { cause },
      );
    case 'EACCES':
    case 'EPERM':
      return new CaptureError(
        'no-permission',
        input,
        `There is no permission to read ${name}. Ask its owner for read permission or run this as a user who has it.`,
        { cause },
      );
    case 'EISDIR':
      return isDirectory(input);
    default:
      return new CaptureError(
        'read-failed',
        input,
        `Reading ${name} failed: ${describeCause(cause)}. Check the disk or the connection that it comes from and try again.`,
        { cause },
      );
  }
}

export const isDirectory = (input: string): CaptureError =>
  new CaptureError(
    'is-directory',
    input,
    `'${input}' is a folder, not a capture. Name a capture file in it.`,
  );

const systemCode = (cause: unknown): string | undefined =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;

export const describeCause = (cause: unknown): string =>
  systemCode(cause) ?? (cause instanceof Error ? cause.message : String(cause));
