import { collectIncident } from '../../../src/report/incident/collect-incident.ts';
import type { Incident } from '../../../src/report/incident/incident.ts';
import type { SessionRecord } from '../../../src/session/record.ts';
import { captureRecord, cause, hostile, noCommonKex, reported } from '../fixtures.ts';
import { HOSTILE_TEXTS } from '../hostile-texts.ts';

export function incidentOf(records: readonly SessionRecord[], captures = [captureRecord()]): Incident {
  const collector = collectIncident('sshfate 1.2.3');
  for (const record of records) collector.session(reported(record));
  for (const capture of captures) collector.capture(capture);
  collector.end();
  return collector.incident();
}

/** Each hostile text in every place of a record that holds a text from the wire or from the command line. */
export function hostileRecords(): SessionRecord[] {
  return HOSTILE_TEXTS.map((text, i) => {
    const base = i % 2 === 0 ? noCommonKex() : hostile();
    const names = [text, `${text}@openssh.com`, 'none'];
    const proposal = base.kex?.client && {
      ...base.kex.client,
      kexAlgorithms: names,
      macClientToServer: names,
    };
    return {
      ...base,
      session: i + 1,
      capture: `${text}.pcap`,
      client: { ...base.client, identification: text, software: text, text: [text] },
      server: { address: `10.0.0.${i + 1}`, port: 22, identification: text, software: text, text: [text] },
      cause: cause('no-common-kex', 2, {
        summary: `They have nothing in common: ${text}; ${text}`,
        evidence: [{ packet: 2, time: base.start, what: `offers ${text}` }],
        nextSteps: [`On the client: \`ssh -o ${text}\``, text],
      }),
      alternatives: [cause('port-closed', 2, { summary: text })],
      clientMessage: text,
      reason: text,
      nextCapture: { at: 'client', why: text, command: `tcpdump ${text}` },
      timeline: [{ packet: 2, time: base.start, from: 'server', what: 'text', detail: text }],
      ...(proposal && { kex: { ...base.kex, client: proposal, messages: [] } }),
    } as SessionRecord;
  });
}

export function hostileIncident(): Incident {
  const records = hostileRecords();
  return incidentOf(
    records,
    records.map(({ capture }) => captureRecord({ name: capture })),
  );
}
