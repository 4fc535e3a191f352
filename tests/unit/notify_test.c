/* SPDX-License-Identifier: BSD-2-Clause */
/* The thread that sends NOTIFY, against peers of the test's on 127.0.0.0/8. */
#include <config.h>
#include "outbound/notify.h"
#include "admin/call.h"
#include "dns/msg.h"
#include "nameserver/core.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_S 20

static char folder[] = "/tmp/tenure-notify-XXXXXX";
static struct core *core;
static int peer;             /* the secondary's socket */
static struct addr peer_at;  /* where it is */
static struct dns_name apex; /* corp.example */

/* What the peer received last. */
static uint8_t packet[2048];
static ssize_t packet_len;
static struct addr packet_from;

static int peer_open(struct addr *at)
{
	struct timeval patience = {.tv_sec = WAIT_S};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	cr_assert_null(addr_parse("127.0.0.1", 53, at));
	at->v4.sin_port = 0;
	cr_assert_eq(bind(fd, &at->any, at->len), 0);
	cr_assert_eq(getsockname(fd, &at->any, &at->len), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

static enum call_code run_command(const char *command, json_t *args)
{
	struct call call;
	call_open(&call, core, "local:root");
	call.args = args;
	enum call_code code = call_run(&call, command);
	cr_expect_null(call_error(&call), "%s: %s", command, call_error(&call));
	call_close(&call);
	json_decref(args);
	return code;
}

static void set_notify(const char *value)
{
	run_command("zone set", json_pack("{s:s, s:{s:s}}", "zone", "corp.example", "settings",
					  "notify", value));
}

static void change_zone(const char *name)
{
	run_command("record add", json_pack("{s:s, s:s, s:s, s:s}", "zone", "corp.example", "name",
					    name, "type", "A", "data", "192.0.2.1"));
}

static void begin(void)
{
	char error[STORE_ERROR_MAX];
	cr_assert_not_null(mkdtemp(folder));
	log_open(LOG_TO_STDERR, LOG_LEVEL_ERROR);
	struct core_options options = {.data = folder,
				       .map_size = 64 << 20,
				       .readers = 2,
				       .hand_clock_us = 1767603600000000};
	core = core_start(&options, error);
	cr_assert_not_null(core, "%s", error);
	cr_assert_null(dns_name_parse_text(&apex, "corp.example"));
	run_command("zone add", json_pack("{s:s}", "zone", "corp.example"));
	peer = peer_open(&peer_at);
	static const struct notify_self nowhere;
	core->notify = notify_start(core, &nowhere);
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void end(void)
{
	notify_stop(core->notify);
	core_halt(core);
	notify_free(core->notify);
	core->notify = NULL;
	core_stop(core);
	close(peer);
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(notify, .init = begin, .fini = end, .timeout = 60);

static void set_peer(const char *suffix)
{
	char value[128], address[ADDR_TEXT_MAX];
	addr_print(&peer_at, address);
	snprintf(value, sizeof value, "%s%s", address, suffix);
	set_notify(value);
}

/* The next packet to the peer; the serial of the SOA that it hints at. */
static uint32_t peer_hear(void)
{
	packet_from.len = sizeof(struct sockaddr_in6);
	packet_len = recvfrom(peer, packet, sizeof packet, 0, &packet_from.any, &packet_from.len);
	cr_assert_gt(packet_len, 12, "no notify came: %s", strerror(errno));
	cr_assert_eq(packet[2] >> 3, 4, "opcode NOTIFY");
	cr_assert_eq(packet[7], 1, "one SOA in the answer section");
	/* The last 20 bytes of an unsigned one are the SOA's five numbers. */
	const uint8_t *at = packet + packet_len - 20;
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The answer to the packet: its header and question, with an rcode. */
static void peer_answer(unsigned rcode)
{
	uint8_t answer[512];
	size_t len = 12;
	while (packet[len])
		len += packet[len] + 1u;
	len += 5;
	memcpy(answer, packet, len);
	answer[2] |= 0x84;
	answer[3] = (uint8_t)rcode;
	answer[7] = answer[11] = 0;
	cr_assert_eq(sendto(peer, answer, len, 0, &packet_from.any, packet_from.len), (ssize_t)len);
}

/* How the only target stands, when `is_so` holds of it. */
static struct notify_status status_when(bool (*is_so)(const struct notify_status *))
{
	struct notify_status status;
	bool is_reached = false;
	while (!is_reached) {
		size_t count;
		struct notify_status *list = notify_list(core->notify, &apex, &count);
		cr_assert_eq(count, 1);
		status = list[0];
		is_reached = is_so(&status);
		free(list);
	}
	return status;
}

static bool is_acknowledged(const struct notify_status *status)
{
	return status->schedule.has_acknowledged && status->schedule.acknowledged == status->serial;
}

static bool has_failed(const struct notify_status *status)
{
	return status->schedule.failures > 0;
}

static bool has_problem(const struct notify_status *status)
{
	return status->problem[0] != '\0';
}

Test(notify, a_new_target_is_told_at_once_and_its_answer_is_known)
{
	set_peer("");
	cr_expect_eq(peer_hear(), 1);
	peer_answer(DNS_NOERROR);
	struct notify_status status = status_when(is_acknowledged);
	cr_expect_eq(status.schedule.acknowledged, 1);
	cr_expect_eq(status.schedule.failures, 0);
	cr_expect_eq(status.rcode, DNS_NOERROR);
	cr_expect_str_eq(status.problem, "");
	cr_expect(addr_equal(&status.target.addr, &peer_at));
	uint64_t targets, failing;
	notify_counts(core->notify, &targets, &failing);
	cr_expect_eq(targets, 1);
	cr_expect_eq(failing, 0);
}

Test(notify, a_change_is_told_with_the_serial_that_is_on_disk)
{
	set_peer("");
	cr_expect_eq(peer_hear(), 1);
	peer_answer(DNS_NOERROR);
	status_when(is_acknowledged);
	change_zone("www");
	cr_expect_eq(peer_hear(), 2);
	peer_answer(DNS_NOERROR);
	cr_expect_eq(status_when(is_acknowledged).schedule.acknowledged, 2);
}

Test(notify, a_refusal_is_said_and_not_asked_again)
{
	set_peer("");
	peer_hear();
	peer_answer(DNS_REFUSED);
	struct notify_status status = status_when(has_failed);
	cr_expect_str_eq(status.problem, "answered REFUSED");
	cr_expect_eq(status.rcode, DNS_REFUSED);
	cr_expect_eq(status.schedule.state, NOTIFY_IDLE);
	uint64_t targets, failing;
	notify_counts(core->notify, &targets, &failing);
	cr_expect_eq(failing, 1);
	cr_expect_eq(recv(peer, packet, sizeof packet, MSG_DONTWAIT), -1);
}

Test(notify, a_servfail_is_said_and_waited_for)
{
	set_peer("");
	peer_hear();
	peer_answer(DNS_SERVFAIL);
	struct notify_status status = status_when(has_problem);
	cr_expect_str_eq(status.problem, "answered SERVFAIL");
	cr_expect_eq(status.schedule.state, NOTIFY_ASKED, "it may be starting: it is asked again");
}

Test(notify, answers_of_others_are_none)
{
	set_peer("");
	peer_hear();
	packet[0] ^= 1; /* another id */
	peer_answer(DNS_NOERROR);
	packet[0] ^= 1;
	cr_assert_gt(sendto(peer, "x", 1, 0, &packet_from.any, packet_from.len), 0);
	peer_answer(DNS_NOERROR);
	cr_expect_eq(status_when(is_acknowledged).schedule.acknowledged, 1);
}

Test(notify, an_administrator_who_insists_tells_who_knows_already)
{
	set_peer("");
	peer_hear();
	peer_answer(DNS_NOERROR);
	status_when(is_acknowledged);
	cr_expect_eq(notify_insist(core->notify, &apex), 1);
	cr_expect_eq(peer_hear(), 1);
	struct dns_name other;
	cr_assert_null(dns_name_parse_text(&other, "other.example"));
	cr_expect_eq(notify_insist(core->notify, &other), 0);
}

Test(notify, a_key_that_is_gone_is_said_and_nothing_goes_out_unsigned)
{
	run_command("key generate", json_pack("{s:s}", "name", "transfer.example"));
	set_peer(" key transfer.example");
	peer_hear();
	run_command("key del", json_pack("{s:s}", "name", "transfer.example"));
	cr_expect_eq(notify_insist(core->notify, &apex), 1);
	struct notify_status status = status_when(has_problem);
	cr_expect_str_eq(status.problem, "there is no such key here");
	cr_expect_eq(recv(peer, packet, sizeof packet, MSG_DONTWAIT), -1);
}

Test(notify, a_key_signs_and_an_unsigned_answer_is_none)
{
	run_command("key generate", json_pack("{s:s}", "name", "transfer.example"));
	set_peer(" key transfer.example");
	peer_hear();
	cr_expect_eq(packet[11], 1, "a TSIG stands at the end");
	peer_answer(DNS_NOERROR);
	struct notify_status status = status_when(has_problem);
	cr_expect_not(status.schedule.has_acknowledged);
	cr_expect_eq(status.schedule.state, NOTIFY_ASKED);
}

Test(notify, a_target_that_is_taken_out_is_told_no_more)
{
	size_t count;
	set_peer("");
	peer_hear();
	set_notify("none");
	struct notify_status *list = notify_list(core->notify, NULL, &count);
	cr_expect_eq(count, 0);
	free(list);
	change_zone("www");
	list = notify_list(core->notify, NULL, &count); /* the change was looked at */
	free(list);
	cr_expect_eq(recv(peer, packet, sizeof packet, MSG_DONTWAIT), -1);
}

Test(notify, a_name_server_without_an_address_is_said)
{
	set_notify("ns");
	run_command("record add", json_pack("{s:s, s:s, s:s, s:s}", "zone", "corp.example", "name",
					    "@", "type", "NS", "data", "ns2.elsewhere.example."));
	struct notify_status status = status_when(has_problem);
	cr_expect_str_eq(status.problem, "its address is in no zone of ours: list it in notify=");
	uint64_t targets, failing;
	notify_counts(core->notify, &targets, &failing);
	cr_expect_eq(failing, 1);
}

Test(notify, a_port_that_nobody_serves_is_said)
{
	close(peer);
	set_peer("");
	struct notify_status status = status_when(has_problem);
	cr_expect_str_eq(status.problem, "Connection refused");
	peer = -1;
}

Test(notify, a_zone_that_is_deleted_has_no_targets)
{
	size_t count;
	set_peer("");
	peer_hear();
	run_command("zone del", json_pack("{s:s, s:b}", "zone", "corp.example", "yes", 1));
	struct notify_status *list = notify_list(core->notify, NULL, &count);
	cr_expect_eq(count, 0);
	free(list);
}
