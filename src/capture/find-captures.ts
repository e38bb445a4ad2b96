import type { Dirent } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { CaptureError, systemError } from './capture-error.ts';
import { recognise } from './capture-format.ts';

export interface FoundCaptures {
  /** Paths for `openCapture`, in the order of the arguments and sorted within each folder. */
  readonly captures: string[];
  /** Folders and files in them that could not be looked at, and folders without a capture. */
  readonly problems: CaptureError[];
}

/** Captures that one call lists; more are a sign that the wrong folder was named. */
const MAXIMUM_CAPTURES = 100_000;
/** Of a compressed file, this much is enough to see the first bytes of what is in it. */
const SNIFF_LENGTH = 4096;

/**
 * Replaces folders by the captures in them and below them, told by their content. Anything else is passed on as it is
 * named, for `openCapture` to try, '-' included. In folders, what is no capture is skipped, and a file that several
 * names lead to is taken once.
 */
export async function findCaptures(paths: readonly string[]): Promise<FoundCaptures> {
  const search = new Search();
  for (const path of paths) {
    if (path === '-' || !(await isFolder(path))) search.captures.push(path);
    else await search.folder(path);
  }
  return { captures: search.captures, problems: search.problems };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

class Search {
  readonly captures: string[] = [];
  readonly problems: CaptureError[] = [];
  /** Device and inode of files and folders seen: ends symbolic link loops. */
  readonly #seen = new Set<string>();
  /** Something was left out because it had been seen. */
  #repeated = false;

  async folder(path: string): Promise<void> {
    const capturesBefore = this.captures.length;
    const problemsBefore = this.problems.length;
    this.#repeated = false;
    await this.#walk(path);
    if (this.#repeated || this.problems.length > problemsBefore) return;
    if (this.captures.length === capturesBefore) {
      this.problems.push(
        new CaptureError(
          'empty',
          path,
          `There is no capture in the folder '${path}'. Name a folder that holds pcap or pcapng files.`,
        ),
      );
    }
  }

  async #walk(root: string): Promise<void> {
    // A list instead of recursion: depth is up to whoever made the folders.
    const pending = [root];
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
      try {
        const status = await stat(path, { bigint: true });
        const identity = `${status.dev}:${status.ino}`;
        if (this.#seen.has(identity)) {
          this.#repeated = true;
          continue;
        }
        this.#seen.add(identity);
        if (status.isDirectory()) {
          const entries = await readdir(path, { withFileTypes: true });
          const names = entries.filter(mayHoldCapture).map((entry) => entry.name);
          // From behind, so that they are taken in order.
          for (const name of names.sort(byCodeUnits).reverse()) pending.push(join(path, name));
        } else if (status.isFile() && (await beginsLikeCapture(path))) {
          if (this.captures.length === MAXIMUM_CAPTURES) {
            this.problems.push(tooMany(root));
            return;
          }
          this.captures.push(path);
        }
      } catch (error) {
        // A dangling symbolic link is no capture; nor is a file that was deleted since the folder was read.
        const problem = systemError(path, error);
        if (problem.code !== 'not-found' || path === root) this.problems.push(problem);
      }
    }
  }
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** FIFOs, sockets and devices are left alone: opening one can wait forever. Links are looked at through `stat`. */
const mayHoldCapture = (entry: Dirent): boolean =>
  entry.isFile() || entry.isDirectory() || entry.isSymbolicLink();

async function beginsLikeCapture(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const head = Buffer.alloc(SNIFF_LENGTH);
    const { bytesRead } = await file.read(head, 0, SNIFF_LENGTH, 0);
    return isCapture(head.subarray(0, bytesRead), true);
  } finally {
    await file.close();
  }
}

function isCapture(head: Uint8Array, unpack: boolean): boolean {
  const { kind } = recognise(head);
  return (
    kind === 'pcap' || kind === 'pcapng' || (kind === 'gzip' && unpack && isCapture(unpacked(head), false))
  );
}

function unpacked(head: Uint8Array): Uint8Array {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return new Uint8Array(0);
  }
}

const tooMany = (folder: string): CaptureError =>
  new CaptureError(
    'unsupported',
    folder,
    `The folder '${folder}' holds more than ${MAXIMUM_CAPTURES} captures, of which the others were left out. Name a smaller folder.`,
  );
