import type { ResetRecord, SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, hostPort } from '../cause-definition.ts';
import { resetForm } from '../reset-form.ts';
import { between, count, hopLimitText, iptables } from '../sentences.ts';
import { routersCrossed } from '../vantage.ts';

/** A refusal in less than this part of the server's own time comes from nearer. */
const MUCH_FASTER = 4;
/** Shorter times, milliseconds, vary by more than that. */
const MEASURABLE_MS = 4;

export const rejectedByFirewall: CauseDefinition = {
  id: 'rejected-by-firewall',
  title: 'A firewall refuses with a reset',
  fates: ['rst-after-syn', 'rst-before-banner'],
  needs:
    "a reset whose hop limit is not that of the server's other packets, or which comes much sooner than these; or a reset in the form of a firewall's reject: a SYN marked with a DSCP value is answered without the mark",
  says: 'A device on the path, or the firewall of the server itself, refuses in the name of the server; says how many routers off it is.',
  diagnose(record) {
    const reset = record.tcp.resets?.find((each) => each.from === 'server');
    if (reset === undefined || record.endedBy === 'client') return undefined;
    const isFilter = resetForm(record, reset) === 'filter';
    if (resetForm(record, reset) === 'process') return undefined;
    const usual = usualHopLimit(record);
    const isForeign = usual !== undefined && usual !== reset.hopLimit;
    // A reset from farther off than the handshake is refused behind a proxy.
    if (record.fate === 'rst-before-banner' && !(isForeign && isNearer(reset, usual))) return undefined;
    const fast = isMuchFaster(record, reset);
    if (!isFilter && !isForeign && !fast) return undefined;
    return {
      confidence:
        isForeign && isFilter
          ? 'certain'
          : isForeign && sameSystem(reset, usual)
            ? 'likely'
            : isFilter || fast
              ? 'likely'
              : 'possible',
      summary: summary(record, reset, isForeign ? usual : undefined, isFilter),
      evidence: [
        ...evidence([[entryOf(record, 'SYN'), synText(record)]]),
        {
          packet: reset.packet,
          time: reset.time,
          what: `RST with ${hopLimitText(reset.hopLimit)}, DSCP ${reset.trafficClass >> 2}, window ${reset.window}`,
        },
      ],
      nextSteps: nextSteps(record, reset, isForeign),
    };
  },
};

/** The one hop limit of the server's own packets; undefined when there is none or several. */
function usualHopLimit(record: SessionRecord): number | undefined {
  if (record.fate === 'rst-before-banner') return record.tcp.hopLimits.server?.[0];
  const hopLimits = record.surroundings?.server.hopLimits;
  return hopLimits?.length === 1 ? hopLimits[0] : undefined;
}

const isNearer = (reset: ResetRecord, usual: number): boolean =>
  routersCrossed(reset.hopLimit) < routersCrossed(usual);

/** Both began with the same initial value: the difference is in the way, not in the system's habits. */
const sameSystem = (reset: ResetRecord, usual: number): boolean =>
  reset.hopLimit + routersCrossed(reset.hopLimit) === usual + routersCrossed(usual);

function isMuchFaster(record: SessionRecord, reset: ResetRecord): boolean {
  const syn = entryOf(record, 'SYN');
  const usualMs = record.surroundings?.server.synAckMs;
  if (syn === undefined || usualMs === undefined || usualMs < MEASURABLE_MS) return false;
  return record.fate === 'rst-after-syn' && between(syn, reset) * MUCH_FASTER < usualMs;
}

const synText = (record: SessionRecord): string =>
  `SYN of the client, DSCP ${(record.tcp.synTrafficClass?.client ?? 0) >> 2}`;

function summary(
  record: SessionRecord,
  reset: ResetRecord,
  usual: number | undefined,
  isFilter: boolean,
): string {
  const who = `The connection to ${hostPort(record.server)} was refused by a firewall, not by its kernel`;
  const form = "its reset is without the SYN's DSCP mark, which a kernel without a listener copies";
  if (usual !== undefined) {
    return `${who}: the reset has ${hopLimitText(reset.hopLimit)}, the server's own packets ${hopLimitText(usual)}${isFilter ? `, and ${form}` : ''}.`;
  }
  if (isFilter) return `${who}: ${form}; it has ${hopLimitText(reset.hopLimit)}.`;
  return `${who}: the reset came much sooner than the server's own answers, with ${hopLimitText(reset.hopLimit)}.`;
}

function nextSteps(record: SessionRecord, reset: ResetRecord, isForeign: boolean): readonly string[] {
  const { client, server } = record;
  const routers = routersCrossed(reset.hopLimit);
  const where = isForeign
    ? `On the device ${routers === 0 ? 'on the link of this capture' : `${count(routers, 'router')} away from this capture`}`
    : 'On the firewalls between (and on the server)';
  return [
    `${where}: \`nft -a list ruleset | grep -i reject\` (or \`${iptables(server)} -S | grep REJECT\`); delete the rule (\`nft delete rule … handle N\`), or let SSH pass before it: \`${iptables(server)} -I FORWARD -p tcp -s ${client.address} -d ${server.address} --dport ${server.port} -j ACCEPT\` (on the server itself: \`INPUT\`)`,
    `On the server: \`tcpdump -ni any 'tcp port ${server.port} and host ${client.address}'\` (no SYN arrives: the reset was made before it), \`ss -ltn 'sport = :${server.port}'\` (is sshd listening at all?)`,
    `On the client: \`traceroute -T -p ${server.port} ${server.address}\` (the last hop that answers is the one that refuses)`,
  ];
}
