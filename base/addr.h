/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Socket addresses and prefixes as people write them: `127.0.0.1@5353`, `::1@53`, `10.1.0.0/16`.
 * Pure; any thread.
 */
#include "base/bytes.h"
#include "base/must_use.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDR_TEXT_MAX 64

struct addr {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len;
};

#define ADDR_CLIENT_V6_LEN 8

struct prefix {
	uint8_t bytes[16];
	uint8_t family_len; /* 4 or 16 */
	uint8_t bits;
};

/* `text` is ADDRESS or ADDRESS@PORT. NULL, or what is wrong with it (a constant sentence). */
MUST_USE const char *addr_parse(const char *text, uint16_t default_port, struct addr *out);

/* ADDRESS@PORT. */
void addr_print(const struct addr *, char out[ADDR_TEXT_MAX]);

/* The address alone, without its port. */
void addr_print_host(const struct addr *, char out[ADDR_TEXT_MAX]);

/* What limits and counts go by: an IPv4 address, or the /64 of an IPv6 address, of which one client
 * may have every address. Points into the address. */
struct bytes addr_client(const struct addr *);

bool addr_equal(const struct addr *, const struct addr *);
uint16_t addr_port(const struct addr *);

/* `text` is ADDRESS/BITS, whose host bits must be zero, or an address alone, a prefix of all its
 * bits. NULL, or what is wrong with it. */
MUST_USE const char *prefix_parse(const char *text, struct prefix *out);
/* ADDRESS/BITS; one address alone is printed without BITS. */
void prefix_print(const struct prefix *, char out[ADDR_TEXT_MAX]);
bool prefix_holds(const struct prefix *, const struct addr *);
