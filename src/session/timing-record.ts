import type { Place } from '../ssh/conversation-api.ts';
import type { Connection } from '../tcp/connection.ts';
import type { FateFacts, TimingRecord } from './record.ts';
import { milliseconds } from './sides.ts';

export function timingRecord(connection: Connection, facts: FateFacts): TimingRecord {
  const { client, server, ssh, establishedPacket, establishedNs } = connection;
  const [clientSide, serverSide] = ssh.sides;
  const identification = serverSide.identification;
  const keys = laterOf(clientSide.newKeys, serverSide.newKeys);
  const kexStart = earlierOf(clientSide.kexInit, serverSide.kexInit);
  const { success } = ssh.authentication;
  const established = establishedPacket > 0;
  // Where the capture lacks the handshake's last ACK, or has it damaged, what stands for it comes later than it did.
  const span = (fromNs: number, place: Place | undefined) =>
    place && place.timeNs >= fromNs ? milliseconds(place.timeNs - fromNs) : undefined;
  return {
    connectMs: established && client.synPacket > 0 ? milliseconds(establishedNs - client.synNs) : undefined,
    synAckMs:
      client.synCount === 1 && server.synPacket > 0 ? milliseconds(server.synNs - client.synNs) : undefined,
    ackMs: established && server.synCount === 1 ? milliseconds(establishedNs - server.synNs) : undefined,
    identificationMs: established ? span(establishedNs, identification) : undefined,
    kexMs: kexStart && span(kexStart.timeNs, keys),
    authMs: keys && span(keys.timeNs, success),
    idleBeforeEndMs:
      connection.idleBeforeCloseNs > 0 ? milliseconds(connection.idleBeforeCloseNs) : undefined,
    idleBeforeUnansweredMs:
      facts.owed?.what === 'acknowledgement' || connection.inFlight(client) || connection.inFlight(server)
        ? milliseconds(connection.idleBeforeUnansweredNs)
        : undefined,
  };
}

function laterOf(a: Place | undefined, b: Place | undefined): Place | undefined {
  if (a === undefined || b === undefined) return undefined;
  return a.packet > b.packet ? a : b;
}

function earlierOf(a: Place | undefined, b: Place | undefined): Place | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.packet < b.packet ? a : b;
}
