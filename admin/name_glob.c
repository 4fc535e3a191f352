/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/name_glob.h"
#include "base/glob.h"

/* A pattern is a name with stars, so that a slip is found before nothing matches. A star that is
 * written as `\042` is that of a wildcard name. */
enum call_code name_glob_of(struct call *call, struct name_glob *glob)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct dns_name name = dns_name_root();
	enum call_code code = command_name_of(call, "match", &name);
	if (code || !command_text(call, "match"))
		return code;
	dns_name_show(&name, shown);
	glob->glob = arena_text(&call->arena, shown, strlen(shown));
	glob->is_exact = !strchr(command_text(call, "match"), '*');
	return CALL_OK;
}

static bool name_glob_has_text(const struct name_glob *glob, const char *text)
{
	return glob->is_exact ? strcmp(glob->glob, text) == 0 : glob_matches(glob->glob, text);
}

bool name_glob_has(const struct name_glob *glob, const struct zone *zone,
		   const struct dns_name *name)
{
	char text[DNS_NAME_TEXT_MAX], apex[DNS_NAME_TEXT_MAX];
	if (!glob->glob)
		return true;
	dns_name_show(name, text);
	dns_name_show(&zone->apex, apex);
	if (name_glob_has_text(glob, text))
		return true;
	size_t len = strlen(text), apex_len = strlen(apex);
	if (len == apex_len)
		return name_glob_has_text(glob, "@");
	text[len - apex_len - 1] = '\0';
	return name_glob_has_text(glob, text);
}
