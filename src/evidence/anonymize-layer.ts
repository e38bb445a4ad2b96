import type { Layer } from '../wire/layer.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/** One layer of a packet: `bytes[at … end)`, the next of them begins at `next` (at `end` for the last). */
export interface LayerPlace {
  readonly layer: Layer;
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly next: number;
  readonly end: number;
  /** The innermost IP header around it. */
  readonly ipAt: number;
  readonly ipVersion: 4 | 6;
  /** The innermost Ethernet header around it; -1 without one. */
  readonly ethernetAt: number;
  /** Protocol number of what stands at `at`. */
  readonly protocol: number;
}

/** Writes over the addresses and names in the header of a layer. A layer without any has no entry. */
export function anonymizeLayer(place: LayerPlace, pseudonyms: Pseudonyms): void {
  ANONYMIZERS[place.layer]?.(place, pseudonyms);
}

type Anonymizer = (place: LayerPlace, pseudonyms: Pseudonyms) => void;

const ANONYMIZERS: Readonly<Partial<Record<Layer, Anonymizer>>> = {
  ethernet({ bytes, at }, pseudonyms) {
    pseudonyms.link(bytes, at);
    pseudonyms.link(bytes, at + 6);
  },
  // A field of 8 bytes, whatever the length in front of it says.
  'linux-cooked': ({ bytes, at }, pseudonyms) => cookedAddress(bytes, at + 6, u16(bytes, at + 4), pseudonyms),
  'linux-cooked-2': ({ bytes, at }, pseudonyms) =>
    cookedAddress(bytes, at + 12, bytes[at + 11] ?? 0, pseudonyms),
  fddi({ bytes, at }, pseudonyms) {
    pseudonyms.link(bytes, at + 1);
    pseudonyms.link(bytes, at + 7);
  },
  ieee80211: ({ bytes, at }, pseudonyms) => radioAddresses(bytes, at, pseudonyms),
  // The 802.11 header is read with it.
  radiotap({ bytes, at }, pseudonyms) {
    radioAddresses(bytes, at + le16(bytes, at + 2), pseudonyms);
  },
  'a-msdu'({ bytes, at, end }, pseudonyms) {
    for (let start = at; start + 14 <= end; start += (14 + u16(bytes, start + 12) + 3) & ~3) {
      pseudonyms.link(bytes, start);
      pseudonyms.link(bytes, start + 6);
    }
  },
  pktap: hidePktapProcess,
  nflog: hideNflogAttributes,
  ppi: hidePpiFields,
  arp({ bytes, at, end }, pseudonyms) {
    const linkLength = bytes[at + 4] ?? 0;
    const ipLength = bytes[at + 5] ?? 0;
    for (const party of [at + 8, at + 8 + linkLength + ipLength]) {
      if (party + linkLength + ipLength > end) return;
      if (linkLength === 6) pseudonyms.link(bytes, party);
      else bytes.fill(0, party, party + linkLength);
      if (ipLength === 4) pseudonyms.ip(bytes, party + linkLength, 4);
    }
  },
  ipv4({ bytes, at, next }, pseudonyms) {
    pseudonyms.ip(bytes, at + 12, 4);
    pseudonyms.ip(bytes, at + 16, 4);
    ipv4Options(bytes, at + 20, next, pseudonyms);
  },
  ipv6({ bytes, at }, pseudonyms) {
    pseudonyms.ip(bytes, at + 8, 16);
    pseudonyms.ip(bytes, at + 24, 16);
  },
  'ipv6-extension': ipv6Extensions,
  'neighbour-discovery': neighbourDiscovery,
  geneve: hideGeneveOptions,
  tcp: ({ bytes, at, end }) => hideTcpOptions(bytes, at, end),
  icmp: ({ bytes, at, end }, pseudonyms) => quotedIpv4(bytes, at, end, pseudonyms),
  icmpv6: ({ bytes, at, end }, pseudonyms) => quotedIpv6(bytes, at, end, pseudonyms),
};

function cookedAddress(bytes: Uint8Array, at: number, length: number, pseudonyms: Pseudonyms): void {
  if (length === 6) {
    pseudonyms.link(bytes, at);
    bytes.fill(0, at + 6, at + 8);
  } else bytes.fill(0, at, at + 8);
}

const TO_AND_FROM_DISTRIBUTION = 0x03;

function radioAddresses(bytes: Uint8Array, at: number, pseudonyms: Pseudonyms): void {
  for (const offset of [4, 10, 16]) pseudonyms.link(bytes, at + offset);
  if (((bytes[at + 1] ?? 0) & TO_AND_FROM_DISTRIBUTION) === TO_AND_FROM_DISTRIBUTION)
    pseudonyms.link(bytes, at + 24);
}

/** Process numbers and names of macOS's pktap header, and those of the process on whose behalf it acts. */
function hidePktapProcess({ bytes, at, next }: LayerPlace): void {
  for (const [from, to] of [
    [52, 76],
    [84, 108],
  ] as const) {
    bytes.fill(0, Math.min(at + from, next), Math.min(at + to, next));
  }
}

/** Hardware address, prefix of the rule, user and group, hardware header, connection tracking. */
const NFLOG_HIDDEN: ReadonlySet<number> = new Set([8, 10, 11, 14, 16, 18]);

function hideNflogAttributes({ bytes, at, next }: LayerPlace): void {
  const littleEndian = le16(bytes, at + 4) <= bytes.length - at - 4;
  const read16 = littleEndian ? le16 : u16;
  for (let attribute = at + 4; attribute + 4 <= next; ) {
    const length = read16(bytes, attribute);
    if (length < 4) return;
    if (NFLOG_HIDDEN.has(read16(bytes, attribute + 2)))
      bytes.fill(0, attribute + 4, Math.min(attribute + length, next));
    attribute += (length + 3) & ~3;
  }
}

/** Fields of PPI from here on say where on earth a packet was captured (PPI-GEOLOCATION). */
const PPI_FIRST_GEOTAG = 30_002;

function hidePpiFields({ bytes, at, next }: LayerPlace): void {
  for (let field = at + 8; field + 4 <= next; ) {
    const length = le16(bytes, field + 2);
    if (le16(bytes, field) >= PPI_FIRST_GEOTAG) bytes.fill(0, field + 4, Math.min(field + 4 + length, next));
    field += 4 + length;
  }
}

const GENEVE_HEADER = 8;

/** RFC 8926 §3.5: class (2), type (1), length in words (low 5 bits). Clouds put the ids of customers' networks there. */
function hideGeneveOptions({ bytes, at, next }: LayerPlace): void {
  const to = Math.min(next, at + GENEVE_HEADER + ((bytes[at] ?? 0) & 0x3f) * 4);
  for (let option = at + GENEVE_HEADER; option + 4 <= to; ) {
    const end = Math.min(to, option + 4 + ((bytes[option + 3] as number) & 0x1f) * 4);
    bytes.fill(0, option + 4, end);
    option = end;
  }
}

const OPTION_END = 0;
const OPTION_NO_OPERATION = 1;
const RECORD_ROUTE = 7;
const TIMESTAMP = 68;
const LOOSE_ROUTE = 131;
const STRICT_ROUTE = 137;

/** Routes are lists of addresses behind type, length and pointer; time stamps may have one in front of each. */
function ipv4Options(bytes: Uint8Array, from: number, to: number, pseudonyms: Pseudonyms): void {
  for (let at = from; at + 1 < to; ) {
    const type = bytes[at] as number;
    if (type === OPTION_END) return;
    if (type === OPTION_NO_OPERATION) {
      at++;
      continue;
    }
    const length = bytes[at + 1] as number;
    if (length < 2 || at + length > to) return;
    if (type === RECORD_ROUTE || type === LOOSE_ROUTE || type === STRICT_ROUTE) {
      for (let address = at + 3; address + 4 <= at + length; address += 4) pseudonyms.ip(bytes, address, 4);
    } else if (type === TIMESTAMP && ((bytes[at + 3] ?? 0) & 0x0f) !== 0) {
      for (let address = at + 4; address + 4 <= at + length; address += 8) pseudonyms.ip(bytes, address, 4);
    } else if (type !== TIMESTAMP) {
      // Labels of who may read it (RFC 1108, CIPSO), or nobody knows what.
      bytes.fill(0, at + 2, at + length);
    }
    at += length;
  }
}

const PROTOCOL_HOP_BY_HOP = 0;
const PROTOCOL_ROUTING = 43;
const PROTOCOL_FRAGMENT = 44;
const PROTOCOL_DESTINATION_OPTIONS = 60;
const OPTION_HOME_ADDRESS = 0xc9;

/** Addresses of routing headers (RFC 8200 §4.4, RFC 6275 §6.4, RFC 8754) and of home (RFC 6275 §6.3). */
function ipv6Extensions({ bytes, at, next, protocol }: LayerPlace, pseudonyms: Pseudonyms): void {
  let header = protocol;
  for (let from = at; from + 8 <= next; ) {
    const following = bytes[from] as number;
    const to = Math.min(
      next,
      header === PROTOCOL_FRAGMENT ? from + 8 : from + ((bytes[from + 1] as number) + 1) * 8,
    );
    if (header === PROTOCOL_ROUTING) {
      for (let address = from + 8; address + 16 <= to; address += 16) pseudonyms.ip(bytes, address, 16);
    } else if (header === PROTOCOL_DESTINATION_OPTIONS || header === PROTOCOL_HOP_BY_HOP) {
      ipv6Options(bytes, from + 2, to, pseudonyms);
    } else if (header !== PROTOCOL_FRAGMENT) {
      // Mobility, host identity, shim6: identities from end to end.
      bytes.fill(0, from + 2, to);
    }
    header = following;
    from = to;
  }
}

/** Tunnel limit, router alert, jumbo payload. */
const IPV6_OPTIONS_KEPT: ReadonlySet<number> = new Set([4, 5, 0xc2]);

function ipv6Options(bytes: Uint8Array, from: number, to: number, pseudonyms: Pseudonyms): void {
  for (let at = from; at + 1 < to; ) {
    const type = bytes[at] as number;
    if (type === 0) {
      at++;
      continue;
    }
    const next = Math.min(at + 2 + (bytes[at + 1] as number), to);
    if (type === OPTION_HOME_ADDRESS && at + 18 <= to) pseudonyms.ip(bytes, at + 2, 16);
    else if (!IPV6_OPTIONS_KEPT.has(type)) bytes.fill(0, at + 2, next);
    at = next;
  }
}

const TARGET = 8;
const FIRST_OPTION = 24;
const SOURCE_LINK_ADDRESS = 1;
const TARGET_LINK_ADDRESS = 2;
const IPV6_DESTINATION = 24;

/** RFC 4861: the target, link addresses in options; and the group that a request goes to is named for the target. */
function neighbourDiscovery(
  { bytes, at, end, ipAt, ethernetAt: link }: LayerPlace,
  pseudonyms: Pseudonyms,
): void {
  pseudonyms.ip(bytes, at + TARGET, 16);
  const group = ipAt + IPV6_DESTINATION;
  if (isSolicitedNodeGroup(bytes, group)) {
    bytes.copyWithin(group + 13, at + TARGET + 13, at + TARGET + 16);
    // And so is the group on the link (RFC 2464 §7).
    if (link >= 0 && bytes[link] === 0x33 && bytes[link + 1] === 0x33 && bytes[link + 2] === 0xff)
      bytes.copyWithin(link + 3, at + TARGET + 13, at + TARGET + 16);
  }
  for (let option = at + FIRST_OPTION; option + 8 <= end; ) {
    const length = (bytes[option + 1] as number) * 8;
    if (length === 0) return;
    const type = bytes[option];
    if ((type === SOURCE_LINK_ADDRESS || type === TARGET_LINK_ADDRESS) && length === 8)
      pseudonyms.link(bytes, option + 2);
    else bytes.fill(0, option + 2, Math.min(option + length, end));
    option += length;
  }
}

/** ff02::1:ff00:0/104, RFC 4291 §2.7.1. */
const SOLICITED_NODE = [0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff];
const isSolicitedNodeGroup = (bytes: Uint8Array, at: number): boolean =>
  SOLICITED_NODE.every((byte, index) => bytes[at + index] === byte);

/** Options that every TCP has; others name hosts (multipath TCP's addresses) or are nobody knows what. */
const TCP_KEPT: ReadonlySet<number> = new Set([2, 3, 4, 5, 8, 19, 29, 34]);

function hideTcpOptions(bytes: Uint8Array, at: number, end: number): void {
  const to = Math.min(end, at + (((bytes[at + 12] ?? 0) >> 4) << 2));
  for (let option = at + 20; option < to; ) {
    const kind = bytes[option] as number;
    if (kind === OPTION_END) return;
    if (kind === OPTION_NO_OPERATION) {
      option++;
      continue;
    }
    const length = option + 1 < to ? (bytes[option + 1] as number) : 0;
    const next = length < 2 ? to : Math.min(option + length, to);
    if (length < 2 || !TCP_KEPT.has(kind)) bytes.fill(OPTION_NO_OPERATION, option, next);
    option = next;
  }
}

const ICMP_HEADER = 8;

/** The packet in question, and what RFC 4884 lets stand behind it: extensions may name interfaces and addresses. */
function quotedIpv4(bytes: Uint8Array, at: number, end: number, pseudonyms: Pseudonyms): void {
  const quote = at + ICMP_HEADER;
  const quoted = (bytes[at + 5] as number) * 4;
  if (quoted > 0 && quote + quoted < end) bytes.fill(0, quote + quoted, end);
  if (quote + 20 > end) return;
  const next = Math.min(quote + (((bytes[quote] as number) & 15) << 2), end);
  pseudonyms.ip(bytes, quote + 12, 4);
  pseudonyms.ip(bytes, quote + 16, 4);
  ipv4Options(bytes, quote + 20, next, pseudonyms);
  hideTcpOptions(bytes, next, end);
}

function quotedIpv6(bytes: Uint8Array, at: number, end: number, pseudonyms: Pseudonyms): void {
  const type = bytes[at] as number;
  // Neighbour discovery has a layer of its own.
  if (type >= 128) return;
  const quote = at + ICMP_HEADER;
  // Only "unreachable" and "time exceeded" have a length; in the others this is part of a number.
  const quoted = type === 1 || type === 3 ? (bytes[at + 4] as number) * 8 : 0;
  if (quoted > 0 && quote + quoted < end) bytes.fill(0, quote + quoted, end);
  if (quote + 40 > end) return;
  pseudonyms.ip(bytes, quote + 8, 16);
  pseudonyms.ip(bytes, quote + 24, 16);
  if (bytes[quote + 6] === 6) hideTcpOptions(bytes, quote + 40, end);
}

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const le16 = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
