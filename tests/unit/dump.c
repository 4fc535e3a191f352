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

static void write_rrset(FILE *out, struct store_txn *txn, const char *name,
			const struct node_rrset *rrset)
{
	struct bytes_in in = bytes_in_of(rrset->records.data, rrset->records.len);
	struct node_record record;
	struct arena arena = {0};
	char type[DNS_TYPE_TEXT_MAX], data[70000];
	while (node_next_record(&in, &record)) {
		dns_rdata_print(rrset->type, record.rdata, data, sizeof(data));
		struct record_windows windows = record_window_get(txn, record.window);
		fprintf(out, "%s %u %s %s %s %llu %s %d %u/%u\n", name, rrset->ttl,
			dns_type_print(rrset->type, type), data,
			principal_text(txn, record.owner, &arena), (unsigned long long)record.stamp,
			record_class_name(record.class), record.is_guest, windows.no_refresh,
			windows.refresh);
	}
	arena_free(&arena);
}

static void write_node(FILE *out, struct store_txn *txn, const char *name, const struct node *node)
{
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	while (node_next_rrset(&in, &rrset))
		write_rrset(out, txn, name, &rrset);
}

static void write_table(FILE *out, struct store_txn *txn, enum store_table table, const char *title)
{
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
		write_node(out, txn, "", &node);
	}
	store_walk_end(&walk);
}

char *dump_store(struct store_txn *txn)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	write_table(out, txn, STORE_NODES, "node");
	write_table(out, txn, STORE_TOMBSTONES, "tomb");
	write_table(out, txn, STORE_CUTS, "cut");
	write_table(out, txn, STORE_DUE, "due");
	fclose(out);
	return text;
}

char *dump_runs(struct store_txn *txn)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	write_table(out, txn, STORE_RUNS, "run");
	write_table(out, txn, STORE_LOG_RUN, "log-run");
	fclose(out);
	return text;
}

char *dump_zone(struct store_txn *txn, const struct zone *zone)
{
	char *text, shown[DNS_NAME_TEXT_MAX];
	size_t len;
	struct walk walk;
	struct dns_name name;
	struct node node;
	FILE *out = open_memstream(&text, &len);
	walk_from(&walk, txn, zone, &zone->apex);
	while (walk_next(&walk, &name, &node))
		write_node(out, txn, dns_name_show(&name, shown), &node);
	walk_end(&walk);
	fclose(out);
	return text;
}

char *dump_zone_at(struct store_txn *txn, const struct zone *zone, uint64_t seq)
{
	char *text, shown[DNS_NAME_TEXT_MAX];
	size_t len;
	struct dns_name name;
	struct node node;
	struct zone_at *zone_at = zone_at_open(txn, zone, seq);
	FILE *out = open_memstream(&text, &len);
	while (zone_at_next(zone_at, &name, &node))
		write_node(out, txn, dns_name_show(&name, shown), &node);
	zone_at_close(zone_at);
	fclose(out);
	return text;
}
