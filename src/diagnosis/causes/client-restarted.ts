import type { CauseDefinition } from '../cause-definition.ts';
import { endDeadSessions } from '../dead-sessions.ts';
import { decidingReset, hasAllHeaders, isMirrored, lastSaid, msBetween, seconds } from '../last-words.ts';
import { isBareForm, resetForm } from '../reset-form.ts';

/** Who spoke more recently is still up: then a reset that did not pass here ended it (`rst-injected`). */
const GONE_MS = 5000;
/** Quiet after which a forgetful device in front of the client explains it as well. */
const IDLE_MS = 55_000;

/** The counterpart of `server-restarted`: a client that lost power, was reset or lost its address. */
export const clientRestarted: CauseDefinition = {
  id: 'client-restarted',
  title: 'The client no longer knows the session',
  fates: ['reset-in-session', 'reset-midway'],
  needs:
    "the client's kernel answers data of an open session with RST without ACK (no socket), with the hop limit of its own packets, seconds after it last spoke and with no close before",
  says: 'The client machine crashed or was restarted, its address went to another one, or what it sent as it closed was lost.',
  diagnose(record) {
    const reset = decidingReset(record);
    if (reset === undefined || reset.from !== 'client' || reset.ack || !isBareForm(reset)) return undefined;
    if (!hasAllHeaders(record) || isMirrored(record)) return undefined;
    if (resetForm(record, reset) === 'filter' || reset.spokeAfter !== undefined) return undefined;
    const hopLimits = record.tcp.hopLimits.client ?? [];
    if (hopLimits.length !== 1 || hopLimits[0] !== reset.hopLimit) return undefined;
    const said = lastSaid(record).filter((packet) => packet.packet < reset.packet);
    const asked = said.findLast((packet) => packet.from === 'server');
    const heard = said.findLast((packet) => packet.from === 'client');
    if (asked === undefined || heard === undefined || asked.packet < heard.packet) return undefined;
    const downMs = msBetween(heard, reset);
    if (downMs <= GONE_MS) return undefined;
    const { client } = record;
    return {
      confidence: downMs < IDLE_MS ? 'likely' : 'possible',
      summary: `The client's kernel answered the server's data with "no such connection", ${seconds(downMs)} after the client had last spoken, and no close of it came before: it was restarted, its address went to another machine, or its close was lost on the way.`,
      evidence: [
        { packet: heard.packet, time: heard.time, what: 'the client speaks for the last time' },
        { packet: asked.packet, time: asked.time, what: "the server's data" },
        {
          packet: reset.packet,
          time: reset.time,
          what: `RST without ACK, window 0, hop limit ${reset.hopLimit} as the client's own packets: its kernel has no such socket`,
        },
      ],
      nextSteps: [
        `On the client (${client.address}): \`uptime -s; journalctl --list-boots | tail -3; last -x reboot | head -3\` (was it restarted then? Standby and a changed lease of DHCP look the same)`,
        endDeadSessions(record),
        'On the server: `tmux new -A -s work` (what runs in it outlives the next such end)',
      ],
    };
  },
};
