/** The user and group `nobody` of Linux systems. */
const NOBODY = 65_534;

/** Runs something that root's permissions would spoil as `nobody`, when the tests are run by root. */
export async function withoutRoot<Result>(run: () => Promise<Result>): Promise<Result> {
  if (process.getuid?.() !== 0) return await run();
  process.seteuid?.(NOBODY);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}
