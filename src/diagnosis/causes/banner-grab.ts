import { type CauseDefinition, entryOf, evidence } from '../cause-definition.ts';

export const bannerGrab: CauseDefinition = {
  id: 'banner-grab',
  title: 'The client only read the identification string',
  fates: ['fin-after-banner', 'rst-after-banner'],
  needs:
    "the client sent nothing at all, or only its identification string, and left right after the server's",
  says: 'A key scan, a port scanner or a monitor; not a user.',
  diagnose(record) {
    const { client, server } = record;
    if (record.endedBy !== 'client' || server.identification === undefined) return undefined;
    if (client.text !== undefined || record.kex?.client !== undefined) return undefined;
    const silent = record.bytes.clientToServer === 0;
    if (!silent && client.identification === undefined) return undefined;
    const close = record.timeline.find(
      (entry) => entry.from === 'client' && (entry.what === 'FIN' || entry.what === 'RST'),
    );
    const reset = record.tcp.resets?.find((entry) => entry.from === 'client');
    if (close?.what === 'RST' && reset?.hopLimit !== record.tcp.hopLimits.client?.[0]) return undefined;
    const scanner = client.software !== undefined && /keyscan|nmap|zgrab|masscan/i.test(client.software);
    return {
      // A reset can be forged with a fitting hop limit; a FIN is the client's own.
      confidence: (silent || scanner) && close?.what === 'FIN' ? 'certain' : 'likely',
      summary: silent
        ? "The client read the server's identification string and left without a byte: a scanner or a monitor, not a user."
        : 'The client exchanged identification strings and left before the key exchange: a scanner or a monitor, or a program that did not like the version.',
      evidence: evidence([
        [entryOf(record, 'identification string', 'server'), "the server's identification string"],
        [
          close,
          silent
            ? 'the client closes without having sent a byte'
            : 'the client closes without a key exchange',
        ],
      ]),
      nextSteps: [
        `Find out what ${client.address} is: a load balancer, a monitor (exempt it from penalties: PerSourcePenaltyExemptList) or a scanner`,
        "On the server: journalctl -u ssh | grep 'Connection closed by' (such visits are logged and harmless)",
      ],
    };
  },
};
