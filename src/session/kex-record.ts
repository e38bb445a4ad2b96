import { CLIENT, type ClearMessage, type Proposal, SERVER } from '../ssh/conversation-api.ts';
import type { Connection } from '../tcp/connection.ts';
import type { AuthRecord, DisconnectRecord, KexRecord, ProposalRecord } from './record.ts';
import { SIDE_NAMES } from './sides.ts';

const proposalRecords = new WeakMap<Proposal, ProposalRecord>();

/** The same object for the same proposal, so that a writer can keep its text. */
function proposalRecord(proposal: Proposal): ProposalRecord {
  const known = proposalRecords.get(proposal);
  if (known !== undefined) return known;
  const record: ProposalRecord = {
    kexAlgorithms: proposal.kexAlgorithms,
    serverHostKeyAlgorithms: proposal.serverHostKeyAlgorithms,
    encryptionClientToServer: proposal.encryptionClientToServer,
    encryptionServerToClient: proposal.encryptionServerToClient,
    macClientToServer: proposal.macClientToServer,
    macServerToClient: proposal.macServerToClient,
    compressionClientToServer: proposal.compressionClientToServer,
    compressionServerToClient: proposal.compressionServerToClient,
    languagesClientToServer: proposal.languagesClientToServer,
    languagesServerToClient: proposal.languagesServerToClient,
  };
  proposalRecords.set(proposal, record);
  return record;
}

const NO_MESSAGES: KexRecord['messages'] = [];
type NegotiatedRecord = Pick<KexRecord, 'negotiated' | 'mismatch' | 'strict' | 'hybridPostQuantum'>;
const negotiatedRecords = new WeakMap<object, NegotiatedRecord>();

export function kexRecord(connection: Connection): KexRecord | undefined {
  const { ssh } = connection;
  const client = ssh.sides[CLIENT];
  const server = ssh.sides[SERVER];
  const { negotiation } = ssh;
  if (client.messages.length + server.messages.length === 0) return undefined;
  let negotiated: NegotiatedRecord | undefined;
  if (negotiation !== undefined) {
    negotiated = negotiatedRecords.get(negotiation);
    if (negotiated === undefined) {
      negotiated = negotiatedRecord(negotiation);
      negotiatedRecords.set(negotiation, negotiated);
    }
  }
  return {
    client: client.kexInit && proposalRecord(client.kexInit.proposal),
    server: server.kexInit && proposalRecord(server.kexInit.proposal),
    negotiated: negotiated?.negotiated,
    mismatch: negotiated?.mismatch,
    strict: negotiated?.strict,
    hybridPostQuantum: negotiated?.hybridPostQuantum,
    messages: mergeMessages(client.messages, server.messages),
  };
}

function negotiatedRecord(negotiation: NonNullable<Connection['ssh']['negotiation']>): NegotiatedRecord {
  const pair = (clientToServer: string | undefined, serverToClient: string | undefined) => ({
    ...(clientToServer !== undefined && { clientToServer }),
    ...(serverToClient !== undefined && { serverToClient }),
  });
  const n = negotiation;
  const { mismatch } = n;
  return {
    negotiated: {
      ...(n.kex !== undefined && { kex: n.kex }),
      ...(n.hostKey !== undefined && { hostKey: n.hostKey }),
      cipher: pair(n.cipherClientToServer, n.cipherServerToClient),
      mac: pair(n.macClientToServer, n.macServerToClient),
      compression: pair(n.compressionClientToServer, n.compressionServerToClient),
    },
    ...(mismatch && {
      mismatch: {
        category: mismatch.category,
        ...(mismatch.direction && { direction: mismatch.direction }),
        client: mismatch.client,
        server: mismatch.server,
      },
    }),
    strict: n.strict,
    ...(n.hybridPostQuantum !== undefined && { hybridPostQuantum: n.hybridPostQuantum }),
  };
}

function mergeMessages(
  fromClient: readonly ClearMessage[],
  fromServer: readonly ClearMessage[],
): KexRecord['messages'] {
  const merged: { from: 'client' | 'server'; name: string; packet: number }[] = [];
  let c = 0;
  let s = 0;
  while (c < fromClient.length || s < fromServer.length) {
    const client = fromClient[c];
    const server = fromServer[s];
    if (server === undefined || (client !== undefined && client.packet <= server.packet)) {
      merged.push({
        from: 'client',
        name: (client as ClearMessage).name,
        packet: (client as ClearMessage).packet,
      });
      c++;
    } else {
      merged.push({ from: 'server', name: server.name, packet: server.packet });
      s++;
    }
  }
  return merged.length > 0 ? merged : NO_MESSAGES;
}

export function disconnectRecords(connection: Connection): readonly DisconnectRecord[] | undefined {
  const records: DisconnectRecord[] = [];
  for (const side of [CLIENT, SERVER] as const) {
    const message = connection.ssh.sides[side].disconnect;
    if (message === undefined) continue;
    records.push({
      from: SIDE_NAMES[side],
      packet: message.packet,
      reasonCode: message.reasonCode,
      ...(message.reasonName !== undefined && { reasonName: message.reasonName }),
      description: message.description,
    });
  }
  return records.length > 0 ? records : undefined;
}

export function authRecord(connection: Connection): AuthRecord | undefined {
  const { ssh } = connection;
  if (ssh.sides[CLIENT].newKeys === undefined || ssh.sides[SERVER].newKeys === undefined) return undefined;
  const { result, attempts } = ssh.authentication;
  return { result, attempts, certainty: 'inferred' };
}
