import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { CaptureInfo } from '../capture/capture-info.ts';
import { type PacketToWrite, PcapngBlocks } from '../capture/pcapng-writer.ts';
import { makeFolder } from '../make-folder.ts';

export interface EvidenceFilesOptions {
  readonly folder: string;
  /** A file is closed when it has become as large, or as old. */
  readonly maximumBytes: number;
  readonly maximumMs: number;
  /** All files that are ours; the oldest are deleted above it. */
  readonly totalBytes: number;
  readonly application: string;
  /** Names of the interfaces, by their position. */
  readonly interfaceNames: readonly string[];
  readonly say: (text: string) => void;
  /** For the names of files. */
  readonly now?: () => Date;
}

/** Gathered before it is written; and written at the latest after {@link FLUSH_MS}. */
const CHUNK_BYTES = 256 * 1024;
const FLUSH_MS = 1000;
/** A disk that was full is tried again. */
const RETRY_MS = 10_000;
/** What is ours in the folder. */
const NAME = /^sshfate-\d{8}T\d{6}Z-\d{4}\.pcapng$/;

/**
 * Packets in pcapng files that follow one another, with a limit on all of them. Each file ends with a whole block,
 * also on a disk that is full, so that every one can be read.
 */
export class EvidenceFiles {
  /** Packets that could not be kept. */
  lost = 0;
  private readonly options: EvidenceFilesOptions;
  private blocks = new PcapngBlocks(CHUNK_BYTES);
  /** Interfaces of the file, by position, link type and epoch of their source. */
  private readonly described = new Map<string, number>();
  private lastInfo: CaptureInfo | undefined;
  private lastPosition = -1;
  private lastDescribed = 0;
  private descriptor: number | undefined;
  private path = '';
  private bytes = 0;
  private openedMs = 0;
  private flushedMs = 0;
  private waitingPackets = 0;
  private counter = 0;
  private failedMs = Number.NEGATIVE_INFINITY;
  private isFailing = false;

  /** @throws the system's error when the folder cannot be made or written. */
  constructor(options: EvidenceFilesOptions) {
    this.options = options;
    makeFolder(options.folder);
    this.open();
  }

  /** `info`: of the source that the packet is from; `position`: of its interface. */
  packet(packet: PacketToWrite, info: CaptureInfo, position: number, linkType: number): void {
    if (this.descriptor === undefined && !this.reopen()) {
      this.lost++;
      return;
    }
    const interfaceId = this.interfaceOf(info, position, linkType);
    this.blocks.packet(packet, { interfaceId });
    this.waitingPackets++;
    if (this.blocks.length >= CHUNK_BYTES) this.flush();
  }

  /** Call some times a second. */
  tick(): void {
    const nowMs = performance.now();
    if (nowMs - this.flushedMs >= FLUSH_MS) this.flush();
    if (this.descriptor !== undefined && nowMs - this.openedMs >= this.options.maximumMs) this.rotate();
  }

  /** Begins a new file. */
  rotate(): void {
    this.close();
    if (this.isFailing) return;
    try {
      this.open();
    } catch (error) {
      this.failed(error);
    }
  }

  close(): void {
    this.flush();
    this.closeFile();
  }

  private interfaceOf(info: CaptureInfo, position: number, linkType: number): number {
    if (info === this.lastInfo && position === this.lastPosition) return this.lastDescribed;
    const epochNs = info.epochNs ?? 0n;
    const key = `${position} ${linkType} ${epochNs}`;
    let described = this.described.get(key);
    if (described === undefined) {
      described = this.blocks.interface({
        linkType,
        snapLength: info.snapLength ?? 0,
        resolution: 9,
        epochNs,
        name: this.options.interfaceNames[position],
      });
      this.described.set(key, described);
    }
    this.lastInfo = info;
    this.lastPosition = position;
    this.lastDescribed = described;
    return described;
  }

  private open(): void {
    const { folder, application, now = () => new Date() } = this.options;
    const stamp = now()
      .toISOString()
      .replace(/[-:]|\.\d+/g, '');
    do {
      this.path = join(folder, `sshfate-${stamp}-${String(this.counter++ % 10_000).padStart(4, '0')}.pcapng`);
      // Nobody else is to read what people typed into their networks, and no file is written over.
    } while (!this.create());
    this.bytes = 0;
    this.openedMs = performance.now();
    this.described.clear();
    this.lastInfo = undefined;
    this.blocks = new PcapngBlocks(CHUNK_BYTES);
    this.blocks.section({ application });
  }

  private create(): boolean {
    try {
      this.descriptor = openSync(this.path, 'wx', 0o600);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  private flush(): void {
    this.flushedMs = performance.now();
    const { descriptor } = this;
    if (descriptor === undefined || this.blocks.length === 0) return;
    const chunk = this.blocks.take();
    try {
      for (let written = 0; written < chunk.length; ) written += writeSync(descriptor, chunk, written);
      this.bytes += chunk.length;
      this.waitingPackets = 0;
    } catch (error) {
      this.failed(error);
      return;
    }
    if (this.bytes >= this.options.maximumBytes) this.rotate();
    this.deleteOldest();
  }

  /** The file ends with its last whole block, and is left; a new one is tried later. */
  private failed(error: unknown): void {
    this.lost += this.waitingPackets;
    this.waitingPackets = 0;
    if (this.descriptor !== undefined) {
      try {
        ftruncateSync(this.descriptor, this.bytes);
      } catch {
        // The file system is gone; what it has is what there is.
      }
    }
    this.closeFile();
    this.failedMs = performance.now();
    if (!this.isFailing) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code === 'ENOSPC' ? 'there is no space left on the device' : message;
      this.options.say(
        `Packets cannot be kept in ${this.options.folder}: ${why}. The watch goes on, and it is tried again every ${RETRY_MS / 1000} s.`,
      );
    }
    this.isFailing = true;
  }

  private reopen(): boolean {
    if (performance.now() - this.failedMs < RETRY_MS) return false;
    try {
      this.open();
      // A header that can be written tells that there is room again.
      this.probe();
    } catch (error) {
      this.failed(error);
      return false;
    }
    this.isFailing = false;
    this.options.say(`Packets are kept again; ${this.lost} were not.`);
    return true;
  }

  private probe(): void {
    const chunk = this.blocks.take();
    const descriptor = this.descriptor as number;
    for (let written = 0; written < chunk.length; ) written += writeSync(descriptor, chunk, written);
    // Space is often only given out when it is written through.
    fsyncSync(descriptor);
    this.bytes += chunk.length;
  }

  private closeFile(): void {
    const { descriptor } = this;
    if (descriptor === undefined) return;
    this.descriptor = undefined;
    try {
      const isEmpty = fstatSync(descriptor).size === 0;
      closeSync(descriptor);
      if (isEmpty) rmSync(this.path, { force: true });
    } catch {
      // Nothing more can be done for it.
    }
  }

  /** Only files that were named here, never the one being written. */
  private deleteOldest(): void {
    const { folder, totalBytes } = this.options;
    let files: { path: string; bytes: number }[];
    try {
      files = readdirSync(folder)
        .filter((name) => NAME.test(name))
        .sort()
        .map((name) => ({ path: join(folder, name), bytes: statSync(join(folder, name)).size }));
    } catch {
      return;
    }
    let sum = files.reduce((total, { bytes }) => total + bytes, 0);
    for (const { path, bytes } of files) {
      if (sum <= totalBytes) return;
      if (path === this.path) continue;
      rmSync(path, { force: true });
      sum -= bytes;
    }
  }
}
