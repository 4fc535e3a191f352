/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/rule_diff.h"
#include <string.h>

static bool rule_diff_is_same(const struct rule *a, const struct rule *b)
{
	return strcmp(a->text, b->text) == 0;
}

/* The table of longest common endings: common[i][k] of was[i..] and is[k..]. */
static uint16_t *rule_diff_endings(struct arena *arena, const struct rules *was,
				   const struct rules *is)
{
	size_t width = is->count + 1;
	uint16_t *common = arena_zero(arena, (was->count + 1) * width * sizeof(*common));
	for (size_t i = was->count; i-- > 0;)
		for (size_t k = is->count; k-- > 0;) {
			uint16_t down = common[(i + 1) * width + k],
				 right = common[i * width + k + 1];
			uint16_t both = common[(i + 1) * width + k + 1];
			common[i * width + k] = rule_diff_is_same(&was->rule[i], &is->rule[k])
							? (uint16_t)(both + 1)
						: down > right ? down
							       : right;
		}
	return common;
}

void rule_diff(const struct rules *was, const struct rules *is, struct arena *arena,
	       void (*found)(void *context, bool is_added, const struct rule *), void *context)
{
	const uint16_t *common = rule_diff_endings(arena, was, is);
	size_t i = 0, k = 0, width = is->count + 1;
	while (i < was->count || k < is->count) {
		if (i < was->count && k < is->count &&
		    rule_diff_is_same(&was->rule[i], &is->rule[k])) {
			i++;
			k++;
		} else if (k == is->count ||
			   (i < was->count &&
			    common[(i + 1) * width + k] >= common[i * width + k + 1])) {
			found(context, false, &was->rule[i++]);
		} else {
			found(context, true, &is->rule[k++]);
		}
	}
}
