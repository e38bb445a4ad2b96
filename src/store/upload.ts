import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Why an upload was refused. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly code: 'too-large' | 'disk-full' | 'quota' | 'empty';

  constructor(code: UploadError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** A file that lies safely on disk. */
export interface ArrivedFile {
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface FileFolders {
  /** Of files on their way; emptied when the service starts. */
  readonly incoming: string;
  /** Of whole ones, each under its SHA-256. */
  readonly captures: string;
}

/** Takes a file piece by piece. It counts only after `arrive`. */
export class IncomingFile {
  private readonly folders: FileFolders;
  private readonly maxBytes: number;
  private readonly path: string;
  private readonly hash = createHash('sha256');
  private handle: FileHandle | undefined;
  private size = 0;

  constructor(folders: FileFolders, maxBytes: number) {
    this.folders = folders;
    this.maxBytes = maxBytes;
    this.path = path.join(folders.incoming, randomBytes(16).toString('hex'));
  }

  /** @throws UploadError when it becomes too large or does not fit on the disk. */
  async write(bytes: Uint8Array): Promise<void> {
    this.size += bytes.length;
    if (this.size > this.maxBytes) {
      throw new UploadError(
        'too-large',
        `The file is larger than ${this.maxBytes} bytes, the most that is taken here. Cut it, for instance with tcpdump -r and a filter for port 22.`,
      );
    }
    this.hash.update(bytes);
    await onDisk(async () => {
      this.handle ??= await open(this.path, 'wx', 0o600);
      for (let at = 0; at < bytes.length; ) at += (await this.handle.write(bytes, at)).bytesWritten;
    });
  }

  /**
   * The file is whole: after this it survives whatever happens to the process. The order is what makes it so: contents,
   * name, folder.
   *
   * @param onHashed told the SHA-256 before the file gets its name.
   * @throws UploadError
   */
  async arrive(onHashed: (sha256: string) => void = () => {}): Promise<ArrivedFile> {
    const { handle } = this;
    if (handle === undefined) {
      throw new UploadError('empty', 'The file is empty. Upload what tcpdump -w wrote.');
    }
    const sha256 = this.hash.digest('hex');
    onHashed(sha256);
    await onDisk(async () => {
      await handle.sync();
      await handle.close();
      this.handle = undefined;
      await rename(this.path, path.join(this.folders.captures, sha256));
      await syncFolder(this.folders.captures);
    });
    return { sha256, sizeBytes: this.size };
  }

  /** Leaves nothing behind; does no harm after `arrive`. */
  async abandon(): Promise<void> {
    await this.handle?.close().catch(() => {});
    this.handle = undefined;
    await rm(this.path, { force: true });
  }
}

export async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function onDisk(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
    throw diskFull();
  }
}

export const overQuota = (quotaBytes: number): UploadError =>
  new UploadError(
    'quota',
    `With it the uploads of this token take more than their ${quotaBytes} bytes. Delete some, then upload again.`,
  );

export const diskFull = (): UploadError =>
  new UploadError('disk-full', 'The disk of the service is full. Make room on it and try again.');
