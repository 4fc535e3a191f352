/* SPDX-License-Identifier: BSD-2-Clause */
/* SIDs and security descriptors of Windows, both forms. */
#include "migrate/descriptor.h"
#include "tests/unit/hex.h"
#include <criterion/criterion.h>
#include <stdio.h>

static const char domain_text[] = "S-1-5-21-1-2-3";

/* "owner: writer writer", with `+` where everyone may create, `?` where an alias is not known. */
static const char *shown(const struct descriptor *d)
{
	static char out[2048];
	char sid[SID_TEXT_MAX];
	size_t at = (size_t)snprintf(out, sizeof out,
				     "%s:", d->owner.count ? sid_print(&d->owner, sid) : "");
	for (size_t i = 0; i < d->count; i++)
		at += (size_t)snprintf(out + at, sizeof out - at, " %s",
				       sid_print(&d->writers[i], sid));
	snprintf(out + at, sizeof out - at, "%s%s", d->everyone_may_create ? "+" : "",
		 d->has_unknown ? "?" : "");
	return out;
}

static const char *read_sddl(const char *text, bool knows_domain)
{
	struct sid domain;
	struct arena arena = {0};
	struct descriptor d;
	cr_assert(sid_parse(domain_text, sizeof domain_text - 1, &domain));
	const char *wrong =
		descriptor_parse(text, strlen(text), knows_domain ? &domain : NULL, &arena, &d);
	const char *result = wrong ? wrong : shown(&d);
	arena_free(&arena);
	return result;
}

Test(sid, reads_text_and_bytes_and_prints_them)
{
	static const char *const texts[] = {
		"S-1-5-18", "S-1-1-0", "S-1-5-21-1-2-4294967295-500",
		"S-1-281474976710655-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15"};
	static const char *const wrong[] = {"",
					    "S-1-",
					    "S-1-5",
					    "S-2-5-18",
					    "S-1-5-",
					    "S-1-5-x",
					    "S-1-5-4294967296",
					    "S-1-5-18 ",
					    "S-1-281474976710656-1",
					    "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16"};
	struct sid sid;
	char out[SID_TEXT_MAX];
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		cr_assert(sid_parse(texts[i], strlen(texts[i]), &sid), "%s", texts[i]);
		cr_expect_str_eq(sid_print(&sid, out), texts[i]);
		cr_expect(sid_is(&sid, texts[i]));
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_expect(!sid_parse(wrong[i], strlen(wrong[i]), &sid), "%s", wrong[i]);
	static const uint8_t bytes[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0, 99};
	struct bytes_in in = bytes_in_of(bytes, sizeof bytes);
	cr_assert(sid_read(&in, &sid));
	cr_expect_str_eq(sid_print(&sid, out), SID_ADMINISTRATORS);
	for (size_t len = 0; len < sizeof bytes - 1; len++) {
		in = bytes_in_of(bytes, len);
		cr_expect(!sid_read(&in, &sid));
	}
}

Test(descriptor, reads_sddl)
{
	cr_expect_str_eq(
		read_sddl("O:LAG:DUD:AI(A;;RPWPCRCC;;;DA)(A;;RPWP;;;S-1-5-21-1-2-3-1103)"
			  "(A;CIID;RPWP;;;S-1-5-21-1-2-3-1101)(A;;RPLC;;;WD)S:AI(OU;SA;WP;;;WD)",
			  true),
		"S-1-5-21-1-2-3-500: S-1-5-21-1-2-3-512 S-1-5-21-1-2-3-1103");
	cr_expect_str_eq(read_sddl("O:S-1-5-21-1-2-3-1103G:DUD:(A;;CC;;;AU)", true),
			 "S-1-5-21-1-2-3-1103:+");
	/* Heirs' rights, what is denied, and rights to one property are none to write the name. */
	cr_expect_str_eq(
		read_sddl("O:SYD:(A;IO;WP;;;AU)(D;;WP;;;AU)(OA;;WP;c0;;AU)(OA;;CC;;c1;AU)", true),
		"S-1-5-18:");
	cr_expect_str_eq(read_sddl("O:SYD:(A;;GA;;;WD)(A;;0x20;;;BA)(A;;WP;;;WD)", true),
			 "S-1-5-18: S-1-1-0 S-1-5-32-544+");
	cr_expect_str_eq(read_sddl("O:DAD:(A;;WP;;;LA)", false), ":?");
	cr_expect_str_eq(read_sddl("O:ZZ", true), ":?");
	cr_expect_str_eq(read_sddl("", true), ":");
}

Test(descriptor, refuses_what_is_no_sddl)
{
	cr_expect_str_eq(read_sddl("nonsense", true), "a descriptor that is no SDDL");
	cr_expect_str_eq(read_sddl("O:xyz", true), "a descriptor whose owner is no SID");
	cr_expect_str_eq(read_sddl("O:SYD:(A;;WP;;;SY", true), "a list of access that is cut off");
	cr_expect_str_eq(read_sddl("O:SYD:(A;;WP)", true),
			 "an entry of the list of access that is none");
}

/* Revision 1; owner S-1-5-18 at 20; a list at 32 with two entries: S-1-5-11 may create and write,
 * and, inherited, S-1-1-0 may write. */
static const char binary[] = "01000480 14000000 00000000 00000000 20000000"
			     "0101000000000005 12000000"
			     "02003000 02000000"
			     "00001400 21000000 0101000000000005 0b000000"
			     "00101400 20000000 0101000000000001 00000000";

Test(descriptor, reads_bytes)
{
	struct bytes all = hex_bytes(binary);
	uint8_t *bytes = (uint8_t *)all.data;
	size_t len = all.len;
	struct arena arena = {0};
	struct descriptor d;
	cr_assert_null(descriptor_read(bytes_of(bytes, len), &arena, &d));
	cr_expect_str_eq(shown(&d), "S-1-5-18: S-1-5-11+");
	for (size_t cut = 0; cut < len; cut++)
		cr_expect(descriptor_read(bytes_of(bytes, cut), &arena, &d) != NULL, "%zu", cut);
	bytes[0] = 2;
	cr_expect_str_eq(descriptor_read(bytes_of(bytes, len), &arena, &d),
			 "a descriptor of another revision than 1");
	arena_free(&arena);
	free(bytes);
}
