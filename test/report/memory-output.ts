import type { ReportOutput } from '../../src/report/reporter.ts';

/** Takes a report and gives it back as text. */
export class MemoryOutput implements ReportOutput {
  text = '';
  writes = 0;

  write(data: string | Uint8Array): void {
    this.text += typeof data === 'string' ? data : new TextDecoder().decode(data);
    this.writes++;
  }
}
