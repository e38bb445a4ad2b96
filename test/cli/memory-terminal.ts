import type { DataOutput } from '../../src/cli/file-output.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { MemoryOutput } from '../report/memory-output.ts';

class MemoryDataOutput extends MemoryOutput implements DataOutput {
  flush(): void {}
  end(): void {}
}

export interface MemoryTerminal extends Terminal {
  readonly stdout: MemoryDataOutput;
  readonly stderr: MemoryDataOutput;
  /** What was said. */
  readonly said: string[];
}

/** A terminal without a terminal: what is written can be read. */
export function memoryTerminal(overrides: Partial<Terminal> = {}): MemoryTerminal {
  const said: string[] = [];
  return {
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    stdinIsTerminal: false,
    readStdin: () => '',
    columns: 80,
    environment: {},
    say: (text) => {
      said.push(text);
    },
    onStdoutClosed: () => {},
    ...overrides,
    stdout: new MemoryDataOutput(),
    stderr: new MemoryDataOutput(),
    said,
  };
}
