import { CLIENT, type Side, type SshSideFacts } from '../ssh/conversation-api.ts';
import type { Connection } from '../tcp/connection.ts';
import { formatAddress } from '../wire/address.ts';
import type { Clock } from './clock.ts';
import type { Endpoint, ForeignRecord } from './record.ts';

/** One end: where it is, and what it said of itself. */
export function endpoint(connection: Connection, side: Side, clock: Clock): Endpoint {
  const c = connection;
  const facts = c.ssh.sides[side];
  const isClient = side === CLIENT;
  const address = isClient
    ? formatAddress(c.ipVersion, c.clientAddress0, c.clientAddress1, c.clientAddress2, c.clientAddress3)
    : formatAddress(c.ipVersion, c.serverAddress0, c.serverAddress1, c.serverAddress2, c.serverAddress3);
  const identification = facts.identification;
  const proposal = facts.kexInit?.proposal;
  const text =
    facts.textAfterIdentification === undefined
      ? facts.preIdentificationLines
      : [...facts.preIdentificationLines, facts.textAfterIdentification];
  return {
    address,
    port: isClient ? c.clientPort : c.serverPort,
    identification: identification?.text,
    software: identification?.softwareVersion,
    hassh: isClient ? proposal?.hassh : undefined,
    hasshServer: isClient ? undefined : proposal?.hasshServer,
    hostKey: isClient ? undefined : facts.hostKey,
    text: text.length > 0 ? text : undefined,
    foreign: facts.foreign && foreignRecord(facts.foreign, clock),
  };
}

function foreignRecord(foreign: NonNullable<SshSideFacts['foreign']>, clock: Clock): ForeignRecord {
  const { protocol, packet, timeNs, head } = foreign;
  return { packet, time: clock.iso(timeNs), protocol, head };
}
