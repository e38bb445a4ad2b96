/** LINKTYPE_RAW: the packet begins with its IPv4 or IPv6 header. */
const LINKTYPE_RAW = 101;

/**
 * Files are meant to hold LINKTYPE_ values, but programs that skipped libpcap's mapping wrote their platform's
 * DLT_RAW: 12 on most systems, 14 on OpenBSD. No LINKTYPE_ uses either number (tcpdump.org/linktypes.html), so both
 * are read as what Wireshark reads them as. All other values are kept as written.
 */
export const linkTypeOf = (written: number): number =>
  written === 12 || written === 14 ? LINKTYPE_RAW : written;

/** libpcap's MAXIMUM_SNAPLEN: no network interface hands over more, not even with offloaded segments. */
const MAXIMUM_SNAPLEN = 262_144;

/**
 * More captured bytes than this are a damaged length, not a packet (libpcap's max_snaplen_for_dlt). D-Bus would allow
 * 128 MiB; it gets what the read buffer can hold.
 */
export function maximumCapturedLength(linkType: number): number {
  switch (linkType) {
    case 231: // LINKTYPE_DBUS
      return 16 * 1024 * 1024;
    case 279: // LINKTYPE_EBHSCR
      return 8 * 1024 * 1024;
    case 249: // LINKTYPE_USBPCAP
      return 1024 * 1024;
    default:
      return MAXIMUM_SNAPLEN;
  }
}
