/* SPDX-License-Identifier: BSD-2-Clause */
#include "demo/scene.h"

#define CHAPTER(heading, time)                                                                     \
	{                                                                                          \
		.kind = SCENE_CHAPTER, .text = heading, .clock = time                              \
	}
#define SAY(words)                                                                                 \
	{                                                                                          \
		.kind = SCENE_SAY, .text = words                                                   \
	}
#define RUN(command)                                                                               \
	{                                                                                          \
		.kind = SCENE_RUN, .text = command                                                 \
	}
#define SEND(key, update)                                                                          \
	{                                                                                          \
		.kind = SCENE_SEND, .who = key, .text = update                                     \
	}
#define REFUSED(key, update)                                                                       \
	{                                                                                          \
		.kind = SCENE_REFUSED, .who = key, .text = update                                  \
	}
#define UNTIL(command)                                                                             \
	{                                                                                          \
		.kind = SCENE_UNTIL, .text = command                                               \
	}
#define LEASE(host, address) "update add " host ".corp.example 1200 A " address "\nsend\n"

const struct scene scenes[] = {
	CHAPTER("Monday 07:00: a new server", NULL),
	SAY("Alice, who administers corp.example, makes a zone. Whoever wants to change something "
	    "in it has to prove who it is (update=secure), and may register its own name alone "
	    "(policy=self)."),
	RUN("tenurectl zone add corp.example update=secure policy=self aging=on"),
	RUN("tenurectl scavenge set schedule='Sun 03:00'"),
	RUN("tenurectl record add corp.example ns1 A 10.0.0.53"),
	RUN("tenurectl record add corp.example www A 10.0.0.80"),
	SAY("Two DHCP servers stand in for each other. As a group they own together what either "
	    "registers."),
	RUN("tenurectl key generate kea1 > kea1.key; tenurectl key generate kea2 > kea2.key"),
	RUN("tenurectl group create @dhcp --acting key:kea1 key:kea2"),
	RUN("tenurectl zone policy add corp.example 'allow @dhcp claim types A,AAAA,DHCID'"),

	CHAPTER("Monday 08:00: people arrive", "1h"),
	SAY("Laptops get their leases, and the DHCP server registers each."),
	SEND("kea1", LEASE("anna", "10.0.1.11")),
	SEND("kea1", LEASE("boris", "10.0.1.12")),
	SEND("kea1", LEASE("clara", "10.0.1.13")),
	SEND("kea1", LEASE("deniz", "10.0.1.14")),
	SAY("The file server has a key of its own, and registers itself."),
	RUN("tenurectl key generate files.corp.example > files.key"),
	SEND("files", LEASE("files", "10.0.0.20")),
	RUN("tenurectl record list corp.example"),

	CHAPTER("Monday 09:00: somebody tries something", "1h"),
	SAY("Mallory works here, and has a key. She would like to be the file server."),
	RUN("tenurectl key generate mallory > mallory.key"),
	REFUSED("mallory", "update delete files.corp.example A\n"
			   "update add files.corp.example 1200 A 10.0.66.6\nsend\n"),
	SAY("Nothing was changed, and the server says who tried what, why not, and what would "
	    "allow it."),
	RUN("tenurectl why --last files.corp.example"),

	CHAPTER("Monday 11:00: a certificate", "2h"),
	SAY("The web server wants a certificate: its ACME client may write the challenge, and "
	    "nothing else. Automation never refreshes, so what it writes is pinned: it does not "
	    "age."),
	RUN("tenurectl key generate acme > acme.key"),
	RUN("tenurectl zone policy add corp.example 'allow key:acme claim at _acme-challenge.www "
	    "types TXT class pinned'"),
	SEND("acme", "update add _acme-challenge.www.corp.example 60 TXT \"gfj9Xq\"\nsend\n"),
	REFUSED("acme", "update add www2.corp.example 60 A 10.0.66.6\nsend\n"),

	CHAPTER("Monday 14:00: a mistake", "3h"),
	SAY("Bob means one laptop, and deletes the file server."),
	RUN("tenurectl record del corp.example files --reason 'laptop of Bea'"),
	SAY("The phone rings. What was there, and who did that?"),
	RUN("tenurectl history files.corp.example"),
	RUN("tenurectl record restore files.corp.example"),
	RUN("tenurectl record show files.corp.example"),

	CHAPTER("Monday 16:00: one DHCP server fails", "2h"),
	SAY("The other renews anna's lease, and moves boris to another address: they are one "
	    "owner."),
	SEND("kea2", LEASE("anna", "10.0.1.11")),
	SEND("kea2", "update delete boris.corp.example A\n" LEASE("boris", "10.0.1.42")),
	RUN("tenurectl owner list @dhcp"),

	CHAPTER("Eight days later: who is still there?", "8d"),
	SAY("Everybody but deniz renews. Each record has two weeks from its last refresh."),
	SEND("kea2", LEASE("anna", "10.0.1.11")),
	SEND("kea2", LEASE("boris", "10.0.1.42")),
	SEND("kea1", LEASE("clara", "10.0.1.13")),
	SEND("files", LEASE("files", "10.0.0.20")),
	SAY("What will Sunday's runs remove in the next twelve days?"),
	RUN("tenurectl scavenge plan corp.example --at 12d"),

	CHAPTER("Twelve days later: the run of Sunday, 03:00", "12d"),
	UNTIL("tenurectl scavenge history --json | grep '\"run\":4[,}]' | grep -q '\"done\"'"),
	RUN("tenurectl scavenge history"),
	SAY("deniz is gone, and nobody else. Was deniz only on holiday? What a run removed comes "
	    "back, with "
	    "owner and age."),
	RUN("tenurectl scavenge undo 4"),
	RUN("tenurectl record show deniz.corp.example"),

	CHAPTER("The auditor comes", NULL),
	SAY("Who did what, since the beginning? And is the log whole?"),
	RUN("tenurectl audit --zone corp.example --since 30d"),
	RUN("tenurectl audit verify"),
	RUN("tenurectl backup corp.backup"),
	{0},
};
