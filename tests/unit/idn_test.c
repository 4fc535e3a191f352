/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/* Labels beyond ASCII become A-labels; all else stays as it was written. */
#include "ctl/idn.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void idn_is(const char *name, const char *wanted)
{
	char *got = idn_ascii(name);
	cr_expect(got && strcmp(got, wanted) == 0, "%s: %s", name, got ? got : "(null)");
	free(got);
}

static void idn_is_not(const char *name)
{
	char *got = idn_ascii(name);
	cr_expect_null(got, "%s: %s", name, got);
	free(got);
}

Test(idn, turns_each_label_beyond_ascii_and_leaves_the_others)
{
	idn_is("b\u00fccher", "xn--bcher-kva");
	idn_is("www.b\u00fccher.example.", "www.xn--bcher-kva.example.");
	idn_is("_ldap._tcp.b\u00fccher", "_ldap._tcp.xn--bcher-kva");
	idn_is("a\\.b.\u00fc", "a\\.b.xn--tda");
	idn_is("*.b\u00fccher", "*.xn--bcher-kva");
}

Test(idn, maps_case_and_forms_as_uts_46_does)
{
	idn_is("B\u00dcCHER", "xn--bcher-kva");
	idn_is("u\u0308", "xn--tda");
	idn_is("stra\u00dfe", "xn--strae-oqa");
}

Test(idn, leaves_names_of_ascii_alone)
{
	idn_is_not("www.corp.example");
	idn_is_not("xn--bcher-kva");
	idn_is_not("");
	idn_is_not("a b");
}

Test(idn, does_not_turn_what_is_no_label_of_idna2008)
{
	idn_is_not("b\u00fc cher");
	idn_is_not("\u2603");
	idn_is_not("\u00fc*");
	idn_is_not("_\u00fc");
	idn_is_not("\xc3");
	idn_is_not("\u202e\u00fc");
	idn_is_not("-\u00fc");
}

Test(idn, refuses_what_is_longer_than_a_name)
{
	char name[8192];
	memset(name, 'a', sizeof name);
	memcpy(name, "\xc3\xbc.", 3);
	name[sizeof name - 1] = '\0';
	idn_is_not(name);
}
