import type { CauseDefinition } from '../cause-definition.ts';
import {
  decidingReset,
  hasAllHeaders,
  isMirrored,
  lastSaid,
  msBetween,
  plural,
  seconds,
} from '../last-words.ts';
import { isBareForm, resetForm } from '../reset-form.ts';
import { askLink } from '../sentences.ts';

/** Quiet after which a forgetful firewall explains a single reset as well. */
const IDLE_MS = 55_000;
/** No host comes back faster: the sockets of a server that spoke a moment ago are still there. */
const SHORTEST_MS = 300;

export const serverRestarted: CauseDefinition = {
  id: 'server-restarted',
  title: 'The server no longer knows the session',
  fates: ['reset-in-session', 'reset-midway', 'undetermined'],
  needs:
    "the server's kernel answers data of an open session with RST without ACK (no socket), with the hop limit of its own packets and with no close before; other sessions of the server at the same time",
  says: 'The machine was restarted, replaced or failed over, or its sockets were killed; says how many sessions ended with it.',
  diagnose(record) {
    const reset = decidingReset(record);
    if (reset === undefined || reset.from !== 'server' || reset.ack || !isBareForm(reset)) return undefined;
    if (!hasAllHeaders(record)) return undefined;
    if (resetForm(record, reset) === 'filter' || reset.spokeAfter !== undefined) return undefined;
    const own = record.tcp.hopLimits.server?.[0];
    if (own !== reset.hopLimit && !isMirrored(record)) return undefined;
    const said = lastSaid(record).filter((packet) => packet.packet < reset.packet);
    const asked = said.findLast((packet) => packet.from === 'client');
    const heard = said.findLast((packet) => packet.from === 'server');
    if (asked === undefined) return undefined;
    const downMs = heard === undefined ? undefined : msBetween(heard, reset);
    if (downMs !== undefined && downMs < SHORTEST_MS) return undefined;
    const together = record.surroundings?.server.together?.sessions ?? 0;
    const survivors = record.surroundings?.server.survivors ?? 0;
    if (survivors > 0) return undefined;
    const packets = record.surroundings?.server.together?.packets ?? [];
    const isSure = resetForm(record, reset) === 'no-socket';
    return {
      confidence: together > 0 || (isSure && (downMs ?? 0) < IDLE_MS) ? 'likely' : 'possible',
      summary: `The server's kernel answered the client's data with "no such connection"${downMs === undefined ? '' : `, ${seconds(downMs)} after it had last spoken`}${together > 0 ? `, and ${plural(together, 'other session')} ended so at the same time` : ''}: the machine was restarted or replaced, and no close reached the client.`,
      evidence: [
        ...(heard
          ? [{ packet: heard.packet, time: heard.time, what: 'the server speaks for the last time' }]
          : []),
        { packet: asked.packet, time: asked.time, what: "the client's next data" },
        {
          packet: reset.packet,
          time: reset.time,
          what: `RST without ACK, window 0, hop limit ${reset.hopLimit} as the server's own packets: its kernel has no such socket`,
        },
        ...packets
          .slice(0, 3)
          .map((packet) => ({ packet, time: reset.time, what: 'another session of the server ends so' })),
      ],
      nextSteps: [
        `On the client: \`ssh -p ${record.server.port} ${record.server.address}\` again (the old session cannot be saved; \`tmux new -A -s work\` on the server keeps the next one's programs)`,
        'On the server: `uptime -s; last -x reboot | head -3; journalctl --list-boots | tail -3` (did it restart then? A new container, a fail-over address or `ss -K` look the same)',
        `On the client, to notice it sooner: \`ssh -o ServerAliveInterval=15 -o ServerAliveCountMax=3 ${record.server.address}\``,
        `On the client: \`ssh-keyscan -p ${record.server.port} ${record.server.address} | ssh-keygen -lf -\` (the same host key as before, or another machine at this address? Two at once: \`${askLink(record.server)}\` on its link is answered from two MAC addresses)`,
      ],
    };
  },
};
