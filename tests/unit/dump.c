/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/dump.h"
#include "dns/rdata.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include "zonedb/walk.h"
#include "zonedb/zone_at.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void write_hex(FILE *out, struct bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		fprintf(out, "%02x", bytes.data[i]);
}

#define DATA_TEXT_MAX 70000

/* What is being written. */
struct dump {
	FILE *out;
	char *text;
	size_t len;
	struct store_txn *txn;
	struct arena arena; /* begins anew with each RRset */
	char data[DATA_TEXT_MAX];
};

static struct dump *dump_begin(struct store_txn *txn)
{
	struct dump *dump = malloc(sizeof *dump);
	assert(dump);
	dump->txn = txn;
	dump->arena = (struct arena){0};
	dump->out = open_memstream(&dump->text, &dump->len);
	return dump;
}

static char *dump_end(struct dump *dump)
{
	fclose(dump->out);
	char *text = dump->text;
	arena_free(&dump->arena);
	free(dump);
	return text;
}

static void write_rrset(struct dump *dump, const char *name, const struct node_rrset *rrset)
{
	struct bytes_in in = bytes_in_of(rrset->records.data, rrset->records.len);
	struct node_record record;
	char type[DNS_TYPE_TEXT_MAX];
	while (node_next_record(&in, &record)) {
		dns_rdata_print(rrset->type, record.rdata, dump->data, DATA_TEXT_MAX);
		struct record_windows windows = record_window_get(dump->txn, record.window);
		fprintf(dump->out, "%s %u %s %s %s %llu %s %d %u/%u\n", name, rrset->ttl,
			dns_type_print(rrset->type, type), dump->data,
			principal_text(dump->txn, record.owner, &dump->arena),
			(unsigned long long)record.stamp, record_class_name(record.class),
			record.is_guest, windows.no_refresh, windows.refresh);
	}
}

static void write_node(struct dump *dump, const char *name, const struct node *node)
{
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	while (node_next_rrset(&in, &rrset)) {
		write_rrset(dump, name, &rrset);
		arena_reset(&dump->arena);
	}
}

static void write_table(struct dump *dump, enum store_table table, const char *title)
{
	FILE *out = dump->out;
	struct store_txn *txn = dump->txn;
	struct store_walk walk;
	struct bytes key, value;
	struct node node;
	store_walk_from(&walk, txn, table, bytes_of(NULL, 0), 0);
	while (store_walk_next(&walk, &key, &value)) {
		fprintf(out, "%s ", title);
		write_hex(out, key);
		if (table != STORE_NODES) {
			fputc(' ', out);
			write_hex(out, value);
			fputc('\n', out);
			continue;
		}
		bool is_whole = node_open(&node, value);
		assert(is_whole);
		fprintf(out, " seq %llu\n", (unsigned long long)node.seq);
		write_node(dump, "", &node);
	}
	store_walk_end(&walk);
}

char *dump_store(struct store_txn *txn)
{
	struct dump *dump = dump_begin(txn);
	write_table(dump, STORE_NODES, "node");
	write_table(dump, STORE_TOMBSTONES, "tomb");
	write_table(dump, STORE_CUTS, "cut");
	write_table(dump, STORE_DUE, "due");
	write_table(dump, STORE_ADDRESSES, "address");
	return dump_end(dump);
}

char *dump_runs(struct store_txn *txn)
{
	struct dump *dump = dump_begin(txn);
	write_table(dump, STORE_RUNS, "run");
	write_table(dump, STORE_LOG_RUN, "log-run");
	return dump_end(dump);
}

char *dump_zone(struct store_txn *txn, const struct zone *zone)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct dump *dump = dump_begin(txn);
	walk_from(&walk, txn, zone, &zone->apex);
	while (walk_next(&walk, &name, &node))
		write_node(dump, dns_name_show(&name, shown), &node);
	walk_end(&walk);
	return dump_end(dump);
}

char *dump_zone_at(struct store_txn *txn, const struct zone *zone, uint64_t seq)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct dns_name name;
	struct node node;
	struct zone_at *zone_at = zone_at_open(txn, zone, seq);
	struct dump *dump = dump_begin(txn);
	while (zone_at_next(zone_at, &name, &node))
		write_node(dump, dns_name_show(&name, shown), &node);
	zone_at_close(zone_at);
	return dump_end(dump);
}
