/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/inspect.h"
#include "base/clock.h"
#include "base/crc32c.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * LMDB 0.9's file (lmdb.h and its documentation call it data version 1), in the machine's order:
 *
 *      page    8 its number, 2 unused, 2 kind, then 2 lower and 2 upper, or 4 number of pages
 *      kinds   branch and leaf: 2 bytes for each node, its place in the page; nodes at the end
 *              overflow: a value of several pages; of more than it needs, where it was written
 *              again in the same transaction, and shorter
 *      node    2 low, 2 high, 2 flags, 2 length of the key, the key, the value
 *              branch: low, high and flags are the child's number; leaf: the value's length
 *      tree    4 unused, 2 flags, 2 depth, 8 branches, 8 leaves, 8 overflow pages, 8 rows, 8 root
 *      head    4 magic, 4 version, 8 address, 8 size of map, trees of free pages and of tables,
 *              8 last page, 8 transaction
 */
#define MAGIC        0xBEEFC0DEu
#define DATA_VERSION STORE_FORMAT
#define PAGE_HEAD    16
#define NODE_HEAD    8
#define TREE_LEN     48
#define NO_PAGE      UINT64_MAX
#define DEPTH_MAX    32
#define PAGE_MIN     512
#define PAGE_MAX     65536
#define CRC_LEN      4
#define INTEGER_KEYS 0x08
#define NO_FOLDER    0x4000u /* in a copy that was made of a file (store/copy.c) */
/* Pages that a head may name beyond twice those of the file: given back before they were written.
 */
#define UNWRITTEN_MAX (1u << 20)
#define CLOCK_EVERY   256

enum page_kind { PAGE_BRANCH = 0x01, PAGE_LEAF = 0x02, PAGE_OVERFLOW = 0x04, PAGE_HEADER = 0x08 };
enum node_flag { NODE_BIG = 0x01, NODE_TREE = 0x02 };

struct page_head {
	uint64_t number;
	uint16_t unused, kind;
	uint16_t lower, upper;
};

struct node_head {
	uint16_t low, high, flags, key_len;
};

struct tree_head {
	uint32_t page_size;
	uint16_t flags, depth;
	uint64_t branches, leaves, overflows, rows, root;
};

struct head {
	uint32_t magic, version;
	uint64_t address, map_size;
	struct tree_head free, tables;
	uint64_t last_page, transaction;
};
_Static_assert(sizeof(struct page_head) == PAGE_HEAD && sizeof(struct node_head) == NODE_HEAD &&
		       sizeof(struct tree_head) == TREE_LEN && sizeof(struct head) == 136,
	       "laid out as LMDB does");

/* A tree while it is walked. */
struct tree {
	const char *name; /* "" of the list of free pages and the table of tables */
	int table;        /* enum store_table, or one of these */
	struct tree_head head, counted;
	bool is_skipped; /* a part was not looked at */
};
enum { TREE_FREE = -1, TREE_TABLES = -2, TREE_UNKNOWN = -3 };

/* Keys of a page: at or above `from`, below `to`; NULL: no bound. */
struct range {
	struct bytes from, to;
};

struct node {
	struct node_head head;
	struct bytes key, value;
};

struct file {
	const uint8_t *map;
	size_t size;
	uint64_t page_size, pages; /* in the file */
	uint64_t next;             /* the first page that was never used */
	uint8_t *seen;
	uint64_t until_us;
	unsigned until_look;
	bool is_late;
	bool is_brief;   /* only the table meta, and what leads to it */
	uint64_t schema; /* that a whole row of it says */
	struct store_inspection *report;
};

static void inspect_find(struct file *f, const struct tree *tree, uint64_t page, const char *what)
{
	struct store_inspection *r = f->report;
	struct store_damage damage = {.table = tree ? tree->name : "", .page = page, .what = what};
	if (!r->is_broken)
		snprintf(r->first, sizeof r->first, "%s%s%spage %" PRIu64 ": %s",
			 damage.table[0] ? "table " : "", damage.table, damage.table[0] ? ", " : "",
			 page, what);
	r->is_broken = true;
	if (tree && tree->table >= 0)
		r->is_table_broken[tree->table] = true;
	else if (tree && tree->table == TREE_FREE)
		r->is_free_broken = true;
	else
		r->is_elsewhere_broken = true;
	if (r->found)
		r->found(r->context, &damage);
}

static bool is_late(struct file *f)
{
	if (!f->report->seconds || f->is_late || ++f->until_look % CLOCK_EVERY != 0)
		return f->is_late;
	f->is_late = clock_monotonic_us() >= f->until_us;
	return f->is_late;
}

/* Marks a page as used. False: it was, or there is no such page. */
static bool use_page(struct file *f, const struct tree *tree, uint64_t page, uint64_t parent)
{
	if (page < 2 || page >= f->next || page >= f->pages) {
		inspect_find(f, tree, parent,
			     "names a page that the file does not have (was it cut short?)");
		return false;
	}
	uint8_t bit = (uint8_t)(1u << page % 8);
	if (f->seen[page / 8] & bit) {
		inspect_find(f, tree, page, "is used twice");
		return false;
	}
	f->seen[page / 8] |= bit;
	f->report->looked_at++;
	return true;
}

static int inspect_compare(const struct tree *tree, struct bytes a, struct bytes b)
{
	if (tree->table == TREE_FREE && a.len == 8 && b.len == 8) {
		uint64_t x, y;
		memcpy(&x, a.data, 8);
		memcpy(&y, b.data, 8);
		return x < y ? -1 : x > y;
	}
	return bytes_compare(a, b);
}

/* --- values */

static struct page_head inspect_head_of(const struct file *f, uint64_t page)
{
	struct page_head head;
	memcpy(&head, f->map + page * f->page_size, sizeof head);
	return head;
}

/* A value that lies in pages of its own. NULL data: they are damaged. */
static struct bytes big_value(struct file *f, struct tree *tree, uint64_t parent,
			      struct bytes place, uint64_t len)
{
	struct bytes none = {0};
	uint64_t page, count = (PAGE_HEAD + len + f->page_size - 1) / f->page_size;
	memcpy(&page, place.data, sizeof page);
	if (!use_page(f, tree, page, parent))
		return none;
	const struct page_head head = inspect_head_of(f, page);
	uint32_t pages = head.lower | (uint32_t)head.upper << 16;
	if (head.number != page || head.kind != PAGE_OVERFLOW || pages < count) {
		inspect_find(f, tree, page, "is not the beginning of the value that it should be");
		return none;
	}
	for (uint64_t i = 1; i < pages; i++) {
		if (!use_page(f, tree, page + i, parent))
			return none;
	}
	tree->counted.overflows += pages;
	return bytes_of(f->map + page * f->page_size + PAGE_HEAD, len);
}

static void take_schema(struct file *f, const struct tree *tree, struct bytes key,
			struct bytes value)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	if (tree->table == STORE_META && value.len == 8 &&
	    bytes_equal(key, bytes_of("schema", strlen("schema"))))
		f->schema = bytes_in_u64(&in);
}

static void inspect_check_row(struct file *f, const struct tree *tree, uint64_t page,
			      const struct node *node)
{
	struct store_inspection *r = f->report;
	if (tree->table >= 0)
		r->rows[tree->table]++;
	const char *what = "its checksum is wrong";
	if (node->value.len >= CRC_LEN) {
		size_t len = node->value.len - CRC_LEN;
		struct bytes_in in = bytes_in_of(node->value.data, node->value.len);
		bytes_in_take(&in, len);
		uint32_t crc =
			crc32c(crc32c(0, node->key.data, node->key.len), node->value.data, len);
		if (bytes_in_u32(&in) == crc) {
			struct bytes value = bytes_of(node->value.data, len);
			take_schema(f, tree, node->key, value);
			if (r->row && tree->table >= 0)
				r->row(r->context, (enum store_table)tree->table, node->key, value);
			return;
		}
	}
	if (tree->table >= 0)
		r->damaged_rows[tree->table]++;
	struct store_damage damage = {
		.table = tree->name, .page = page, .is_row = true, .key = node->key, .what = what};
	if (r->found)
		r->found(r->context, &damage);
}

static void check_free_list(struct file *f, const struct tree *tree, uint64_t page,
			    struct bytes value)
{
	uint64_t count = 0, above = f->next, at;
	if (value.len >= 8)
		memcpy(&count, value.data, 8);
	if (value.len < 8 || value.len % 8 || count != value.len / 8 - 1) {
		inspect_find(f, tree, page,
			     "its list of free pages has another length than it says");
		return;
	}
	for (size_t i = 1; i <= count; i++, above = at) {
		memcpy(&at, value.data + 8 * i, 8);
		if (at < 2 || at >= above) {
			inspect_find(f, tree, page, "its list of free pages is out of order");
			return;
		}
		uint8_t bit = (uint8_t)(1u << at % 8);
		if (f->seen[at / 8] & bit) {
			inspect_find(f, tree, at, "is used, and in the list of free pages");
			return;
		}
		f->seen[at / 8] |= bit;
	}
}

/* --- pages */

/* Where a node lies must be in the page, behind the places. */
static bool read_node(const struct file *f, const struct page_head *head, unsigned i,
		      struct node *node, size_t *len)
{
	const uint8_t *start = f->map + head->number * f->page_size;
	uint16_t place;
	memcpy(&place, start + PAGE_HEAD + 2 * i, 2);
	if (place < head->upper || place % 2 || place + (size_t)NODE_HEAD > f->page_size)
		return false;
	memcpy(&node->head, start + place, NODE_HEAD);
	size_t room = f->page_size - place - NODE_HEAD;
	bool is_leaf = head->kind == PAGE_LEAF, is_big = is_leaf && node->head.flags & NODE_BIG;
	uint64_t value = node->head.low | (uint32_t)node->head.high << 16;
	size_t stored = !is_leaf ? 0 : is_big ? 8 : value;
	if (node->head.key_len > room || stored > room - node->head.key_len)
		return false;
	node->key = bytes_of(start + place + NODE_HEAD, node->head.key_len);
	node->value = bytes_of(node->key.data + node->key.len, stored);
	*len = (NODE_HEAD + node->key.len + stored + 1) & ~(size_t)1;
	return true;
}

static bool is_flag_known(const struct tree *tree, const struct page_head *head,
			  const struct node *node)
{
	if (head->kind == PAGE_BRANCH)
		return true;
	unsigned flags = node->head.flags;
	return flags == 0 || flags == NODE_BIG ||
	       (flags == NODE_TREE && tree->table == TREE_TABLES);
}

/* Kinds, places, sizes and order of a page's nodes: NULL, or what is wrong. */
static const char *wrong_in_page(struct file *f, const struct tree *tree,
				 const struct page_head *head, struct range range)
{
	if (head->lower < PAGE_HEAD || head->lower % 2 || head->upper < head->lower ||
	    head->upper > f->page_size)
		return "its bounds make no sense";
	unsigned count = (head->lower - PAGE_HEAD) / 2u;
	if (count < (head->kind == PAGE_BRANCH ? 2u : 1u))
		return "is empty";
	size_t used = 0, len;
	struct bytes last = range.from;
	for (unsigned i = 0; i < count; i++) {
		struct node node;
		if (!read_node(f, head, i, &node, &len))
			return "a row lies outside of it";
		used += len;
		if (!is_flag_known(tree, head, &node))
			return "a row is of an unknown kind";
		/* The first key of a branch stands for everything below the second. */
		if (head->kind == PAGE_BRANCH && i == 0)
			continue;
		bool is_first = i == 0 || (i == 1 && head->kind == PAGE_BRANCH);
		int order = last.data ? inspect_compare(tree, last, node.key) : -1;
		if (node.key.len == 0 || node.key.len > STORE_ROW_KEY_MAX)
			return "a key has a length that none may have";
		if (order > 0 || (order == 0 && !is_first) ||
		    (range.to.data && inspect_compare(tree, node.key, range.to) >= 0))
			return "its keys are out of order";
		last = node.key;
	}
	return used == f->page_size - head->upper ? NULL : "its rows do not fill their room";
}

static void walk_tree(struct file *f, struct tree *tree, uint64_t parent);

static int inspect_table_of(struct bytes name)
{
	for (unsigned t = 0; t < STORE_TABLES; t++) {
		const char *known = store_table_name(t);
		if (bytes_equal(name, bytes_of(known, strlen(known))))
			return (int)t;
	}
	return TREE_UNKNOWN;
}

static void check_table(struct file *f, const struct tree *tables, uint64_t page,
			const struct node *node)
{
	struct tree tree = {.table = inspect_table_of(node->key), .name = "an unknown one"};
	if (f->is_brief && tree.table != STORE_META)
		return;
	if (tree.table >= 0)
		tree.name = store_table_name((enum store_table)tree.table);
	if (node->value.len != TREE_LEN) {
		inspect_find(f, tables, page, "describes a table in a wrong way");
		return;
	}
	memcpy(&tree.head, node->value.data, TREE_LEN);
	if (tree.head.flags != 0)
		inspect_find(f, &tree, page, "describes its table with unknown flags");
	walk_tree(f, &tree, page);
}

static void check_leaf(struct file *f, struct tree *tree, const struct page_head *head)
{
	size_t len;
	struct node node;
	for (unsigned i = 0; i < (head->lower - PAGE_HEAD) / 2u; i++) {
		read_node(f, head, i, &node, &len);
		tree->counted.rows++;
		if (node.head.flags & NODE_BIG)
			node.value = big_value(f, tree, head->number, node.value,
					       node.head.low | (uint32_t)node.head.high << 16);
		if (!node.value.data)
			continue;
		if (tree->table == TREE_FREE)
			check_free_list(f, tree, head->number, node.value);
		else if (tree->table != TREE_TABLES)
			inspect_check_row(f, tree, head->number, &node);
		else if (node.head.flags & NODE_TREE)
			check_table(f, tree, head->number, &node);
	}
}

static void walk_page(struct file *f, struct tree *tree, uint64_t page, uint64_t parent,
		      unsigned depth, struct range range);

static void walk_children(struct file *f, struct tree *tree, const struct page_head *head,
			  unsigned depth, struct range range)
{
	size_t len;
	struct node node, next;
	unsigned count = (head->lower - PAGE_HEAD) / 2u;
	for (unsigned i = 0; i < count; i++) {
		struct range part = range;
		read_node(f, head, i, &node, &len);
		if (i > 0)
			part.from = node.key;
		if (i + 1 < count && read_node(f, head, i + 1, &next, &len))
			part.to = next.key;
		uint64_t child = node.head.low | (uint64_t)node.head.high << 16 |
				 (uint64_t)node.head.flags << 32;
		walk_page(f, tree, child, head->number, depth + 1, part);
	}
}

static void walk_page(struct file *f, struct tree *tree, uint64_t page, uint64_t parent,
		      unsigned depth, struct range range)
{
	bool is_leaf = depth == tree->head.depth;
	/* The list of free pages is read in any case: what LMDB writes over must not be in use. */
	if (is_leaf && depth > 1 && tree->table >= 0 && is_late(f)) {
		tree->is_skipped = true;
		return;
	}
	if (!use_page(f, tree, page, parent))
		return;
	struct page_head head = inspect_head_of(f, page);
	const char *wrong = NULL;
	if (head.number != page)
		wrong = "says that it is another page";
	else if (head.kind != (is_leaf ? PAGE_LEAF : PAGE_BRANCH))
		wrong = is_leaf ? "is not a leaf, as it should be"
				: "is not a branch, as it should be";
	else
		wrong = wrong_in_page(f, tree, &head, range);
	if (wrong) {
		inspect_find(f, tree, page, wrong);
		return;
	}
	if (is_leaf) {
		tree->counted.leaves++;
		check_leaf(f, tree, &head);
	} else {
		tree->counted.branches++;
		walk_children(f, tree, &head, depth, range);
	}
}

static void walk_tree(struct file *f, struct tree *tree, uint64_t parent)
{
	const struct tree_head *head = &tree->head, *counted = &tree->counted;
	bool was_broken = f->report->is_broken;
	if (head->root == NO_PAGE) {
		if (head->depth || head->branches || head->leaves || head->overflows || head->rows)
			inspect_find(f, tree, parent, "describes an empty table that has rows");
		return;
	}
	if (head->depth == 0 || head->depth > DEPTH_MAX) {
		inspect_find(f, tree, parent, "describes a table with a depth that none has");
		return;
	}
	walk_page(f, tree, head->root, parent, 1, (struct range){0});
	if (tree->is_skipped) {
		f->report->is_whole = false;
		return;
	}
	if (f->report->is_broken == was_broken &&
	    (head->branches != counted->branches || head->leaves != counted->leaves ||
	     head->overflows != counted->overflows || head->rows != counted->rows))
		inspect_find(f, tree, parent,
			     "describes its table with a wrong number of rows or pages");
}

/* --- heads */

static bool is_page_size(uint64_t size)
{
	return size >= PAGE_MIN && size <= PAGE_MAX && (size & (size - 1)) == 0;
}

static bool inspect_read_head(const struct file *f, uint64_t offset, struct head *head)
{
	if (f->size < PAGE_HEAD + sizeof *head || offset > f->size - PAGE_HEAD - sizeof *head)
		return false;
	memcpy(head, f->map + offset + PAGE_HEAD, sizeof *head);
	return head->magic == MAGIC && head->version == DATA_VERSION;
}

/* Whether this is a head as LMDB writes it for us. */
static const char *wrong_in_head(const struct file *f, unsigned which, const struct head *head)
{
	const struct page_head page = inspect_head_of(f, which);
	if (page.number != which || page.kind != PAGE_HEADER)
		return "is not the head that it should be";
	if (head->free.page_size != f->page_size ||
	    (head->free.flags & ~NO_FOLDER) != INTEGER_KEYS || head->tables.flags != 0 ||
	    head->address != 0)
		return "is a head with settings that make no sense";
	if (head->last_page < 1 || head->last_page > 2 * f->pages + UNWRITTEN_MAX)
		return "is a head that names more pages than the file has (was it cut short?)";
	return NULL;
}

/*
 * Commits alternate between the two heads, so the one that is ahead is ahead by one: if it is not,
 * LMDB would go on from the older one, and what was acknowledged since would be gone.
 */
static bool pick_head(struct file *f, const struct head heads[2], struct head *newest)
{
	uint64_t a = heads[0].transaction, b = heads[1].transaction;
	bool is_new = a == 0 && b == 0;
	if (!is_new && (a % 2 != 0 || b % 2 != 1 || (a > b ? a - b : b - a) != 1)) {
		inspect_find(f, NULL, a > b ? 0 : 1,
			     "is a head with a transaction that cannot be the last");
		return false;
	}
	*newest = heads[b > a];
	return true;
}

/* False: it is not for us to say what is wrong, or it was said. */
static bool check_heads(struct file *f, struct head *newest)
{
	struct head heads[2] = {0};
	bool has_first = inspect_read_head(f, 0, &heads[0]);
	f->page_size = has_first && is_page_size(heads[0].free.page_size)
			       ? heads[0].free.page_size
			       : (uint64_t)sysconf(_SC_PAGESIZE);
	bool has_second = inspect_read_head(f, f->page_size, &heads[1]);
	if (!has_first && !has_second)
		return false;
	f->pages = f->size / f->page_size;
	if (!has_first || !has_second) {
		inspect_find(f, NULL, has_first, "is not a head (was the file cut short?)");
		return false;
	}
	for (unsigned i = 0; i < 2; i++) {
		const char *wrong = wrong_in_head(f, i, &heads[i]);
		if (wrong) {
			inspect_find(f, NULL, i, wrong);
			return false;
		}
	}
	return pick_head(f, heads, newest);
}

/* Every page that the head counts lies in the file, or is free. */
static void check_end(struct file *f)
{
	for (uint64_t page = f->pages; page < f->next; page++) {
		if (f->seen[page / 8] & (1u << page % 8))
			continue;
		inspect_find(f, NULL, page, "is behind the end of the file: it was cut short");
		return;
	}
}

static void inspect_inspect(struct file *f)
{
	struct head head;
	f->report->is_whole = true;
	if (!check_heads(f, &head))
		return;
	f->next = head.last_page + 1;
	f->report->pages = f->next < f->pages ? f->next : f->pages;
	f->seen = calloc(1, f->next / 8 + 1);
	assert(f->seen);
	struct tree tables = {.name = "", .table = TREE_TABLES, .head = head.tables};
	struct tree free_pages = {.name = "", .table = TREE_FREE, .head = head.free};
	walk_tree(f, &tables, head.transaction % 2);
	/* Last: what is free must be used by none of the tables. */
	if (!f->is_brief)
		walk_tree(f, &free_pages, head.transaction % 2);
	if (!f->is_brief && !f->report->is_broken)
		check_end(f);
	free(f->seen);
}

/* Maps the file for as long as it is looked at. False: it cannot be read. */
static bool inspect_file(struct file *f, const char *path, char error[STORE_ERROR_MAX])
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is_open = fd >= 0 && fstat(fd, &st) == 0;
	if (is_open && st.st_size > 0) {
		f->size = (size_t)st.st_size;
		f->map = mmap(NULL, f->size, PROT_READ, MAP_SHARED, fd, 0);
	}
	bool is_read = is_open && f->map != MAP_FAILED;
	if (!is_read)
		snprintf(error, STORE_ERROR_MAX, "%.300s: cannot be read: %s", path,
			 strerror(errno));
	if (fd >= 0)
		close(fd);
	if (!is_read || !f->map)
		return is_read;
	f->until_us = clock_monotonic_us() + f->report->seconds * UINT64_C(1000000);
	inspect_inspect(f);
	munmap((void *)(uintptr_t)f->map, f->size);
	return true;
}

bool store_inspect(const char *path, struct store_inspection *report, char error[STORE_ERROR_MAX])
{
	struct file f = {.report = report};
	return inspect_file(&f, path, error);
}

uint64_t store_inspect_schema(const char *path)
{
	char error[STORE_ERROR_MAX];
	struct store_inspection unheard = {0};
	struct file f = {.report = &unheard, .is_brief = true};
	return inspect_file(&f, path, error) && !unheard.is_broken ? f.schema : 0;
}

uint32_t store_inspect_format(const char *path)
{
	struct {
		uint8_t page[PAGE_HEAD];
		uint32_t magic, version;
	} head = {.magic = 0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool is_read = fd >= 0 && pread(fd, &head, sizeof head, 0) == (ssize_t)sizeof head;
	if (fd >= 0)
		close(fd);
	return is_read && head.magic == MAGIC ? head.version : 0;
}
