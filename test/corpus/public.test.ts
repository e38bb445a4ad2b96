import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CORPUS_NEEDED, corpusPath, recordsOf, WITHOUT_CORPUS } from './corpus.ts';

interface Expected {
  readonly capture: string;
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;
  readonly packets: number;
  readonly firstPacket: number;
  readonly clientIdentification?: string;
  readonly serverIdentification?: string;
  readonly hassh?: string;
  readonly hasshServer?: string;
  readonly fateIn?: readonly string[];
}

function expectations(): Map<string, Expected[]> {
  const byCapture = new Map<string, Expected[]>();
  if (WITHOUT_CORPUS) return byCapture;
  for (const line of readFileSync(corpusPath('expected.ndjson'), 'utf8').trim().split('\n')) {
    const expected = JSON.parse(line) as Expected;
    byCapture.set(expected.capture, [...(byCapture.get(expected.capture) ?? []), expected]);
  }
  return byCapture;
}

describe.skipIf(WITHOUT_CORPUS)(`captures of other projects${CORPUS_NEEDED}`, () => {
  it.each([...expectations()])(
    '%s has the facts that tshark reports, and a fate that fits',
    async (capture, all) => {
      const ports = [...new Set(all.map((expected) => expected.serverPort))];
      const records = await recordsOf(corpusPath(capture), { ports });
      for (const expected of all) {
        const record = records.find((r) => r.packets.first === expected.firstPacket);
        expect(record, `a session from packet ${expected.firstPacket}`).toBeDefined();
        if (record === undefined) continue;
        expect({
          client: record.client.address,
          clientPort: record.client.port,
          server: record.server.address,
          serverPort: record.server.port,
          packets: record.packets.clientToServer + record.packets.serverToClient,
          clientIdentification: expected.clientIdentification && record.client.identification,
          serverIdentification: expected.serverIdentification && record.server.identification,
          hassh: expected.hassh && record.client.hassh,
          hasshServer: expected.hasshServer && record.server.hasshServer,
        }).toEqual({
          client: expected.client,
          clientPort: expected.clientPort,
          server: expected.server,
          serverPort: expected.serverPort,
          packets: expected.packets,
          clientIdentification: expected.clientIdentification,
          serverIdentification: expected.serverIdentification,
          hassh: expected.hassh,
          hasshServer: expected.hasshServer,
        });
        if (expected.fateIn) expect(expected.fateIn).toContain(record.fate);
      }
    },
  );
});
