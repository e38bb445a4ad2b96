/*
 * A cable between two Ethernet devices of one network namespace, with faults: what netem does and a middlebox does.
 *
 *   wire A B [--delay ms] [--jitter ms] [--loss percent] [--dup percent] [--reorder percent] [--seed n]
 *            [--corrupt percent]             one bit of the packet turned over, as netem does: the receiver drops it
 *            [--tag id] [--outer-tag id]     802.1Q on what leaves by B; what leaves by A is freed of tags
 *            [--at DIRECTION:MESSAGE WHAT]   once, when an SSH message passes in clear; WHAT is one of
 *                                            reset-both, reset-client, reset-server, cut, or a command line
 *            [--hops n]                      hop limit of forged resets
 *            [--renumber n]                  other sequence numbers for what the client sends, as some firewalls give
 *
 * DIRECTION is c (from A, the client) or s (from B, the server); MESSAGE its number. SIGUSR1 does WHAT at the next
 * segment with data, whatever it is. Prints "ready" when it carries.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HELD = 8192, FRAME = 65536, TAG = 4, TPACKET_TAG_SPACE = 8 };

struct held {
  double due;
  unsigned long order;
  int side;
  size_t length;
  unsigned char *bytes;
};

static int sockets[2];
static struct held held[HELD];
static size_t held_count;
static unsigned long order;
static double delay, jitter, loss, duplicate, reorder, corrupt;
static int tag, outer_tag, hops = 128;
static int at_side = -1, at_message = -1;
static const char *what = "";
static uint32_t renumber;
static int done, cut;
static volatile sig_atomic_t now_please;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static int chance(double percent) { return percent > 0 && drand48() * 100 < percent; }

static unsigned get16(const unsigned char *p) { return p[0] << 8 | p[1]; }
static uint32_t get32(const unsigned char *p) { return (uint32_t)get16(p) << 16 | get16(p + 2); }
static void put16(unsigned char *p, unsigned v) { p[0] = v >> 8, p[1] = v; }
static void put32(unsigned char *p, uint32_t v) { put16(p, v >> 16), put16(p + 2, v & 0xffff); }

static void send_now(int side, const unsigned char *bytes, size_t length) {
  unsigned char frame[FRAME + 2 * TAG];
  size_t at = 12;
  memcpy(frame, bytes, 12);
  if (side == 1 && tag) {
    if (outer_tag) put16(frame + at, 0x88a8), put16(frame + at + 2, outer_tag), at += TAG;
    put16(frame + at, 0x8100), put16(frame + at + 2, tag), at += TAG;
  }
  size_t from = 12;
  if (side == 0 && tag)
    while (length >= from + TAG && (get16(bytes + from) == 0x8100 || get16(bytes + from) == 0x88a8)) from += TAG;
  memcpy(frame + at, bytes + from, length - from);
  if (send(sockets[side], frame, at + length - from, 0) < 0 && errno != ENETDOWN && errno != EMSGSIZE)
    perror("wire: send");
}

static void hold(int side, const unsigned char *bytes, size_t length, double due) {
  if (held_count == HELD) return;
  unsigned char *copy = malloc(length);
  if (!copy) return;
  memcpy(copy, bytes, length);
  held[held_count++] = (struct held){due, order++, side, length, copy};
}

/* Sends what is due, in the order of its time; gives the milliseconds until the next. */
static int send_due(void) {
  for (;;) {
    size_t first = held_count;
    for (size_t i = 0; i < held_count; i++)
      if (first == held_count || held[i].due < held[first].due ||
          (held[i].due == held[first].due && held[i].order < held[first].order))
        first = i;
    if (first == held_count) return 500;
    double wait = held[first].due - now();
    if (wait > 0) return (int)(wait * 1000) + 1;
    send_now(held[first].side, held[first].bytes, held[first].length);
    free(held[first].bytes);
    held[first] = held[--held_count];
  }
}

static uint16_t checksum(const unsigned char *p, size_t length, uint32_t sum) {
  for (; length > 1; p += 2, length -= 2) sum += get16(p);
  if (length) sum += p[0] << 8;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum;
}

/* A reset in the name of one end, made from a segment; back: to the one who sent that segment. */
static void forge_reset(int side, const unsigned char *f, unsigned tcp, unsigned payload, int back) {
  unsigned char r[54] = {0};
  unsigned char *ip = r + 14, *t = r + 34;
  memcpy(r, back ? f + 6 : f, 6), memcpy(r + 6, back ? f : f + 6, 6);
  put16(r + 12, 0x0800);
  ip[0] = 0x45, ip[8] = hops, ip[9] = 6;
  put16(ip + 2, 40), put16(ip + 4, drand48() * 65536);
  memcpy(ip + 12, back ? f + 30 : f + 26, 4), memcpy(ip + 16, back ? f + 26 : f + 30, 4);
  put16(ip + 10, checksum(ip, 20, 0));
  uint32_t sequence = get32(f + tcp + 4), acknowledged = get32(f + tcp + 8);
  memcpy(t, back ? f + tcp + 2 : f + tcp, 2), memcpy(t + 2, back ? f + tcp : f + tcp + 2, 2);
  put32(t + 4, back ? acknowledged : sequence);
  put32(t + 8, back ? sequence + payload : acknowledged);
  t[12] = 0x50, t[13] = 0x14;
  uint32_t sum = 6 + 20;
  for (int i = 12; i < 20; i += 2) sum += get16(ip + i);
  put16(t + 16, checksum(t, 20, sum));
  send_now(side, r, sizeof r);
}

/* Does WHAT when its moment has come. */
static void watch(int from, const unsigned char *f, size_t length) {
  if (done || length < 54 || get16(f + 12) != 0x0800 || f[23] != 6) return;
  unsigned tcp = 14 + (f[14] & 15) * 4, data = tcp + (f[tcp + 12] >> 4) * 4, end = 14 + get16(f + 16);
  if (end > length || data >= end) return;
  unsigned payload = end - data;
  const unsigned char *p = f + data;
  int message = payload > 6 && memcmp(p, "SSH-", 4) && get32(p) < 40000 ? p[5] : -1;
  if (!now_please && (from != at_side || message != at_message)) return;
  done = 1;
  int client = 0;
  if (!strcmp(what, "cut")) cut = 1;
  else if (!strncmp(what, "reset-", 6)) {
    if (strcmp(what, "reset-server")) forge_reset(client, f, tcp, payload, from == client);
    if (strcmp(what, "reset-client")) forge_reset(!client, f, tcp, payload, from != client);
  } else if (system(what) != 0) fprintf(stderr, "wire: %s failed\n", what);
}

/* Moves the client's sequence numbers by n, and back in what acknowledges them (also selectively). */
static void shift_numbers(int from, unsigned char *f, size_t length) {
  if (length < 54 || get16(f + 12) != 0x0800 || f[23] != 6) return;
  unsigned tcp = 14 + (f[14] & 15) * 4, data = tcp + (f[tcp + 12] >> 4) * 4, end = 14 + get16(f + 16);
  if (end > length || data > end) return;
  unsigned char *t = f + tcp;
  if (from == 0) put32(t + 4, get32(t + 4) + renumber);
  else if (t[13] & 0x10) put32(t + 8, get32(t + 8) - renumber);
  for (unsigned at = 20; from == 1 && tcp + at + 1 < data && t[at] != 0; at += t[at] == 1 ? 1 : t[at + 1]) {
    if (t[at] == 1) continue;
    if (t[at + 1] < 2) break;
    if (t[at] != 5) continue;
    for (unsigned edge = at + 2; edge + 4 <= at + t[at + 1]; edge += 4) put32(t + edge, get32(t + edge) - renumber);
  }
  put16(t + 16, 0);
  uint32_t sum = 6 + (end - tcp);
  for (int i = 26; i < 34; i += 2) sum += get16(f + i);
  put16(t + 16, checksum(t, end - tcp, sum));
}

static void carry(int from) {
  unsigned char frame[FRAME];
  for (int n = 0; n < 64; n++) {
    struct sockaddr_ll address;
    socklen_t size = sizeof address;
    ssize_t length = recvfrom(sockets[from], frame, sizeof frame, MSG_DONTWAIT, (struct sockaddr *)&address, &size);
    if (length < 0) return;
    if (address.sll_pkttype == PACKET_OUTGOING || length < 14) continue;
    if (what[0]) watch(from, frame, length);
    if (renumber) shift_numbers(from, frame, length);
    if (cut || chance(loss)) continue;
    if (length > 14 && chance(corrupt)) frame[14 + (size_t)(drand48() * (length - 14))] ^= 1 << (int)(drand48() * 8);
    double due = now() + delay / 1000 + drand48() * jitter / 1000;
    if (chance(reorder)) due += 0.02;
    if (delay + jitter + reorder + duplicate == 0) {
      send_now(!from, frame, length);
      continue;
    }
    hold(!from, frame, length, due);
    if (chance(duplicate)) hold(!from, frame, length, due + 0.0005);
  }
}

static void on_signal(int signal) {
  (void)signal;
  now_please = 1;
}

static int open_device(const char *name) {
  int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  address.sll_ifindex = if_nametoindex(name);
  struct packet_mreq all = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
  int room = 64 << 20;
  if (fd < 0 || !address.sll_ifindex || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
      setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) < 0) {
    perror(name);
    exit(1);
  }
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  return fd;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  srand48(1);
  for (int i = 3; i + 1 < argc; i++) {
    const char *name = argv[i], *value = argv[++i];
    if (!strcmp(name, "--delay")) delay = atof(value);
    else if (!strcmp(name, "--jitter")) jitter = atof(value);
    else if (!strcmp(name, "--loss")) loss = atof(value);
    else if (!strcmp(name, "--dup")) duplicate = atof(value);
    else if (!strcmp(name, "--reorder")) reorder = atof(value);
    else if (!strcmp(name, "--corrupt")) corrupt = atof(value);
    else if (!strcmp(name, "--seed")) srand48(atol(value));
    else if (!strcmp(name, "--tag")) tag = atoi(value);
    else if (!strcmp(name, "--outer-tag")) outer_tag = atoi(value);
    else if (!strcmp(name, "--hops")) hops = atoi(value);
    else if (!strcmp(name, "--renumber")) renumber = strtoul(value, NULL, 10);
    else if (!strcmp(name, "--at") && i + 1 < argc) {
      at_side = value[0] == 's', at_message = atoi(value + 2);
      what = argv[++i];
    } else return fprintf(stderr, "wire: what is %s?\n", name), 2;
  }
  for (int side = 0; side < 2; side++) sockets[side] = open_device(argv[1 + side]);
  signal(SIGUSR1, on_signal);
  puts("ready");
  fflush(stdout);
  for (;;) {
    int wait = send_due();
    struct pollfd polled[2] = {{.fd = sockets[0], .events = POLLIN}, {.fd = sockets[1], .events = POLLIN}};
    if (poll(polled, 2, wait) > 0)
      for (int side = 0; side < 2; side++)
        if (polled[side].revents) carry(side);
  }
}
